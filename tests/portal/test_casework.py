"""The pages of an application's way: the applicant's, the clerk's, the issuer's, and the load of items."""

import io
import re
import zipfile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.sequencing import keep_up
from exchange.applications.accepting import ask_missing
from exchange.applications.following import follow
from exchange.applications.loading import count_load
from exchange.applying import Choice
from exchange.deciding import approve
from exchange.models import Application, Assistance, PaperFallback, Review
from foundation.context import PLATFORM
from licences.models import Licence
from licences.operating import operate
from tests import factories as make
from tests.portal import issuer_room as room
from tests.portal.test_pages import authority

pytestmark = pytest.mark.django_db
NUMBER = "成国土〔1999〕7号"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _waiting(applicant: make.Citizen) -> Application:
    return make.submitted(applicant, make.wallet_for_d2(applicant.company) | {2: Choice(number=NUMBER)})


def _step(browser: Client, application: Application, name: str, **form: str) -> tuple[int, str]:
    answer = browser.post(f"/desk/{application.number}/steps/{name}/", form, follow=True)
    application.refresh_from_db()
    return answer.status_code, answer.text


# --- The applicant ---------------------------------------------------------------------------------------------------


def test_nothing_is_to_be_submitted_where_all_can_be_had_by_sharing() -> None:
    applicant = make.citizen()
    browser = room.browser(applicant.person)
    assert "data-nothing-to-submit" not in browser.get(f"/items/D2/?holder={applicant.company.pk}").text
    make.wallet_for_d2(applicant.company)
    page = browser.get(f"/items/D2/?holder={applicant.company.pk}").text
    assert "data-nothing-to-submit" in page
    assert page.count("data-shared") == 3
    # A conditional type without an agreement is the holder's to present.
    make.issued(make.DEED, applicant.company)
    page = browser.get(f"/items/O3/?holder={applicant.company.pk}").text
    assert "data-nothing-to-submit" not in page
    assert "data-shared" not in page


def test_a_draft_is_kept_opened_again_and_submitted() -> None:
    applicant = make.citizen()
    make.wallet_for_d2(applicant.company)
    browser = room.browser(applicant.person)
    form = {"holder": str(applicant.company.pk), "project": "初稿", "need-1": "paper", "number-1": "旧1号"}
    form["keep"] = "yes"
    page = browser.post("/items/D2/", form, follow=True).text
    number = re.findall(r'id="draft-number">([^<]+)<', page)[0]
    assert 'value="初稿"' in page
    assert 'value="旧1号"' in page
    assert re.search(r'value="paper" checked', page)
    sent = browser.post("/items/D2/", {"holder": form["holder"], "draft": number, "need-1": "awaited"})
    assert sent.status_code == 400, "the other needs name nothing"
    assert f'name="draft" value="{number}"' in sent.text
    again = make.citizen(2)
    stranger = room.browser(again.person)
    taken = stranger.post("/items/D2/", {"holder": str(again.company.pk), "draft": number, "keep": "yes"})
    assert 'data-reason="application_not_found"' in taken.text
    assert number not in room.staff("clerk", "D").get("/desk/").text
    assert room.staff("clerk", "D").get(f"/desk/{number}/").status_code == 404


def test_what_was_listed_as_missing_is_handed_in_on_its_page() -> None:
    applicant = make.citizen()
    application = _waiting(applicant)
    browser = room.browser(applicant.person)
    ask_missing(application, needs=[2], remark="请提供用地预审意见", by=make.clerk("D"))
    page = browser.get(f"/applications/{application.number}/").text
    assert "请提供用地预审意见" in page
    assert re.findall(r'data-need="(\d+)"', page.split("Your references")[0]) == ["2"]
    empty = browser.post(f"/applications/{application.number}/complete/", {"need-2": "typed", "number-2": " "})
    assert (empty.status_code, 'data-reason="still_missing"' in empty.text) == (400, True)
    land = make.issued(make.LAND, applicant.company)
    browser.post(f"/applications/{application.number}/complete/", {"need-2": str(land.pk)})
    application.refresh_from_db()
    assert application.state == "accepted"
    assert room.browser(make.citizen(2).person).post(f"/applications/{application.number}/complete/").status_code == 404


