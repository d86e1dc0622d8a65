"""Reading fields: for a case, only those permitted, each reading recorded with the names of its fields."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError

from audit.errors import RecordUnavailable
from audit.models import Entry
from exchange.applying import Choice
from exchange.asking import Standing
from exchange.disclosing import disclose
from exchange.errors import AccessRefused, LicenceNotFound
from exchange.looking import looks_at
from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.fields import FIELDS
from licences.models import Licence
from licences.numbering import Identifier
from licences.outcomes import Outcome
from portal.demonstration.numbers import company_code
from registry.defining import define_type
from registry.forms import Form
from tests import factories as make

pytestmark = pytest.mark.django_db

CASE = "O2-外部-1"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def planning() -> Standing:
    return make.standing("O", operator="")


def _refused(standing: Standing, code: str, text: str, true_reason: str = "", **values: Any) -> Refused:
    with make.recorded() as entries, pytest.raises((AccessRefused, LicenceNotFound)) as caught:
        disclose(make.ask(text, **{"case": CASE, **values}), standing=standing)
    assert caught.value.grounds.code == code
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == ("disclose", "refused", true_reason or code)
    assert entry.fields == []
    return caught.value


def test_the_fields_of_a_needed_licence_are_shown_for_a_case_and_recorded_by_name(planning: Standing) -> None:
    licence = make.issued(content={"projectName": "改造"})
    with make.recorded() as entries:
        shown = disclose(make.ask(licence.identifier, case=CASE), standing=planning)
    assert shown.verification.outcome is Outcome.VALID
    assert shown.fields["certificateNumber"] == licence.number
    assert shown.fields["projectName"] == "改造"
    assert set(shown.fields) <= set(FIELDS)
    (entry,) = entries
    assert (entry.pk, entry.subject, entry.fields) == (shown.entry, licence.identifier, sorted(shown.fields))
    assert "改造" not in bytes(entry.leaf).decode()


def test_the_own_fields_of_the_type_are_shown_too(planning: Standing) -> None:
    parcel = {"type": "string", "title": "宗地号", "x-title-en": "Parcel"}
    form = Form(schema={"type": "object", "properties": {"parcel": parcel}})
    define_type(make.licence_type(make.LAND), form, actor=PLATFORM)
    licence = make.issued(content={"parcel": "3-12"})
    shown = disclose(make.ask(licence.identifier, case=CASE), standing=planning)
    assert shown.fields["parcel"] == "3-12"


def test_an_agreement_narrows_the_fields_and_is_what_the_answer_rests_on(planning: Standing) -> None:
    made = make.agreement(fields=["certificateHolderName", "certificateNumber"])
    licence = make.issued(make.DEED)
    shown = disclose(make.ask(licence.identifier, "O3", case=CASE), standing=planning)
    assert set(shown.fields) == {"certificateHolderName", "certificateNumber"}
    assert shown.decision.relied_on == made.reference


def test_what_the_holder_presents_may_be_read_for_that_application(planning: Standing) -> None:
    applicant = make.citizen()
    deed = make.issued(make.DEED, applicant.company)
    case = make.submitted(applicant, {1: Choice(licence=deed.pk)}, "O3").number
    shown = disclose(make.ask(deed.identifier, "O3", case=case), standing=planning)
    assert shown.fields["certificateHolderName"] == applicant.company.name
    _refused(planning, "agreement_missing", deed.identifier, item="O3", case=CASE)


def test_a_number_typed_by_somebody_else_is_not_the_holders_presentation(planning: Standing) -> None:
    applicant, stranger = make.citizen(1), make.company(2)
    deed = make.issued(make.DEED, stranger)
    choices = {1: Choice(number=deed.identifier, other_holder=company_code(2))}
    case = make.submitted(applicant, choices, "O3").number
    with pytest.raises(AccessRefused):
        disclose(make.ask(deed.identifier, "O3", case=case), standing=planning)


def test_without_a_case_no_field_is_shown(planning: Standing) -> None:
    _refused(planning, "case_missing", make.issued().identifier, case="")
    _refused(make.standing("O", operator="李"), "case_missing", make.issued().identifier, case=" ")


def test_a_suspended_licence_shows_its_fields_with_its_outcome(planning: Standing) -> None:
    shown = disclose(make.ask(make.operated("suspend").identifier, case=CASE), standing=planning)
    assert shown.verification.outcome is Outcome.SUSPENDED
    assert shown.fields


def _number_edited() -> Licence:
    licence = make.issued()
    make.edit(licence, number="成国土局〔1999〕2号")
    return licence


def _state_edited() -> Licence:
    licence = make.operated("revoke")
    make.edit(licence, state="valid")
    return licence


@pytest.mark.parametrize("made", [make.tampered, _number_edited, _state_edited])
def test_where_the_signature_or_the_row_does_not_hold_no_field_is_shown(
    planning: Standing, made: Callable[[], Licence]
) -> None:
    shown = disclose(make.ask(made().identifier, case=CASE), standing=planning)
    assert shown.verification.outcome is Outcome.SIGNATURE_INVALID
    assert shown.fields == {}
    assert Entry.objects.get(pk=shown.entry).fields == []


# --- What must not be told -----------------------------------------------------------------------------------------


def test_absent_outside_and_foreign_licences_are_answered_alike(planning: Standing) -> None:
    applicant = make.citizen(1)
    choices = {1: Choice(licence=make.issued(make.STUDY, applicant.company).pk), 2: Choice(number="某〔2026〕1号")}
    case = make.submitted(applicant, choices, "O2").number
    land = make.department("L")
    absent = Identifier(make.licence_type(make.LAND).code, land.uscc, "19990000001", 1)
    found = [
        _refused(planning, "licence_not_found", text, reason, case=case)
        for text, reason in (
            (str(absent), "not_found"),
            ("no identifier at all", "not_found"),
            (make.issued(make.SITE).identifier, "outside_needs"),
            (make.issued(make.LAND, make.company(2)).identifier, "holder_mismatch"),
        )
    ]
    assert len({(r.grounds.zh, r.grounds.en) for r in found}) == 1


def test_the_record_says_outside_the_needs_only_of_a_licence_that_exists(planning: Standing) -> None:
    site = make.licence_type(make.SITE)
    invented = str(Identifier(site.code, make.department("O").uscc, "19990000001", 1))
    _refused(planning, "licence_not_found", invented, "not_found")


def test_a_number_is_no_identifier(planning: Standing) -> None:
    _refused(planning, "licence_not_found", make.issued().number, "not_found")


@pytest.mark.parametrize("text", ["\0", "a" * 5000, "1.2.156.3005.2.\0"])
def test_a_hostile_identifier_is_answered_like_an_absent_one(planning: Standing, text: str) -> None:
    _refused(planning, "licence_not_found", text, "not_found")


def test_a_reading_stands_in_the_holders_view_however_the_identifier_was_written(planning: Standing) -> None:
    licence = make.issued()
    shown = disclose(make.ask(f" {licence.identifier.lower()}", case=CASE), standing=planning)
    assert shown.fields
    assert Entry.objects.get(pk=shown.entry).subject == licence.identifier
    assert shown.entry in {e.pk for e in looks_at([make.company().pk], at=now())}


def test_an_item_of_another_department_is_refused() -> None:
    _refused(make.standing("M"), "item_of_other_department", make.issued().identifier)


def test_where_the_record_cannot_be_written_nothing_is_shown(
    planning: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    licence = make.issued()

    def fail(*values: Any) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(Entry.objects, "bulk_create", fail)
    with pytest.raises(RecordUnavailable):
        disclose(make.ask(licence.identifier, case=CASE), standing=planning)


def test_the_holders_number_is_told_for_the_holders_own_case() -> None:
    applicant = make.citizen(1)
    deed = make.issued(make.DEED, applicant.company)
    case = make.submitted(applicant, {1: Choice(licence=deed.pk)}, "O3").number
    shown = disclose(make.ask(deed.identifier, "O3", case=case), standing=make.standing("O"))
    assert shown.fields["certificateHolderCode"] == company_code(1)


def test_two_agreements_in_force_show_the_fields_of_both(planning: Standing) -> None:
    deed = make.issued(make.DEED)
    for field in ("certificateNumber", "certificateIssuedDate"):
        make.agreement(fields=[field])
    shown = disclose(make.ask(deed.identifier, "O3", case=CASE), standing=planning)
    assert set(shown.fields) == {"certificateNumber", "certificateIssuedDate"}
