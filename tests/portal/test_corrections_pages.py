"""The pages of wrong fields: a clerk or citizen reports in one step, the issuer mends and answers."""

import datetime as dt
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exchange.asking import standing_of_person
from exchange.corrections.reporting import report_look, report_own
from exchange.corrections.texts import Said
from exchange.models import Correction
from exchange.verifying import verify_number
from foundation.clock import legal_day, now
from licences.models import Licence
from registry.enrolling import grant_role
from registry.models import Person
from tests import factories as make
from tests.portal.issuer_room import browser

pytestmark = pytest.mark.django_db

UNTIL = "certificateExpiringDate"
SAID = {"wrong": "日期不符", "proposed": "2031-01-01", "evidence": "见原件"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _looked(licence: Licence, clerk: Person) -> UUID:
    standing = standing_of_person(clerk, make.department("O"), "clerk")
    return verify_number(make.ask(licence.number, case="O2-1"), standing=standing).entry


def _reported(licence: Licence | None = None) -> Correction:
    clerk = make.clerk("O")
    key = _looked(licence or make.issued(make.LAND), clerk)
    return report_look(key, person=clerk, field=UNTIL, said=Said(**SAID))


def _authority() -> Client:
    made = make.person()
    grant_role(person=made, role="data_authority", department=None, actor=make.PLATFORM)
    return browser(made)


def test_a_clerk_reports_from_the_answer_and_the_issuer_mends_and_the_clerk_reads_it() -> None:
    licence, clerk = make.issued(make.LAND), make.clerk("O")
    desk = browser(clerk)
    answer = desk.post("/desk/check/", {"number": licence.number, "item": "O2", "purpose": "规划", "case": "O2-1"}).text
    key = make.Entry.objects.filter(action="verify").latest("id").pk
    assert f'href="/reports/look/{key}/"' in answer
    form = desk.get(f"/reports/look/{key}/?field={UNTIL}").text
    assert f'<option value="{UNTIL}" selected>' in form
    sent = desk.post(f"/reports/look/{key}/", {"field": UNTIL, **SAID})
    report = Correction.objects.get()
    assert sent["Location"] == f"/reports/{report.number}/"

    issuer = browser(make.clerk("L"))
    assert f'data-report="{report.number}"' in issuer.get("/corrections/").text
    page = issuer.get(f"/corrections/{report.number}/").text
    for words in ("日期不符", "2031-01-01", "见原件", f"/issuing/licences/{licence.pk}/versions/change/"):
        assert words in page
    issuer.post(f"/corrections/{report.number}/", {"step": "take"})
    _change(issuer, licence)
    page = issuer.get(f"/corrections/{report.number}/").text
    assert "data-mended>2031-01-01" in page
    issuer.post(f"/corrections/{report.number}/", {"step": "uphold"})
    told = desk.get(f"/reports/{report.number}/").text
    assert 'data-answer="upheld"' in told
    assert f'data-report="{report.number}" data-state="upheld"' in desk.get("/reports/").text


def _change(issuer: Client, licence: Licence) -> None:
    holder = licence.holders.get()
    form = {"keep": str(holder.pk), "valid_until": "2031-01-01"}
    draft = issuer.post(f"/issuing/licences/{licence.pk}/versions/change/", form)["Location"]
    head = browser(make.clerk("L", "department_head"))
    for page, step in ((head, "review"), (head, "seal"), (issuer, "issue")):
        assert page.post(f"{draft}{step}/").status_code == 302
    assert Licence.objects.get(previous=licence).state == "valid"


def test_a_citizen_reports_from_the_wallet_and_the_look_and_takes_it_back() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    page, link = browser(citizen.person), f"/reports/licence/{licence.pk}/"
    assert f'href="{link}"' in page.get("/wallet/").text
    look = verify_number(make.ask(licence.number), standing=make.standing("O")).entry
    assert f'href="{link}"' in page.get(f"/looks/{look}/").text
    page.post(link, {"field": "certificateHolderName", **SAID})
    report = Correction.objects.get()
    assert report.holder == citizen.company
    page.post(f"/reports/{report.number}/")
    report.refresh_from_db()
    assert report.state == "withdrawn"


def test_faults_are_named_beside_what_was_entered_and_nothing_is_lost() -> None:
    clerk = make.clerk("O")
    key = _looked(make.issued(make.LAND), clerk)
    answer = browser(clerk).post(f"/reports/look/{key}/", {"evidence": "我的依据"})
    assert answer.status_code == 400
    for words in ('id="field-fault"', 'id="wrong-fault"', ">我的依据</textarea>"):
        assert words in answer.text
    report = _reported()
    answer = browser(make.clerk("L", "department_head")).post(
        f"/corrections/{report.number}/", {"step": "reject", "finding": " "}
    )
    assert (answer.status_code, 'id="finding-fault"' in answer.text) == (400, True)


@pytest.mark.parametrize("code", ["D", "L"])
def test_a_foreign_look_is_answered_as_one_that_is_not_there(code: str) -> None:
    licence = make.issued(make.LAND)
    key = _looked(licence, make.clerk("O"))
    stranger = browser(make.clerk(code))
    for method in (stranger.get, stranger.post):
        answer = method(f"/reports/look/{key}/")
        assert answer.status_code == 404
        assert licence.number not in answer.text


def test_a_licence_of_somebody_else_and_a_report_of_somebody_else_are_not_there() -> None:
    citizen, other = make.citizen(1), make.citizen(2)
    licence = make.issued(make.LAND, other.company)
    report = report_own(licence.pk, person=other.person, field=UNTIL, said=Said(**SAID))
    page = browser(citizen.person)
    for address in (f"/reports/licence/{licence.pk}/", f"/reports/{report.number}/"):
        assert page.get(address).status_code == 404
        assert page.post(address, {"field": UNTIL, **SAID}).status_code == 404
    assert Correction.objects.count() == 1


def test_reports_of_one_field_are_shown_together_and_answered_together() -> None:
    licence = make.issued(make.LAND)
    first, second = _reported(licence), _reported(licence)
    head = browser(make.clerk("L", "department_head"))
    page = head.get(f"/corrections/{first.number}/").text
    assert f'data-other="{second.number}"' in page
    head.post(f"/corrections/{first.number}/", {"step": "reject", "finding": "无误", "together": "on"})
    assert set(Correction.objects.values_list("state", flat=True)) == {"rejected"}


def test_the_light_turns_and_the_authority_sees_to_what_is_overdue() -> None:
    report = _reported()
    clerk, authority = browser(make.clerk("L")), _authority()
    address = f"/corrections/{report.number}/"
    assert 'class="badge-state good"' in clerk.get(address).text
    for days, kind in ((1, "waiting"), (-1, "bad")):
        make.edit(report, answer_by=legal_day(now()) + dt.timedelta(days=days))
        assert f'class="badge-state {kind}"' in clerk.get(address).text
    assert 'name="step"' not in authority.get(address).text
    make.edit(report, state="escalated")
    page = authority.get(address).text
    assert 'value="reject"' in page
    assert 'value="take"' not in page


def test_departments_see_reports_of_their_own_licences_only() -> None:
    report = _reported()
    stranger = browser(make.clerk("D"))
    assert report.number not in stranger.get("/corrections/").text
    assert stranger.get(f"/corrections/{report.number}/").status_code == 404
    assert browser(make.citizen(7).person).get("/corrections/").status_code == 403


def test_a_long_list_costs_no_query_for_each_row() -> None:
    for _ in range(2):
        _reported()
    head = browser(make.clerk("L", "department_head"))
    head.get("/corrections/")
    few = _queries(head)
    for _ in range(5):
        _reported()
    assert _queries(head) == few


def _queries(page: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert page.get("/corrections/").status_code == 200
    return len(caught)