def test_the_applicant_reads_the_reason_and_the_remedies_and_takes_the_file() -> None:
    applicant = make.citizen()
    application = make.submitted(applicant)
    browser = room.browser(applicant.person)
    room.staff("clerk", "D").post(f"/desk/{application.number}/decide/", {"decision": "refuse", "reason": "选址不符"})
    keep_up()
    page = browser.get(f"/applications/{application.number}/").text
    assert "选址不符" in page
    assert 'id="remedies"' in page
    answer = browser.get(f"/applications/{application.number}/file/")
    assert answer["Content-Disposition"] == f'attachment; filename="{application.number}.zip"'
    assert "case.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert room.browser(make.citizen(2).person).get(f"/applications/{application.number}/file/").status_code == 404


def test_an_applicant_is_not_told_whose_a_typed_number_is() -> None:
    applicant = make.citizen(1)
    browser = room.browser(applicant.person)
    foreign = make.issued(make.LAND, make.company(2))
    choices = make.wallet_for_d2(applicant.company)
    shown = []
    for number in (foreign.number, "查无〔1999〕1号"):
        application = make.submitted(applicant, choices | {2: Choice(number=number)})
        page = browser.get(f"/applications/{application.number}/").text
        row = page.split('data-need="2"')[1].split("</tr>")[0].replace(number, "")
        shown.append(re.sub(r"[0-9a-f-]{36}|\d{1,2}[:,]\d\d|20\d\d", "", row))
    assert shown[0] == shown[1]


# --- The clerk -------------------------------------------------------------------------------------------------------


def test_the_desk_shows_what_is_due_with_its_light() -> None:
    waits, accepted = _waiting(make.citizen(1)), make.submitted(make.citizen(2))
    page = room.staff("clerk", "D").get("/desk/").text
    assert page.index(waits.number) < page.index(accepted.number), "five days are less than twenty"
    assert page.count('data-light="good"') == 2


def test_a_clerk_accepts_lists_what_is_missing_or_declines_on_the_cases_page() -> None:
    first, second, third = (_waiting(make.citizen(n)) for n in (1, 2, 3))
    browser = room.staff("clerk", "D")
    assert 'id="acceptance"' in browser.get(f"/desk/{first.number}/").text
    _step(browser, first, "accept")
    status, page = _step(browser, second, "missing", remark="")
    assert (status, 'data-reason="input_invalid"' in page) == (400, True)
    _step(browser, second, "missing", needs="2")
    status, _ = _step(browser, third, "not-accept", reason=" ")
    assert status == 400
    _step(browser, third, "not-accept", reason="不属于本机关职权")
    assert [a.state for a in (first, second, third)] == ["accepted", "missing", "not_accepted"]
    assert browser.post(f"/desk/{first.number}/steps/approve/").status_code == 404


def test_the_platform_proposes_why_paper_is_needed_and_the_clerk_corrects_it() -> None:
    application, browser = _waiting(make.citizen()), room.staff("clerk", "D")
    page = browser.get(f"/desk/{application.number}/").text
    assert page.count('data-proposed="not_collected"') == 1, "only for the need that is not met"
    status, page = _step(browser, application, "paper", need="2", cause="not_connected", number=NUMBER)
    assert (status, 'data-cause="not_connected"' in page, 'data-way="paper"' in page) == (200, True, True)
    assert PaperFallback.objects.get().proposed == "not_collected"
    browser.post(f"/desk/{application.number}/decide/", {"decision": "approve"})
    application.refresh_from_db()
    assert application.state == "issued"


def test_only_the_head_extends_and_a_clerk_lets_the_clock_stand_still() -> None:
    application = make.submitted()
    clerk, head = room.staff("clerk", "D"), room.staff("department_head", "D")
    extend = f"/desk/{application.number}/steps/extend/"
    assert extend not in clerk.get(f"/desk/{application.number}/").text
    assert extend in head.get(f"/desk/{application.number}/").text
    status, page = _step(clerk, application, "extend", reason="案情复杂")
    assert (status, 'data-reason="head_needed"' in page) == (403, True)
    _step(head, application, "extend", reason="案情复杂")
    assert application.extended_at
    _step(clerk, application, "still", kind="hearing")
    assert application.stands_still
    _step(clerk, application, "go-on")
    assert not application.stands_still


def test_another_departments_clerk_takes_no_step_and_no_file() -> None:
    application, stranger = _waiting(make.citizen()), room.staff("clerk", "M")
    for name in ("accept", "missing", "not-accept", "paper", "ask-issuer", "extend", "still", "go-on", "review"):
        answer = stranger.post(f"/desk/{application.number}/steps/{name}/", {"need": "2", "reason": "x"})
        assert (answer.status_code, 'data-reason="role_missing"' in answer.text) == (403, True), name
    assert stranger.get(f"/desk/{application.number}/file/").status_code == 403
    application.refresh_from_db()
    assert application.state == "submitted"


