"""The issuer's room: a licence from one person's hands into another's, until it is issued."""

import re
from typing import Any

import pytest
from django.test import Client

from audit.models import Entry
from foundation.clock import now
from foundation.context import PLATFORM
from licences.documents import check_address
from licences.holders import find_holder
from licences.models import Draft, Holder, Licence
from licences.operating import operate
from licences.verification import verify_found
from tests import factories as make
from tests.portal import issuer_room as room

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()
    room.land_form(two_persons=True)


def _new() -> str:
    return f"/issuing/drafts/new/?type={make.licence_type(make.LAND).pk}"


def _made(browser: Client, **changed: str) -> Draft:
    answer = browser.post(_new(), room.filled(**changed))
    assert answer.status_code == 302, re.findall(r'data-fault="([^"]+)"', answer.text)
    return Draft.objects.get(pk=answer["Location"].split("/")[-2])


def _step(browser: Client, draft: Draft, step: str, reason: str = "") -> Any:
    return browser.post(f"/issuing/drafts/{draft.pk}/{step}/", {"reason": reason})


def _faults(answer: Any) -> set[str]:
    return set(re.findall(r'data-fault="([^"]+)"', answer.text))


# --- The whole way -------------------------------------------------------------------------------------------------


def test_one_person_makes_another_reviews_the_head_seals_and_it_is_issued() -> None:
    maker, reviewer, head = room.staff(), room.staff(), room.staff("department_head")
    draft = _made(maker, **{"field-until": "2030-01-31", "field-new": "true"})
    assert "Waiting for review" in maker.get(f"/issuing/drafts/{draft.pk}/").text
    for browser, step in ((reviewer, "review"), (head, "seal"), (maker, "issue")):
        assert _step(browser, draft, step).status_code == 302, step
    draft.refresh_from_db()
    licence = draft.licence
    assert licence
    assert licence.state == "valid"
    claims = verify_found([licence], at=now()).claims or {}
    assert (claims["location"], claims["area"], claims["use"]) == ("高新区天府大道", 12.5, "工业")
    assert (claims["until"], claims["new"]) == ("2030-01-31", True)
    assert claims["certificateHolderCode"] == room.NUMBER
    history = maker.get(f"/issuing/drafts/{draft.pk}/").text
    assert re.findall(r'data-done="(\w+)"', history) == ["made", "reviewed", "sealed", "issued"]


def test_who_made_it_is_told_that_another_has_to_review_and_cannot_do_so() -> None:
    maker = room.staff("department_head")
    draft = _made(maker)
    page = maker.get(f"/issuing/drafts/{draft.pk}/").text
    assert "data-second-person" in page
    assert "Everything is right" not in page
    answer = _step(maker, draft, "review")
    assert answer.status_code == 403
    assert 'data-reason="second_person_needed"' in answer.text
    assert Entry.objects.filter(action="review_draft", outcome="refused").count() == 1
    assert "data-second-person" not in room.staff().get(f"/issuing/drafts/{draft.pk}/").text


def test_a_type_for_one_person_lets_the_head_do_all_of_it() -> None:
    room.land_form(two_persons=False)
    head = room.staff("department_head")
    draft = _made(head)
    assert [_step(head, draft, step).status_code for step in ("review", "seal", "issue")] == [302] * 3


def test_nobody_outside_knows_of_a_sealed_licence_until_it_is_issued() -> None:
    maker, head = room.staff(), room.staff("department_head")
    draft = _made(maker)
    _step(head, draft, "review")
    _step(head, draft, "seal")
    draft.refresh_from_db()
    assert draft.licence
    address = check_address(draft.licence).split("/c/")[1]
    assert Client().get(f"/c/{address}").status_code == 404
    page = maker.get(f"/issuing/licences/{draft.licence_id}/").text
    assert "Waiting to be issued" in page
    assert f"/issuing/licences/{draft.licence_id}/document/" not in page
    _step(maker, draft, "issue")
    assert Client().get(f"/c/{address}").status_code == 200


def test_a_returned_draft_is_amended_with_nothing_lost() -> None:
    maker, reviewer = room.staff(), room.staff()
    draft = _made(maker)
    assert _step(reviewer, draft, "return").status_code == 400
    assert _step(reviewer, draft, "return", "面积有误").status_code == 302
    page = maker.get(f"/issuing/drafts/{draft.pk}/amend/")
    assert "面积有误" in page.text
    entry = page.context["entry"]
    assert (entry.texts["location"], entry.texts["area"]) == ("高新区天府大道", "12.5")
    kept = [str(holder.pk) for holder in entry.kept]
    answer = maker.post(
        f"/issuing/drafts/{draft.pk}/amend/", {"keep": kept, "field-location": "锦江区", "field-area": "13"}
    )
    assert answer.status_code == 302
    page = reviewer.get(f"/issuing/drafts/{draft.pk}/").text
    assert "锦江区" in page
    assert "演示企业1有限公司" in page


