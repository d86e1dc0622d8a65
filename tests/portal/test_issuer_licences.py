"""The issuer's room: the department's licences, found and operated on by those who may."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from audit.queries import personal_values
from licences.lifecycle import OPERATIONS
from licences.models import Licence
from tests import factories as make
from tests.portal import issuer_room as room

pytestmark = pytest.mark.django_db
UNKNOWN = "01930000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _numbers(page: Any) -> set[str]:
    return {licence.number for licence in page.context["page"].object_list}


def _found(browser: Client, **wanted: str) -> set[str]:
    return _numbers(browser.post("/issuing/", wanted, follow=True))


# --- Who may enter -------------------------------------------------------------------------------------------------


def _pages(licence: Licence) -> list[str]:
    one = f"/issuing/licences/{licence.pk}/"
    return ["/issuing/", one, f"{one}document/", f"{one}operations/suspend/", f"{one}versions/renew/"]


@pytest.mark.parametrize("role", ["clerk", "department_head", "department_administrator"])
def test_the_departments_people_see_its_licences(role: str) -> None:
    licence = make.issued()
    browser = room.staff(role)
    assert [browser.get(page).status_code for page in _pages(licence)] == [200] * 5
    assert "/issuing/" in browser.get("/reasons/").text


def test_another_department_finds_none_of_them() -> None:
    licence = make.issued()
    browser = room.staff("department_head", "O")
    start, *others = _pages(licence)
    assert _numbers(browser.get(start)) == set()
    assert [browser.get(page).status_code for page in others] == [404] * 4
    assert browser.post(f"/issuing/licences/{licence.pk}/operations/revoke/", {"reason": "x"}).status_code == 404
    licence.refresh_from_db()
    assert licence.state == "valid"


def test_citizens_and_overseers_have_no_such_room() -> None:
    licence = make.issued()
    overseer = make.person("主管")
    make.grant_role(person=overseer, role="data_authority", department=None, actor=make.PLATFORM)
    for person in (make.citizen().person, overseer):
        browser = room.browser(person)
        assert [browser.get(page).status_code for page in _pages(licence)] == [403] * 5
        assert 'href="/issuing/"' not in browser.get("/reasons/").text
    assert Client().get("/issuing/").status_code == 302


# --- Searching -----------------------------------------------------------------------------------------------------


def test_licences_are_found_by_number_identifier_type_and_state() -> None:
    land, deed = make.issued(make.LAND), make.issued(make.DEED)
    gone = make.operated("revoke", make.LAND)
    browser = room.staff()
    assert _found(browser) == {land.number, deed.number, gone.number}
    assert _found(browser, q=land.number.replace("〔", "[").replace("〕", "]")) == {land.number}
    assert _found(browser, q=land.number[:-4]) >= {land.number}
    assert _found(browser, q=deed.identifier.lower()) == {deed.number}
    assert _found(browser, type=str(deed.licence_type_id)) == {deed.number}
    assert _found(browser, state="revoked") == {gone.number}
    assert _found(browser, q="没有") == set()


def test_a_holders_number_finds_exactly_their_licences_and_stands_in_no_address() -> None:
    person, number = make.someone(1), make.identity_number(1)
    theirs, other = make.issued(holder=person), make.issued(holder=make.someone(2))
    browser = room.staff()
    with make.recorded() as entries:
        answer = browser.post("/issuing/", {"q": f"{number[:6]} {number[6:]}"})
    assert number not in answer["Location"]
    assert _numbers(browser.get(answer["Location"])) == {theirs.number}
    assert other.number not in _found(browser, q=number)
    assert [(e.action, e.subject) for e in entries] == [("search_holder", str(person.pk))]
    assert number.encode() not in bytes(entries[0].leaf)
    assert number in personal_values([entries[0].pk])[entries[0].pk]["number"].replace(" ", "")


def test_a_persons_number_that_nobody_has_finds_nothing_and_stands_in_no_address() -> None:
    make.issued()
    number = make.identity_number(77)
    answer = room.staff().post("/issuing/", {"q": number})
    assert number not in answer["Location"]
    assert _found(room.staff(), q=number) == set()


@pytest.mark.parametrize(
    "query", ["state=nothing", "type=x", "holder=x", "page=x", "page=99", "q=%25", "type=" + UNKNOWN]
)
def test_whatever_stands_in_the_address_is_no_crash(query: str) -> None:
    make.issued()
    assert room.staff().get(f"/issuing/?{query}").status_code == 200


def test_the_list_takes_as_many_queries_however_long_it_is(django_assert_max_num_queries: Any) -> None:
    browser = room.staff()
    for serial in range(1, 5):
        make.issued(holder=make.company(serial))
    with django_assert_max_num_queries(30):
        browser.get("/issuing/")


def test_the_number_of_queries_does_not_grow_with_the_list() -> None:
    browser, taken = room.staff(), []
    for _ in range(2):
        for serial in range(1, 5):
            make.issued(holder=make.company(serial))
        browser.get("/issuing/")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/issuing/")
        taken.append(len(queries))
    assert taken[0] == taken[1] < 30


def test_an_empty_department_is_told_what_to_do_next() -> None:
    assert "Make the first one" in room.staff().get("/issuing/").text


def test_natural_persons_are_masked_in_the_list_and_on_the_page() -> None:
    licence = make.issued(holder=make.someone(1))
    browser = room.staff()
    for page in ("/issuing/", f"/issuing/licences/{licence.pk}/"):
        text = browser.get(page).text
        assert "张**" in text
        assert "张三丰" not in text
        assert make.identity_number(1) not in text


# --- One licence ---------------------------------------------------------------------------------------------------


def test_the_page_shows_the_record_about_it_and_looking_is_recorded() -> None:
    licence = make.issued()
    browser = room.staff()
    with make.recorded() as entries:
        browser.get(f"/issuing/licences/{licence.pk}/")
    assert [(e.action, e.subject) for e in entries] == [("open_licence", licence.identifier)]
    text = browser.get(f"/issuing/licences/{licence.pk}/").text
    assert 'data-action="issue"' in text
    assert 'data-action="open_licence"' in text


def test_the_short_address_is_shown_as_code_and_picture() -> None:
    licence = make.issued()
    page = room.staff().get(f"/issuing/licences/{licence.pk}/").text
    assert f"/c/{licence.check_code}" in page
    assert 'src="data:image/svg+xml' in page


def test_the_document_is_handed_over_and_recorded() -> None:
    licence = make.issued()
    browser = room.staff()
    with make.recorded() as entries:
        answer = browser.get(f"/issuing/licences/{licence.pk}/document/")
    assert answer.content.startswith(b"%PDF")
    assert entries[-1].action == "take_document"
    assert entries[-1].actor_department == "L"


def test_a_clerk_is_offered_versions_and_a_head_the_decisions_too() -> None:
    licence = make.issued()
    page = f"/issuing/licences/{licence.pk}/"
    clerk, head = (
        {name for name, _ in room.staff(role).get(page).context["operations"]} for role in ("clerk", "department_head")
    )
    assert clerk == {"renew", "change", "reissue", "transfer"}
    assert head == clerk | {"suspend", "cancel", "revoke", "withdraw", "annul"}


def test_the_page_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    licence, browser = make.issued(), room.staff("department_head")
    browser.get(f"/issuing/licences/{licence.pk}/")
    with django_assert_max_num_queries(29):
        browser.get(f"/issuing/licences/{licence.pk}/")


# --- Operations ----------------------------------------------------------------------------------------------------


def test_an_operation_says_its_effect_and_is_done_with_its_reason() -> None:
    licence = make.issued()
    browser = room.staff("department_head")
    address = f"/issuing/licences/{licence.pk}/operations/suspend/"
    assert "must not be used meanwhile" in browser.get(address).text
    with make.recorded() as entries:
        answer = browser.post(address, {"reason": "年度核查"})
    assert answer["Location"] == f"/issuing/licences/{licence.pk}/"
    licence.refresh_from_db()
    assert licence.state == "suspended"
    (done,) = [e for e in entries if e.action == "suspend"]
    assert (done.actor_role, done.actor_department) == ("department_head", "L")
    assert personal_values([done.pk])[done.pk]["reason"] == "年度核查"


def test_without_a_reason_nothing_is_done_and_the_fault_stands_at_its_field() -> None:
    licence = make.issued()
    browser = room.staff("department_head")
    answer = browser.post(f"/issuing/licences/{licence.pk}/operations/revoke/", {"reason": "  "})
    assert answer.status_code == 400
    assert 'id="reason-fault"' in answer.text
    licence.refresh_from_db()
    assert licence.state == "valid"


def test_a_clerk_who_sends_a_heads_decision_is_refused_and_recorded() -> None:
    licence = make.issued()
    browser = room.staff("clerk")
    address = f"/issuing/licences/{licence.pk}/operations/revoke/"
    assert "disabled" in browser.get(address).text
    answer = browser.post(address, {"reason": "违法"})
    assert answer.status_code == 403
    assert "违法" in answer.text
    assert Entry.objects.filter(action="revoke", outcome="refused", reason="operation_not_permitted").count() == 1
    licence.refresh_from_db()
    assert licence.state == "valid"


def test_what_the_state_does_not_allow_is_refused() -> None:
    licence = make.operated("cancel")
    answer = room.staff("department_head").post(f"/issuing/licences/{licence.pk}/operations/resume/", {"reason": "x"})
    assert answer.status_code == 409
    assert 'data-reason="operation_not_allowed"' in answer.text


@pytest.mark.parametrize(
    "name", [n for n, o in OPERATIONS.items() if o.makes_version] + ["new", "issue", "expire", "x"]
)
def test_what_is_no_operation_by_a_button_has_no_such_page(name: str) -> None:
    licence = make.issued()
    browser = room.staff("department_head")
    assert browser.get(f"/issuing/licences/{licence.pk}/operations/{name}/").status_code == 404


def test_who_is_clerk_here_and_head_there_decides_there_only() -> None:
    person = make.clerk("L", "clerk")
    make.grant_role(person=person, role="department_head", department=make.department("O"), actor=make.PLATFORM)
    browser = room.browser(person)
    here, there = make.issued(make.LAND), make.issued(make.SITE)
    told = [
        browser.post(f"/issuing/licences/{licence.pk}/operations/suspend/", {"reason": "x"}).status_code
        for licence in (here, there)
    ]
    assert told == [403, 302]


def test_the_room_reads_in_chinese() -> None:
    licence = make.issued()
    browser = room.staff("department_head", language="zh-hans")
    assert "本部门证照" in browser.get("/issuing/").text
    assert "可办理" in browser.get(f"/issuing/licences/{licence.pk}/").text
    assert "确认暂停" in browser.get(f"/issuing/licences/{licence.pk}/operations/suspend/").text
