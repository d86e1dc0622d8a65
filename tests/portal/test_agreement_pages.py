"""The pages of agreements: a clerk asks, both heads approve, the authority decides; nobody else sees any of it."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exchange.agreements.stepping import take_step
from exchange.agreements.watching import keep_clocks
from exchange.models import Agreement
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from registry.enrolling import grant_role
from tests import factories as make
from tests.exchange.agreed import People, agreement_in, drafted
from tests.portal.issuer_room import browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


@pytest.fixture
def people() -> People:
    return People()


def _form(**values: Any) -> dict[str, Any]:
    return {
        "basis": "《不动产登记暂行条例》第二十四条",
        "scene": "窗口核对",
        "purpose": "规划许可",
        "fields": ["certificateNumber", "certificateHolderName"],
        "ways": ["verify", "disclose"],
        "last_day": str(legal_day(now()) + dt.timedelta(days=90)),
        "quota": "200",
        "quota_per": "day",
        "cases_continue": "on",
        "step": "request",
        **values,
    }


def _begun(clerk: Client) -> str:
    page = clerk.get("/agreements/new/").text
    assert "Real estate certificate" in page
    assert "Blasting licence" not in page
    wanted = f"O|O3|{make.licence_type(make.DEED).pk}"
    assert f'value="{wanted}"' in page
    answer = clerk.post("/agreements/new/", {"wanted": wanted})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_a_clerk_asks_both_heads_approve_and_it_is_in_force(people: People) -> None:
    clerk, head, provider = (browser(p) for p in (people.clerk, people.head, people.provider_head))
    address = _begun(clerk)
    assert 'value="建设工程规划许可"' in clerk.get(address).text
    answer = clerk.post(address, _form())
    detail = answer["Location"]
    agreement = Agreement.objects.get()
    assert agreement.reference not in provider.get("/agreements/").text
    assert provider.get(detail).status_code == 404
    assert 'value="approve"' in head.get(detail).text
    head.post(detail, {"step": "approve"})
    page = provider.get(detail).text
    assert "窗口核对" in page
    assert 'value="consent"' in page
    provider.post(detail, {"step": "consent"})
    agreement.refresh_from_db()
    assert (agreement.state, agreement.quota, agreement.cases_continue) == ("in_force", 200, True)
    assert 'data-step="consent"' in clerk.get(detail).text
    assert 'data-notice="agreement_moved"' in clerk.get("/agreements/").text


def test_everything_missing_is_named_beside_its_field_and_nothing_is_lost(people: People) -> None:
    clerk = browser(people.clerk)
    address = _begun(clerk)
    answer = clerk.post(address, _form(basis="", purpose="", ways=[], last_day="31.12.", quota="many", scene="我的话"))
    assert answer.status_code == 400
    for name in ("basis", "purpose", "ways", "last_day", "quota"):
        assert f'id="{name}-fault"' in answer.text
    assert ">我的话</textarea>" in answer.text
    assert 'value="many"' in answer.text
    again = clerk.get(address).text
    assert ">我的话</textarea>" in again
    assert 'value="certificateNumber" checked' in again
    assert clerk.post(address, _form(step="amend", basis="新依据")).status_code == 302
    assert Agreement.objects.get().basis == "新依据"


def test_a_step_without_its_words_is_named_and_what_was_written_is_kept(people: People) -> None:
    agreement = agreement_in("in_review", people)
    head = browser(people.provider_head)
    address = f"/agreements/{agreement.reference}/"
    answer = head.post(address, {"step": "refuse", "text": " "})
    assert (answer.status_code, 'id="text-fault"' in answer.text) == (400, True)
    for day in ("2099-01-01", "31.12.2026"):
        late = head.post(address, {"step": "consent", "text": "我的话", "first_day": day})
        assert (late.status_code, 'id="first_day-fault"' in late.text) == (400, True)
        assert ">我的话</textarea>" in late.text
    assert Agreement.objects.get().state == "in_review"
    assert head.post(address, {"step": "refuse", "text": "字段过多"}).status_code == 302
    assert "字段过多" in browser(people.clerk).get(address).text
    assert head.post(address, {"step": "consent"}).status_code == 409


def test_others_see_nothing_of_it(people: People) -> None:
    agreement = agreement_in("in_force", people)
    address = f"/agreements/{agreement.reference}/"
    stranger, citizen = browser(make.clerk("D", "department_head")), browser(make.citizen().person)
    assert agreement.reference not in stranger.get("/agreements/").text
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {"step": "give_up"}).status_code == 404
    assert stranger.post("/agreements/new/", {"renews": agreement.reference}).status_code == 404
    assert citizen.get("/agreements/").status_code == 403
    assert Agreement.objects.get().state == "in_force"


def test_a_clerk_is_offered_no_decision_and_takes_none(people: People) -> None:
    agreement = agreement_in("in_review", people)
    clerk = browser(people.provider)
    address = f"/agreements/{agreement.reference}/"
    assert 'value="consent"' not in clerk.get(address).text
    assert clerk.post(address, {"step": "consent"}).status_code == 403
    assert Agreement.objects.get().state == "in_review"


def test_the_authority_sees_all_with_lights_and_what_it_has_to_decide(people: People) -> None:
    late, dispute, fine = (agreement_in(s, people) for s in ("in_review", "with_authority", "in_force"))
    make.edit(late, answer_by=legal_day(now()) - dt.timedelta(days=2))
    keep_clocks()
    draft = drafted(people)
    authority = browser(people.authority)
    page = authority.get("/agreements/").text
    assert late.reference in page
    assert dispute.reference in page
    assert f'data-agreement="{fine.reference}"' not in page
    assert 'data-light="red"' in page
    assert "2 days overdue" in page
    every = authority.get("/agreements/?list=all").text
    assert all(a.reference in every for a in (late, dispute, fine))
    assert draft.reference not in every
    authority.post(f"/agreements/{dispute.reference}/", {"step": "direct", "text": "依法共享"})
    assert Agreement.objects.get(pk=dispute.pk).state == "directed"
    authority.post(f"/agreements/{fine.reference}/", {"step": "suspend", "text": "核查"})
    assert Agreement.objects.get(pk=fine.pk).state == "suspended"


def test_an_auditor_reads_and_decides_nothing(people: People) -> None:
    agreement = agreement_in("in_force", people)
    auditor = make.person()
    grant_role(person=auditor, role="auditor", department=None, actor=PLATFORM)
    page = browser(auditor)
    address = f"/agreements/{agreement.reference}/"
    assert 'name="step"' not in page.get(address).text
    assert page.post(address, {"step": "suspend", "text": "理由"}).status_code == 403


def test_a_renewal_begins_with_what_the_older_one_says(people: People) -> None:
    older = agreement_in("in_force", people)
    clerk = browser(people.clerk)
    answer = clerk.post("/agreements/new/", {"renews": older.reference})
    page = clerk.get(answer["Location"]).text
    assert f">{older.basis}</textarea>" in page
    renewal = Agreement.objects.get(renews=older)
    assert renewal.until is None
    assert renewal.reference in clerk.get(f"/agreements/{older.reference}/").text
    assert renewal.reference not in browser(people.provider_head).get(f"/agreements/{older.reference}/").text


def test_a_provider_proposes_an_end_and_the_requester_is_asked(people: People) -> None:
    agreement = agreement_in("in_force", people)
    address = f"/agreements/{agreement.reference}/"
    provider, head = browser(people.provider_head), browser(people.head)
    assert provider.post(address, {"step": "agree_end"}).status_code == 403
    provider.post(address, {"step": "propose_end", "text": "另有渠道"})
    assert 'value="agree_end"' in head.get(address).text
    head.post(address, {"step": "agree_end"})
    assert Agreement.objects.get().state == "ended"


def test_an_agreement_of_before_the_procedure_is_shown_too(people: People) -> None:
    made = make.agreement()
    page = browser(people.head).get(f"/agreements/{made.reference}/").text
    assert "before there was a procedure" in page


@pytest.mark.parametrize("wanted", ["", "O|O3|x", "O|X|1", "L|O3|1", "|||"])
def test_what_is_not_on_the_list_is_not_begun(people: People, wanted: str) -> None:
    assert browser(people.clerk).post("/agreements/new/", {"wanted": wanted}).status_code == 400
    assert not Agreement.objects.exists()


def test_a_list_is_shown_in_a_fixed_number_of_queries(people: People) -> None:
    page = browser(people.head)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert page.get("/agreements/").status_code == 200
        return len(found)

    agreement_in("in_force", people)
    few = queries()
    for _ in range(4):
        take_step(agreement_in("in_force", people), "give_up", person=people.head)
    assert queries() == few