def test_what_is_discarded_is_not_made() -> None:
    maker = room.staff()
    draft = _made(maker)
    assert _step(maker, draft, "discard", "重复").status_code == 302
    draft.refresh_from_db()
    assert draft.state == "discarded"
    assert Licence.objects.count() == 0
    assert maker.get(f"/issuing/drafts/{draft.pk}/amend/").status_code == 403


# --- What is entered -----------------------------------------------------------------------------------------------


def test_every_fault_stands_at_its_field_and_nothing_is_lost() -> None:
    browser = room.staff()
    sent = room.filled(
        **{
            "holder-0-number": room.NUMBER[:-1] + "#",
            "holder-1-name": "另一公司",
            "holder-1-code_type": "001",
            "field-location": "",
            "field-area": "-1",
            "field-until": "2026-02-30",
            "field-use": "商业",
            "field-plots": '[{"size": 1}]',
            "valid_until": "no day",
        }
    )
    answer = browser.post(_new(), sent)
    assert answer.status_code == 400
    assert _faults(answer) == {
        "holders.0.number", "holders.1.number", "location", "area", "until", "use", "plots", "valid_until",
    }  # fmt: skip
    for lost in ("-1", "2026-02-30", "另一公司", "no day", "[{&quot;size&quot;: 1}]"):
        assert lost in answer.text
    assert Draft.objects.count() == 0
    assert Holder.objects.count() == 0


def test_another_holder_is_added_without_any_script_and_without_a_complaint() -> None:
    browser = room.staff()
    answer = browser.post(_new(), room.filled(add_holder="yes", **{"field-location": ""}))
    assert answer.status_code == 200
    assert _faults(answer) == set()
    assert "演示企业1有限公司" in answer.text
    assert 'name="holder-1-name"' in answer.text
    second = {"holder-1-name": "张三丰", "holder-1-code_type": "111", "holder-1-number": make.identity_number(1)}
    draft = _made(browser, **second)
    assert {holder.name for holder in draft.holders.all()} == {"演示企业1有限公司", "张三丰"}
    page = browser.get(f"/issuing/drafts/{draft.pk}/").text
    assert make.identity_number(1) not in page
    assert "张三丰" in page


def test_without_a_holder_the_fault_says_so() -> None:
    answer = room.staff().post(_new(), {"field-location": "高新区"})
    assert "holders" in _faults(answer)


def test_the_same_holder_twice_is_a_fault() -> None:
    first = room.filled()
    twice = {name.replace("holder-0", "holder-1"): value for name, value in first.items() if name.startswith("holder")}
    assert "holders.1.number" in _faults(room.staff().post(_new(), {**first, **twice}))


def test_a_known_number_under_another_name_is_a_fault_that_does_not_tell_the_name() -> None:
    make.company(1, "原名有限公司")
    answer = room.staff().post(_new(), room.filled())
    assert "holders.0.name" in _faults(answer)
    assert "原名" not in answer.text
    assert find_holder(room.NUMBER)


def test_a_holder_of_a_kind_that_the_type_does_not_have_is_a_fault() -> None:
    room.land_form(holder_kinds=("001",))
    sent = {"holder-0-code_type": "111", "holder-0-name": "张三丰", "holder-0-number": make.identity_number(1)}
    assert "holders" in _faults(room.staff().post(_new(), room.filled(**sent)))


def test_the_form_speaks_both_languages_and_draws_each_kind_of_field() -> None:
    english, chinese = room.staff().get(_new()).text, room.staff(language="zh-hans").get(_new()).text
    assert "Location" in english
    assert "坐落" in chinese
    for drawn in (
        '<select class="form-select" id="field-use"',
        '<textarea class="form-control number" id="field-plots"',
    ):
        assert drawn in english, drawn
    assert 'name="field-until"' in english


def test_a_field_with_markup_in_it_is_shown_as_text() -> None:
    browser = room.staff()
    draft = _made(browser, **{"field-location": "<script>alert(1)</script>"})
    assert "<script>alert" not in browser.get(f"/issuing/drafts/{draft.pk}/").text


# --- Versions ------------------------------------------------------------------------------------------------------