def test_a_review_is_shown_on_the_desk_and_closed_on_the_cases_page() -> None:
    application = approve(make.submitted(), person=make.clerk("D"))
    licence = application.references.get(need_group=2).licence
    assert licence
    issuer = room.staff("department_head", "L")
    assert f'data-resting="{application.number}"' in issuer.get(f"/issuing/licences/{licence.pk}/").text
    operate(licence, "annul", reason="骗取", actor=PLATFORM)
    keep_up()
    follow()
    browser = room.staff("clerk", "D")
    assert f'data-review="{application.number}"' in browser.get("/desk/").text
    key = str(Review.objects.get().pk)
    status, _ = _step(browser, application, "review", review=key, finding=" ")
    assert status == 400
    _, page = _step(browser, application, "review", review=key, finding="另有依据，结果维持")
    assert "另有依据，结果维持" in page
    assert f'data-review="{application.number}"' not in browser.get("/desk/").text


# --- The issuer ------------------------------------------------------------------------------------------------------


def test_one_click_asks_the_issuer_whose_answer_digitises_the_paper_and_moves_the_case_on() -> None:
    application = _waiting(make.citizen())
    clerk, issuer = room.staff("clerk", "D"), room.staff("clerk", "L")
    _, page = _step(clerk, application, "ask-issuer", need="2", number=NUMBER, question="请核对存根")
    assert 'data-assistance="asked"' in page
    asked = Assistance.objects.get()
    assert f'data-assistance="{asked.number}"' in issuer.get("/assistance/").text
    assert f'data-assistance="{asked.number}"' in issuer.get("/desk/").text
    page = issuer.get(f"/assistance/{asked.number}/").text
    assert "请核对存根" in page
    assert f'value="{NUMBER}"' in page
    assert make.company_code(1) not in page
    wrong = issuer.post(f"/assistance/{asked.number}/", {"answer": "confirmed", "number": NUMBER, "issued_on": "x"})
    assert wrong.status_code == 400
    form = {"answer": "confirmed", "number": NUMBER, "keep": str(application.holder_id)}
    done = issuer.post(f"/assistance/{asked.number}/", form, follow=True)
    assert 'data-answer="confirmed"' in done.text
    assert Licence.objects.get(number=NUMBER).holders.get() == application.holder
    keep_up()
    follow()
    application.refresh_from_db()
    assert application.state == "accepted"


def test_an_answer_that_it_is_not_right_says_how() -> None:
    application = _waiting(make.citizen())
    _step(room.staff("clerk", "D"), application, "ask-issuer", need="2", number=NUMBER)
    asked, issuer = Assistance.objects.get(), room.staff("clerk", "L")
    assert issuer.post(f"/assistance/{asked.number}/", {"answer": "differs", "remark": " "}).status_code == 400
    page = issuer.post(f"/assistance/{asked.number}/", {"answer": "differs", "remark": "存根无此号"}, follow=True).text
    assert "存根无此号" in page
    assert "存根无此号" in room.staff("clerk", "D").get(f"/desk/{application.number}/").text


def test_another_issuer_neither_sees_nor_opens_a_request() -> None:
    application = _waiting(make.citizen())
    _step(room.staff("clerk", "D"), application, "ask-issuer", need="2", number=NUMBER)
    number, stranger = Assistance.objects.get().number, room.staff("clerk", "M")
    assert number not in stranger.get("/assistance/").text
    assert stranger.get(f"/assistance/{number}/").status_code == 404
    assert stranger.post(f"/assistance/{number}/", {"answer": "not_ours"}).status_code == 404
    assert room.browser(make.citizen(9).person).get("/assistance/").status_code == 403


# --- Load ------------------------------------------------------------------------------------------------------------


def test_a_head_sees_the_load_of_their_items_and_the_authority_of_all() -> None:
    make.submitted()
    make.submitted(make.citizen(2), {}, "O1")
    count_load()
    head, overseer = room.staff("department_head", "D"), room.browser(authority())
    assert re.findall(r'data-load="(\w+)"', head.get("/overview/load/").text) == ["D2"]
    assert set(re.findall(r'data-load="(\w+)"', overseer.get("/overview/load/").text)) == {"D2", "O1"}
    assert room.staff("clerk", "D").get("/overview/load/").status_code == 403


def test_lists_ask_no_more_of_the_database_for_more_rows() -> None:
    browser = room.staff("clerk", "D")
    counts = []
    for n in (1, 4):
        for serial in range(n):
            _waiting(make.citizen(10 * n + serial))
        with CaptureQueriesContext(connection) as queries:
            browser.get("/desk/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
