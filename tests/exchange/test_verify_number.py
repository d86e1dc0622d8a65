"""Verifying by number: decided, searched among what the item needs, checked, recorded."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError

from audit.errors import RecordUnavailable
from audit.models import Entry
from audit.queries import entries_beside
from exchange.applying import Choice, withdraw
from exchange.asking import Standing, standing_of_client, standing_of_person
from exchange.errors import AccessRefused
from exchange.verifying import Answer, verify_number
from foundation.clock import now
from licences.models import Licence
from licences.outcomes import Outcome
from portal.demonstration.numbers import company_code
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def planning() -> Standing:
    return make.standing("O")


def _leaf(answer: Answer) -> dict[str, Any]:
    leaf: dict[str, Any] = json.loads(bytes(Entry.objects.get(pk=answer.entry).leaf))
    return leaf


def _is(answer: Answer, outcome: Outcome, reason: str) -> None:
    assert (answer.verification.outcome, answer.verification.grounds.code) == (outcome, reason)


def _refused(standing: Standing, code: str, text: str = "成国土局〔2026〕1号", **values: Any) -> AccessRefused:
    at = values.pop("at", None)
    with make.recorded() as entries, pytest.raises(AccessRefused) as caught:
        verify_number(make.ask(text, **values), standing=standing, at=at)
    assert caught.value.grounds.code == code
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("verify", "refused", code)
    assert caught.value.entry == str(entry.pk)
    return caught.value


def test_a_number_that_the_item_needs_is_answered_and_recorded_once(planning: Standing) -> None:
    licence = make.issued()
    with make.recorded() as entries:
        answer = verify_number(make.ask(licence.number), standing=planning)
    _is(answer, Outcome.VALID, "valid")
    assert answer.verification.licence == licence
    (entry,) = entries
    assert (entry.pk, entry.subject, entry.outcome, entry.reason) == (
        answer.entry,
        licence.identifier,
        "valid",
        "valid",
    )
    assert (entry.item, entry.purpose, entry.actor_department) == ("O2", "规划许可", "O")
    assert entry.fields == []


@pytest.mark.parametrize("written", ["成国土局[{}]1号", " 成国土局 （{}） 1 号", "成国土局【{}】１号"])
def test_the_number_is_found_however_it_is_written(planning: Standing, written: str) -> None:
    licence = make.issued()
    year = licence.number[5:9]
    _is(verify_number(make.ask(written.format(year)), standing=planning), Outcome.VALID, "valid")


def test_an_identifier_is_a_number_too(planning: Standing) -> None:
    licence = make.issued()
    _is(verify_number(make.ask(licence.identifier.lower()), standing=planning), Outcome.VALID, "valid")


def test_any_alternative_of_a_need_is_searched(planning: Standing) -> None:
    for name in (make.APPROVAL, make.STUDY):
        _is(verify_number(make.ask(make.issued(name).number), standing=planning), Outcome.VALID, "valid")


def test_a_number_outside_the_items_needs_answers_like_an_absent_one(planning: Standing) -> None:
    outside = make.issued(make.SITE)
    absent = verify_number(make.ask("成规划局〔1990〕1号"), standing=planning)
    hidden = verify_number(make.ask(outside.number), standing=planning)
    assert hidden.verification == absent.verification
    _is(hidden, Outcome.NOT_FOUND, "not_found")
    reasons = {e.pk: e.reason for e in Entry.objects.filter(action="verify")}
    assert (reasons[absent.entry], reasons[hidden.entry]) == ("not_found", "outside_needs")
    assert [_leaf(answer).get("subject") for answer in (absent, hidden)] == [None, None]


def test_no_leaf_tells_whoever_asked_what_the_answer_hid(planning: Standing) -> None:
    outside = make.issued(make.SITE)
    absent = verify_number(make.ask("成规划局〔1990〕1号"), standing=planning)
    hidden = verify_number(make.ask(outside.number), standing=planning)
    other = verify_number(make.ask(make.issued().number, holder_number=company_code(2)), standing=planning)
    for one in (absent, hidden, other):
        leaf = _leaf(one)
        assert (leaf.get("subject"), leaf["reason"]) == (None, one.verification.grounds.code)
        assert {"subject", "reason"} <= leaf["personal"].keys()
    assert _leaf(absent).keys() == _leaf(hidden).keys()
    assert _leaf(absent)["personal"].keys() == _leaf(hidden)["personal"].keys()


def test_a_look_that_found_nothing_or_was_refused_names_the_licence_that_was_meant(planning: Standing) -> None:
    licence = make.issued(make.SITE)
    hidden = verify_number(make.ask(licence.number), standing=planning)
    refused = _refused(planning, "item_unknown", licence.number, item="ZZ9")
    for key in (hidden.entry, refused.entry):
        entry = Entry.objects.get(pk=key)
        assert entry.subject == licence.identifier
        assert licence.identifier.encode() not in bytes(entry.leaf)


def test_each_licence_of_an_ambiguous_number_has_an_entry_of_its_own(planning: Standing) -> None:
    two = [make.issued(name, number="同号〔2026〕1号") for name in (make.APPROVAL, make.STUDY)]
    with make.recorded() as entries:
        answer = verify_number(make.ask("同号〔2026〕1号"), standing=planning)
    (main, *beside) = entries
    assert (main.pk, main.subject) == (answer.entry, "")
    assert {entry.subject for entry in beside} == {licence.identifier for licence in two}
    assert {(e.action, e.outcome, e.actor_department, e.item) for e in beside} == {
        ("considered", "ambiguous", "O", "O2")
    }
    assert entries_beside(main, "considered") == beside


def test_the_same_holds_for_an_identifier_outside_the_needs(planning: Standing) -> None:
    hidden = verify_number(make.ask(make.issued(make.SITE).identifier), standing=planning)
    _is(hidden, Outcome.NOT_FOUND, "not_found")
    assert Entry.objects.get(pk=hidden.entry).reason == "outside_needs"


def test_an_item_that_needs_nothing_finds_nothing(planning: Standing) -> None:
    _is(verify_number(make.ask(make.issued().number, "O1"), standing=planning), Outcome.NOT_FOUND, "not_found")


@pytest.mark.parametrize(
    ("made", "outcome", "reason"),
    [
        (lambda: make.expired(), Outcome.NO_LONGER_VALID, "expired"),
        (lambda: make.operated("suspend"), Outcome.SUSPENDED, "suspended"),
        (lambda: make.operated("revoke"), Outcome.NO_LONGER_VALID, "revoked"),
        (lambda: make.operated("cancel"), Outcome.NO_LONGER_VALID, "cancelled"),
        (lambda: make.tampered(), Outcome.SIGNATURE_INVALID, "signature_invalid"),
    ],
    ids=["expired", "suspended", "revoked", "cancelled", "tampered"],
)
def test_a_bad_licence_is_an_outcome_and_the_record_keeps_it(
    planning: Standing, made: Callable[[], Licence], outcome: Outcome, reason: str
) -> None:
    licence = made()
    answer = verify_number(make.ask(licence.number), standing=planning)
    _is(answer, outcome, reason)
    entry = Entry.objects.get(pk=answer.entry)
    assert (entry.outcome, entry.reason, entry.subject) == (outcome.label, reason, licence.identifier)


def test_one_number_of_two_licences_is_ambiguous_until_the_type_is_named(planning: Standing) -> None:
    for name in (make.APPROVAL, make.STUDY):
        make.issued(name, number="同号〔2026〕1号")
    _is(verify_number(make.ask("同号〔2026〕1号"), standing=planning), Outcome.AMBIGUOUS, "ambiguous")
    answer = verify_number(make.ask("同号〔2026〕1号", licence_type=make.STUDY), standing=planning)
    _is(answer, Outcome.VALID, "valid")
    assert answer.verification.licence
    assert answer.verification.licence.licence_type.name_zh == make.STUDY


# --- Refusals ----------------------------------------------------------------------------------------------------


def test_a_clerk_of_another_department_is_refused() -> None:
    person = make.clerk("M")
    refused = _refused(standing_of_person(person, make.department("M"), "clerk"), "item_of_other_department")
    assert "规划局" in refused.grounds.zh
    assert "Planning Bureau" in refused.grounds.en


def test_a_counter_to_which_the_item_is_delegated_may_ask() -> None:
    make.item("O2").delegated_to.add(make.department("M"))
    licence = make.issued()
    _is(verify_number(make.ask(licence.number), standing=make.standing("M")), Outcome.VALID, "valid")


def test_a_purpose_and_a_case_or_an_operator_are_demanded(planning: Standing) -> None:
    _refused(planning, "purpose_missing", purpose=" ")
    _refused(make.standing("O", operator=""), "case_or_operator_missing")


def test_an_unknown_or_retired_item_is_refused(planning: Standing) -> None:
    _refused(planning, "item_unknown", item="X99")
    make.edit(make.item("O2"), retired_at=now())
    _refused(planning, "item_not_in_force")


def test_a_client_that_was_switched_off_is_refused() -> None:
    client, _ = make.client("O")
    make.edit(client, active=False)
    client.refresh_from_db()
    _refused(standing_of_client(client, operator="李"), "client_inactive")


def test_a_client_of_a_retired_department_is_refused() -> None:
    client, _ = make.client("O")
    make.edit(make.department("O"), retired_at=now())
    client.refresh_from_db()
    _refused(standing_of_client(client, operator="李"), "client_inactive")


def test_a_person_who_was_switched_off_is_refused() -> None:
    person = make.clerk("O")
    person.is_active = False
    _refused(standing_of_person(person, make.department("O"), "clerk"), "client_inactive")


def test_a_named_type_that_the_item_does_not_need_lists_the_items_that_do(planning: Standing) -> None:
    refused = _refused(planning, "type_not_needed", make.issued(make.SITE).number, licence_type=make.SITE)
    assert "D2、L1、M1" in refused.grounds.zh
    assert "D2, L1, M1" in refused.grounds.en


def test_the_refusal_of_a_type_is_the_same_whether_the_number_exists_or_not(planning: Standing) -> None:
    real = _refused(planning, "type_not_needed", make.issued(make.SITE).number, licence_type=make.SITE)
    absent = _refused(planning, "type_not_needed", "无〔1990〕1号", licence_type=make.SITE)
    assert real.grounds == absent.grounds


def test_an_unknown_type_is_refused(planning: Standing) -> None:
    refused = _refused(planning, "type_unknown", licence_type="幸福证")
    assert "幸福证" in refused.grounds.en


def test_an_alias_may_be_named_as_the_type() -> None:
    answer = verify_number(
        make.ask(make.issued(make.FORM).number, "D2", licence_type=make.ENVIRONMENT), standing=make.standing("D")
    )
    _is(answer, Outcome.VALID, "valid")


def test_a_type_may_be_named_by_its_code_or_in_english(planning: Standing) -> None:
    licence = make.issued()
    for name in (licence.licence_type.code, "land OPINION"):
        _is(verify_number(make.ask(licence.number, licence_type=name), standing=planning), Outcome.VALID, "valid")


# --- The right of use --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["", make.DEED])
def test_a_conditional_type_without_a_right_is_refused(planning: Standing, named: str) -> None:
    licence = make.issued(make.DEED)
    _refused(planning, "agreement_missing", licence.number, item="O3", licence_type=named)


def test_an_agreement_in_force_gives_the_right_until_the_second_it_ends(planning: Standing) -> None:
    licence, at = make.issued(make.DEED), now()
    made = make.agreement(until=at)
    assert made.since
    ask = make.ask(licence.number, "O3")
    before = verify_number(ask, standing=planning, at=at - dt.timedelta(seconds=1))
    _is(before, Outcome.VALID, "valid")
    _refused(planning, "agreement_ended", licence.number, item="O3", at=at)
    _refused(planning, "agreement_not_yet", licence.number, item="O3", at=(made.since or at) - dt.timedelta(seconds=1))


@pytest.mark.parametrize(
    "other", [{"item_code": "O2"}, {"name": make.LAND}, {"department_code": "D"}, {"purpose": "别的用途"}]
)
def test_an_agreement_for_something_else_gives_no_right(planning: Standing, other: dict[str, str]) -> None:
    make.agreement(**other)
    code = "agreement_other_purpose" if "purpose" in other else "agreement_missing"
    _refused(planning, code, make.issued(make.DEED).number, item="O3")


def test_a_type_that_is_not_shared_is_refused_with_its_basis(planning: Standing) -> None:
    refused = _refused(planning, "not_shared", make.issued(make.EXPLOSIVES).number, item="O4")
    assert "民用爆炸物品安全管理条例" in refused.grounds.zh


def test_what_the_holder_presents_in_an_open_application_may_be_used_for_that_application(planning: Standing) -> None:
    applicant = make.citizen()
    deed = make.issued(make.DEED, applicant.company)
    other = make.issued(make.DEED, applicant.company)
    application = make.submitted(applicant, {1: Choice(licence=deed.pk)}, "O3")
    ask = make.ask(deed.number, "O3", case=application.number)
    _is(verify_number(ask, standing=planning), Outcome.VALID, "valid")
    by_identifier = make.ask(deed.identifier, "O3", case=application.number)
    _is(verify_number(by_identifier, standing=planning), Outcome.VALID, "valid")
    _refused(planning, "agreement_missing", other.number, item="O3", case=application.number)
    _refused(planning, "agreement_missing", deed.number, item="O3", case="O3-20260101-0001")
    withdraw(application, person=applicant.person)
    _refused(planning, "agreement_missing", deed.number, item="O3", case=application.number)


def test_the_case_of_another_item_is_refused() -> None:
    make.edit(make.item("O2"), department=make.department("O"))
    applicant = make.citizen()
    deed = make.issued(make.DEED, applicant.company)
    case = make.submitted(applicant, {1: Choice(licence=deed.pk)}, "O3").number
    make.item("O2").needs.create(group=9, licence_type=make.licence_type(make.DEED))
    _refused(make.standing("O"), "case_of_other_item", deed.number, item="O2", case=case, licence_type=make.DEED)


def test_the_holders_authorisation_gives_the_right_until_it_ends_or_is_taken_back(planning: Standing) -> None:
    applicant = make.citizen()
    presented, other = (make.issued(make.DEED, applicant.company) for _ in range(2))
    case = make.submitted(applicant, {1: Choice(licence=presented.pk)}, "O3").number
    granted = make.authorisation(applicant.company, applicant.person)
    ask = make.ask(other.number, "O3", case=case)
    _is(verify_number(ask, standing=planning), Outcome.VALID, "valid")
    for field, code in (("until", "ended"), ("revoked_at", "revoked"), ("used_at", "used")):
        make.edit(granted, **{"until": None, "revoked_at": None, "used_at": None, field: now()})
        _refused(planning, f"authorisation_{code}", other.number, item="O3", case=case)


def test_an_authorisation_for_another_purpose_gives_no_right(planning: Standing) -> None:
    applicant = make.citizen()
    presented, other = (make.issued(make.DEED, applicant.company) for _ in range(2))
    case = make.submitted(applicant, {1: Choice(licence=presented.pk)}, "O3").number
    make.authorisation(applicant.company, applicant.person, purpose="办理贷款")
    _refused(planning, "authorisation_other_purpose", other.number, item="O3", case=case)


def test_one_holders_authorisation_does_not_open_anothers_licences(planning: Standing) -> None:
    applicant, stranger = make.citizen(1), make.company(2)
    presented, foreign = make.issued(make.DEED, applicant.company), make.issued(make.DEED, stranger)
    case = make.submitted(applicant, {1: Choice(licence=presented.pk)}, "O3").number
    make.authorisation(applicant.company, applicant.person)
    ask = make.ask(foreign.number, "O3", case=case, holder_number=company_code(2))
    with pytest.raises(AccessRefused):
        verify_number(ask, standing=planning)


def test_the_record_does_not_say_outside_the_needs_of_a_type_that_is_needed() -> None:
    make.item("O2").needs.create(group=3, licence_type=make.licence_type(make.DEED))
    answer = verify_number(make.ask(make.issued(make.DEED).number), standing=make.standing("O"))
    _is(answer, Outcome.NOT_FOUND, "not_found")
    assert Entry.objects.get(pk=answer.entry).reason == "agreement_missing"


# --- Whose licence -----------------------------------------------------------------------------------------------


def test_a_number_is_checked_against_the_holder_of_the_case(planning: Standing) -> None:
    applicant = make.citizen(1)
    choices = {1: Choice(licence=make.issued(make.STUDY, applicant.company).pk), 2: Choice(number="某〔2026〕1号")}
    case = make.submitted(applicant, choices, "O2").number
    mine, foreign = make.issued(make.LAND, applicant.company), make.issued(make.LAND, make.company(2))
    _is(verify_number(make.ask(mine.number, case=case), standing=planning), Outcome.VALID, "valid")
    answer = verify_number(make.ask(foreign.number, case=case), standing=planning)
    _is(answer, Outcome.MISMATCH, "holder_mismatch")
    assert answer.verification.licence is None


def test_another_holder_may_be_named(planning: Standing) -> None:
    foreign = make.issued(make.LAND, make.company(2))
    right = make.ask(foreign.number, holder_number=f" {company_code(2).lower()}")
    _is(verify_number(right, standing=planning), Outcome.VALID, "valid")
    wrong = make.ask(foreign.number, holder_number=company_code(3))
    _is(verify_number(wrong, standing=planning), Outcome.MISMATCH, "holder_mismatch")


def test_without_case_and_holder_any_holders_licence_is_answered(planning: Standing) -> None:
    _is(verify_number(make.ask(make.issued().number), standing=planning), Outcome.VALID, "valid")


# --- No entry, no access -----------------------------------------------------------------------------------------


def test_where_the_record_cannot_be_written_the_verification_fails_and_tells_nothing(
    planning: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    licence = make.issued()

    def fail(*values: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(Entry.objects, "bulk_create", fail)
    with pytest.raises(RecordUnavailable) as caught:
        verify_number(make.ask(licence.number), standing=planning)
    assert caught.value.grounds.code == "record_unavailable"
    assert licence.identifier not in str(vars(caught.value))
    assert caught.value.entry == ""