def test_a_version_begins_from_the_old_one_and_takes_its_place() -> None:
    room.land_form(two_persons=False)
    head = room.staff("department_head")
    old = make.issued(content={"location": "旧址", "area": 1})
    address = f"/issuing/licences/{old.pk}/versions/change/"
    entry = head.get(address).context["entry"]
    assert (entry.texts["location"], entry.texts["area"]) == ("旧址", "1")
    kept = [str(holder.pk) for holder in entry.kept]
    answer = head.post(address, {"keep": kept, "field-location": "新址", "field-area": "1"})
    draft = Draft.objects.get(pk=answer["Location"].split("/")[-2])
    for step in ("review", "seal", "issue"):
        assert _step(head, draft, step).status_code == 302
    draft.refresh_from_db()
    old.refresh_from_db()
    assert draft.licence
    assert (old.state, draft.licence.number, draft.licence.version) == ("replaced", old.number, 2)
    chain = head.get(f"/issuing/licences/{old.pk}/").text
    assert f"/issuing/licences/{draft.licence_id}/" in chain


def test_a_transfer_asks_for_whom_it_passes_to() -> None:
    old = make.issued(content={"location": "旧址"})
    page = room.staff().get(f"/issuing/licences/{old.pk}/versions/transfer/")
    assert page.context["entry"].known == []
    assert 'name="holder-0-name"' in page.text
    assert old.holders.get().name not in page.text


def test_what_has_ended_gets_no_version() -> None:
    old = operate(make.issued(content={"location": "旧址"}), "revoke", reason="测试", actor=PLATFORM)
    answer = room.staff().post(
        f"/issuing/licences/{old.pk}/versions/renew/", {"keep": [str(old.holders.get().pk)], "field-location": "旧址"}
    )
    assert answer.status_code == 400
    assert 'data-reason="operation_not_allowed"' in answer.text


def test_somebody_elses_holder_cannot_be_kept_by_a_made_up_form() -> None:
    old, foreign = make.issued(content={"location": "旧址"}), make.company(9)
    answer = room.staff().post(
        f"/issuing/licences/{old.pk}/versions/renew/", {"keep": [str(foreign.pk)], "field-location": "旧址"}
    )
    assert "holders" in _faults(answer)


# --- Who may -------------------------------------------------------------------------------------------------------


def test_another_department_neither_sees_nor_takes_a_step() -> None:
    draft = _made(room.staff())
    foreign = room.staff("department_head", "O")
    page = f"/issuing/drafts/{draft.pk}/"
    assert [foreign.get(p).status_code for p in (page, f"{page}amend/", _new())] == [404, 404, 200]
    assert "does not issue this type" in foreign.get(_new()).text
    assert _step(foreign, draft, "review").status_code == 404
    assert str(draft.pk) not in foreign.get("/issuing/drafts/").text
    draft.refresh_from_db()
    assert draft.state == "made"


def test_citizens_make_no_licences() -> None:
    browser = room.browser(make.citizen().person)
    assert browser.get(_new()).status_code == 403
    assert browser.post(_new(), room.filled()).status_code == 403


def test_a_clerk_does_not_seal() -> None:
    maker, clerk = room.staff(), room.staff()
    draft = _made(maker)
    _step(clerk, draft, "review")
    assert "seals it" in clerk.get(f"/issuing/drafts/{draft.pk}/").text
    assert _step(clerk, draft, "seal").status_code == 403


def test_opening_a_draft_is_recorded() -> None:
    draft, browser = _made(room.staff()), room.staff()
    with make.recorded() as entries:
        browser.get(f"/issuing/drafts/{draft.pk}/")
    assert [(e.action, e.subject) for e in entries] == [("open_draft", str(draft.pk))]


# --- The list ------------------------------------------------------------------------------------------------------


def test_drafts_are_listed_by_how_far_they_are(django_assert_max_num_queries: Any) -> None:
    maker, other = room.staff(), room.staff()
    made, reviewed = _made(maker), _made(maker)
    _step(other, reviewed, "review")
    assert re.findall(r'data-draft="([^"]+)"', maker.get("/issuing/drafts/").text) == [str(made.pk)]
    assert re.findall(r'data-draft="([^"]+)"', maker.get("/issuing/drafts/?state=reviewed").text) == [str(reviewed.pk)]
    assert maker.get("/issuing/drafts/?state=x").status_code == 200
    assert "1 draft to review" in maker.get("/issuing/").text
    with django_assert_max_num_queries(30):
        maker.get("/issuing/drafts/")


def test_an_empty_list_says_what_appears_there() -> None:
    assert "Nothing waits for a review" in room.staff().get("/issuing/drafts/").text


@pytest.mark.parametrize("step", ["amend", "make", "x"])
def test_a_step_that_there_is_not_has_no_address(step: str) -> None:
    draft, browser = _made(room.staff()), room.staff()
    assert browser.get(f"/issuing/drafts/{draft.pk}/{step}/").status_code in (200, 405)
    assert browser.post(f"/issuing/drafts/{draft.pk}/{step}/").status_code in (400, 404)
