"""Who may see what: asked on a page, the matrix with its reasons, duties registered and ended."""

import pytest
from django.test import Client

from exchange.models import Duty
from tests import factories as make
from tests.portal import issuer_room as room
from tests.portal.test_pages import authority

pytestmark = pytest.mark.django_db
EXPLAIN, MATRIX, DUTIES = "/overview/access/", "/overview/access/matrix/", "/overview/access/duties/"
LAW = "《城乡规划法》第三十六条"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def overseer() -> Client:
    return room.browser(authority(), "zh-hans")


def _asked(**values: str) -> dict[str, str]:
    return {"who": "O", "item": "O3", "type": make.DEED, "case": "1", **values}


def test_every_condition_is_shown_with_what_would_change_it(overseer: Client) -> None:
    with make.recorded() as entries:
        page = overseer.post(EXPLAIN, _asked()).text
    assert [e.action for e in entries] == ["explain_access"]
    assert page.count('data-holds="yes"') == 9
    assert page.count('data-holds="no"') == 1
    assert 'data-reason="agreement_missing"' in page
    assert "国土局" in page


def test_the_fields_the_agreement_and_the_way_are_shown(overseer: Client) -> None:
    agreement = make.agreement()
    page = overseer.post(EXPLAIN, _asked(disclose="1")).text
    assert agreement.reference in page
    assert "证照编号" in page
    client, _ = make.client("O")
    assert 'data-reason="permitted"' in overseer.post(EXPLAIN, _asked(who=str(client.pk))).text


@pytest.mark.parametrize(
    ("values", "said"), [({"who": "nobody"}, "此项必填"), ({"type": "没有"}, "没有"), ({"day": "x"}, "不是日期")]
)
def test_what_cannot_be_asked_names_its_field(overseer: Client, values: dict[str, str], said: str) -> None:
    answer = overseer.post(EXPLAIN, _asked(**values))
    assert answer.status_code == 400
    assert said in answer.text


def test_a_head_asks_about_their_own_department_only() -> None:
    head = room.staff("department_head", "O")
    assert 'data-reason="agreement_missing"' in head.post(EXPLAIN, _asked()).text
    assert head.post(EXPLAIN, _asked(who="D")).status_code == 400
    assert room.staff("clerk", "O").get(EXPLAIN).status_code == 403
    matrix = head.get(MATRIX).text
    assert 'data-cell="O"' in matrix
    assert 'data-cell="D"' not in matrix
    assert head.get(DUTIES).status_code == 403


def test_the_matrix_gives_the_reason_in_each_cell_and_leads_to_the_explanation(overseer: Client) -> None:
    page = overseer.get(MATRIX, {"q": make.DEED}).text
    assert f'data-type="{make.DEED}"' in page
    assert 'data-cell="O" data-reason="agreement_missing"' in page
    assert 'data-cell="M"' not in page
    assert "?who=O&amp;item=O3&amp;type=" in page
    make.agreement()
    assert 'data-cell="O" data-reason="permitted"' in overseer.get(MATRIX, {"q": make.DEED}).text
    assert f'data-type="{make.DEED}"' not in overseer.get(MATRIX, {"sharing": "unconditional"}).text


def test_the_authority_registers_a_duty_and_ends_it(overseer: Client) -> None:
    form = {"department": "O", "item": "O3", "type": make.DEED, "legal_basis": LAW}
    assert overseer.post(DUTIES, form).status_code == 302
    duty = Duty.objects.get()
    assert LAW in overseer.get(DUTIES).text
    assert LAW in overseer.post(EXPLAIN, _asked()).text
    assert overseer.post(f"{DUTIES}{duty.pk}/end/").status_code == 302
    assert f'data-duty="{duty.pk}"' not in overseer.get(DUTIES).text
    assert overseer.post(f"{DUTIES}{duty.pk}/end/").status_code == 404


@pytest.mark.parametrize(
    "values", [{"legal_basis": "规定"}, {"item": "Z9"}, {"type": "没有"}, {"department": ""}, {"until": "x"}]
)
def test_a_duty_with_a_fault_is_not_registered(overseer: Client, values: dict[str, str]) -> None:
    form = {"department": "O", "item": "O3", "type": make.DEED, "legal_basis": LAW, **values}
    assert overseer.post(DUTIES, form).status_code == 400
    assert not Duty.objects.exists()
