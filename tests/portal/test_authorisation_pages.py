"""The citizen authorises, shows a code, sees each use and takes it back; the clerk redeems the code and reads."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from exchange.asking import Ask
from exchange.disclosing import disclose
from exchange.models import Authorisation
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences.representing import represent
from tests import factories as make
from tests.portal import issuer_room as room

pytestmark = pytest.mark.django_db
CODE = re.compile(r"data-code>([0-9A-Z-]{14})<")


@pytest.fixture(autouse=True)
def _city() -> None:
    cache.clear()
    make.city()


@pytest.fixture
def citizen() -> make.Citizen:
    return make.citizen()


@pytest.fixture
def browser(citizen: make.Citizen) -> Client:
    return room.browser(citizen.person, "zh-hans")


def _form(citizen: make.Citizen, **values: str) -> dict[str, str]:
    usual = {
        "item": "O3",
        "holder": str(citizen.company.pk),
        "department": "O",
        "what": str(make.licence_type(make.DEED).pk),
        "term": "until",
        "until": (legal_day(now()) + dt.timedelta(days=7)).isoformat(),
    }
    return {**usual, **values}


def _what(citizen: make.Citizen) -> str:
    return f"{citizen.company.pk}/{make.licence_type(make.DEED).pk}"


def _code(browser: Client, citizen: make.Citizen, **headers: str) -> str:
    page = browser.post("/authorisations/code/", {"what": _what(citizen), "days": "0"}, headers=headers)
    found = CODE.search(page.text)
    assert found, page.text
    return found[1]


# --- The citizen ----------------------------------------------------------------------------------------------------


def test_a_citizen_finds_the_item_and_authorises_its_department(browser: Client, citizen: make.Citizen) -> None:
    found = browser.get("/authorisations/new/", {"q": "O3"})
    assert "?item=O3" in found.text
    form = browser.get("/authorisations/new/", {"item": "O3"})
    assert make.DEED in form.text
    answer = browser.post("/authorisations/new/", _form(citizen))
    given = Authorisation.objects.get()
    assert answer["Location"] == f"/authorisations/{given.pk}/"
    assert (given.department.code, given.holder_id, given.once) == ("O", citizen.company.pk, False)
    assert f'data-authorisation="{given.pk}" data-state="in_force"' in browser.get("/authorisations/").text


def test_a_form_that_is_sent_twice_authorises_once(browser: Client, citizen: make.Citizen) -> None:
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', browser.get("/authorisations/new/", {"item": "O3"}).text)
    assert key
    with make.recorded() as entries:
        answers = [browser.post("/authorisations/new/", _form(citizen, key=key[1])) for _ in range(2)]
    assert {answer["Location"] for answer in answers} == {f"/authorisations/{Authorisation.objects.get().pk}/"}
    assert [e.action for e in entries].count("authorise") == 1


def test_the_key_of_somebody_elses_authorisation_is_of_no_use(citizen: make.Citizen) -> None:
    other = make.citizen(2)
    given = make.authorisation(other.company, other.person)
    answer = room.browser(citizen.person).post("/authorisations/new/", _form(citizen, key=str(given.pk)))
    assert answer.status_code == 404
    assert Authorisation.objects.get() == given


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"what": ""}, "此项必填"),
        ({"until": ""}, "此项必填"),
        ({"until": "bald"}, "不是日期"),
        ({"until": "2020-01-01"}, "有效期须晚于当前时间"),
        ({"what": "mandate"}, "委托书"),
        ({"department": "M"}, "此项必填"),
    ],
)
def test_a_fault_stands_at_its_field_and_the_rest_stays(
    browser: Client, citizen: make.Citizen, values: dict[str, str], said: str
) -> None:
    answer = browser.post("/authorisations/new/", _form(citizen, **values))
    assert answer.status_code == 400
    assert said in answer.text
    assert not Authorisation.objects.exists()


def test_nobody_authorises_in_the_name_of_a_stranger(browser: Client, citizen: make.Citizen) -> None:
    answer = browser.post("/authorisations/new/", _form(citizen, holder=str(make.company(9).pk)))
    assert answer.status_code == 403
    assert not Authorisation.objects.exists()


def test_the_holder_sees_each_use_beside_the_authorisation_and_takes_it_back(
    browser: Client, citizen: make.Citizen
) -> None:
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person)
    ask = Ask(deed.identifier, "O3", "规划许可", "柜台-1", authorisation=str(given.pk))
    entry = disclose(ask, standing=make.standing("O")).entry
    page = browser.get(f"/authorisations/{given.pk}/").text
    assert f'data-look="{entry}"' in page
    assert browser.post(f"/authorisations/{given.pk}/revoke/").status_code == 302
    assert 'data-state="revoked"' in browser.get(f"/authorisations/{given.pk}/").text
    assert browser.post(f"/authorisations/{given.pk}/revoke/").status_code == 409


def test_another_citizen_neither_sees_it_nor_takes_it_back(citizen: make.Citizen) -> None:
    given = make.authorisation(citizen.company, citizen.person)
    stranger = room.browser(make.citizen(2).person)
    assert stranger.get(f"/authorisations/{given.pk}/").status_code == 404
    assert stranger.post(f"/authorisations/{given.pk}/revoke/").status_code == 404
    assert str(given.pk) not in stranger.get("/authorisations/").text


def test_a_child_of_age_sees_and_takes_back_itself_and_the_parent_no_more(citizen: make.Citizen) -> None:
    child = make.child(days_left=5)
    end = represent(person=citizen.person.pk, holder=child, kind="child", actor=PLATFORM).until
    given = make.authorisation(child, citizen.person)
    parent = room.browser(citizen.person, "zh-hans")
    assert parent.get(f"/authorisations/{given.pk}/").status_code == 200
    assert end
    with time_machine.travel(end, tick=False):
        grown = make.person("小明")
        represent(person=grown.pk, holder=child, kind="self", actor=PLATFORM)
        assert room.browser(citizen.person, "zh-hans").get(f"/authorisations/{given.pk}/").status_code == 404
        assert 'data-state="ended"' in room.browser(grown).get("/authorisations/").text


def test_a_list_takes_as_many_queries_however_long_it_is(
    browser: Client, citizen: make.Citizen, django_assert_max_num_queries: object
) -> None:
    for _ in range(6):
        make.authorisation(citizen.company, citizen.person)
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        assert browser.get("/authorisations/").text.count("data-authorisation") == 6


# --- The code -------------------------------------------------------------------------------------------------------


def test_the_code_is_shown_as_text_and_as_a_picture_and_kept_by_nobody(browser: Client, citizen: make.Citizen) -> None:
    make.issued(make.DEED, citizen.company)
    page = browser.post("/authorisations/code/", {"what": _what(citizen), "days": "0"})
    assert page["Cache-Control"] == "no-store"
    assert 'src="data:image/svg+xml' in page.text
    assert 'hx-trigger="every 55s"' in page.text


def test_htmx_gets_the_next_code_without_the_page_around(browser: Client, citizen: make.Citizen) -> None:
    make.issued(make.DEED, citizen.company)
    first = _code(browser, citizen)
    page = browser.post(
        "/authorisations/code/", {"what": _what(citizen), "days": "0"}, headers={"HX-Request": "true"}
    ).text
    assert "<html" not in page
    found = CODE.search(page)
    assert found
    assert found[1] != first


@pytest.mark.parametrize("values", [{"what": "x/y"}, {"days": "-1"}, {"days": "viele"}, {"days": "9999"}])
def test_a_code_for_what_is_not_ones_own_or_for_too_long_is_not_shown(
    browser: Client, citizen: make.Citizen, values: dict[str, str]
) -> None:
    make.issued(make.DEED, citizen.company)
    answer = browser.post("/authorisations/code/", {"what": _what(citizen), "days": "0", **values})
    assert answer.status_code == 400
    assert not CODE.search(answer.text)


# --- The counter ----------------------------------------------------------------------------------------------------


def test_a_clerk_redeems_the_code_and_reads_the_licence_once(browser: Client, citizen: make.Citizen) -> None:
    deed = make.issued(make.DEED, citizen.company)
    clerk = room.staff("clerk", "O")
    answer = clerk.post("/desk/authorisations/", {"code": _code(browser, citizen), "item": "O3"})
    given = Authorisation.objects.get()
    assert answer["Location"] == f"/desk/authorisations/{given.pk}/"
    assert clerk.get(answer["Location"]).status_code == 200
    form = {"case": "柜台-1", "type": str(deed.licence_type_id)}
    with make.recorded() as entries:
        page = clerk.post(f"{answer['Location']}read/", form)
    assert citizen.company.name in page.text
    assert [e.action for e in entries] == ["open_authorisation", "disclose"]
    again = clerk.post(f"{answer['Location']}read/", form)
    assert again.status_code == 403
    assert 'data-reason="authorisation_used"' in again.text
    assert str(entries[1].pk) in browser.get(f"/authorisations/{given.pk}/").text


@pytest.mark.parametrize("case", ["", " "])
def test_without_a_case_nothing_is_read(citizen: make.Citizen, case: str) -> None:
    deed = make.issued(make.DEED, citizen.company)
    given = make.authorisation(citizen.company, citizen.person)
    clerk = room.staff("clerk", "O")
    answer = clerk.post(f"/desk/authorisations/{given.pk}/read/", {"case": case, "type": str(deed.licence_type_id)})
    assert 'data-reason="case_missing"' in answer.text


def test_a_holder_without_such_a_licence_here_is_said_and_recorded(citizen: make.Citizen) -> None:
    given = make.authorisation(citizen.company, citizen.person)
    clerk = room.staff("clerk", "O")
    form = {"case": "1", "type": str(make.licence_type(make.DEED).pk)}
    with make.recorded() as entries:
        answer = clerk.post(f"/desk/authorisations/{given.pk}/read/", form)
    assert answer.status_code == 404
    assert [(e.action, e.outcome) for e in entries] == [("open_authorisation", "opened"), ("disclose", "refused")]


def test_a_wrong_code_is_refused_on_the_page(citizen: make.Citizen) -> None:
    answer = room.staff("clerk", "O").post("/desk/authorisations/", {"code": "0000-0000-0000", "item": "O3"})
    assert answer.status_code == 404
    assert 'data-reason="authorisation_code_invalid"' in answer.text


def test_a_clerk_of_another_department_opens_nothing(browser: Client, citizen: make.Citizen) -> None:
    make.issued(make.DEED, citizen.company)
    given, foreign = make.authorisation(citizen.company, citizen.person), room.staff("clerk", "M")
    assert foreign.get(f"/desk/authorisations/{given.pk}/").status_code == 404
    assert foreign.post(f"/desk/authorisations/{given.pk}/read/", {"case": "1"}).status_code == 404
    answer = foreign.post("/desk/authorisations/", {"code": _code(browser, citizen), "item": "O3"})
    assert 'data-reason="item_of_other_department"' in answer.text


def test_with_a_mandate_each_type_that_the_item_needs_can_be_read(citizen: make.Citizen) -> None:
    site = make.issued(make.SITE, citizen.company)
    given = make.authorisation(
        citizen.company, citizen.person, code="L", item_code="L1", name="", mandate="委-1", purpose=""
    )
    clerk = room.staff("clerk", "L")
    form = {"case": "1", "type": str(site.licence_type_id)}
    assert site.number in clerk.post(f"/desk/authorisations/{given.pk}/read/", form).text
    assert clerk.post(f"/desk/authorisations/{given.pk}/read/", {**form, "type": "x"}).status_code == 404
