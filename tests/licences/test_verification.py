"""Verification: each of its ten numbered checks fails with an outcome and a reason of its own."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences import composing, fields
from licences.keystore import make_key
from licences.lifecycle import State
from licences.models import Licence, SigningKey
from licences.operating import operate
from licences.outcomes import Outcome
from licences.queries import find_licences, is_held_by
from licences.storing import seal_disclosures, stored_credential
from licences.verification import Verification, verify_found
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _verified(licence: Licence, at: dt.datetime | None = None, **values: Any) -> Verification:
    return verify_found([Licence.objects.get(pk=licence.pk)], at=at or now(), **values)


def _is(found: Verification, outcome: Outcome, reason: str) -> None:
    assert (found.outcome, found.grounds.code) == (outcome, reason)


def test_a_genuine_licence_in_its_term_is_valid() -> None:
    licence = make.issued()
    found = _verified(licence)
    _is(found, Outcome.VALID, "valid")
    assert found.licence == licence


def test_check_1_nothing_found() -> None:
    _is(verify_found([], at=now()), Outcome.NOT_FOUND, "not_found")


def test_check_1_nothing_is_kept_of_what_was_searched() -> None:
    found = verify_found([], at=now(), collected=False)
    _is(found, Outcome.NOT_COLLECTED, "not_collected")


def test_check_2_two_issuers_of_one_number_are_ambiguous_and_no_row_is_told() -> None:
    make.issued(make.LAND, number="同号〔2026〕1号")
    make.issued(make.SITE, number="同号（2026）1号")
    types = [make.licence_type(name).pk for name in (make.LAND, make.SITE)]
    found = find_licences("同号[2026]1号", types)
    assert len(found) == 2
    verification = verify_found(found, at=now())
    _is(verification, Outcome.AMBIGUOUS, "ambiguous")
    assert verification.licence is None
    assert verification.claims is None


TODAY = legal_day(now())
EDITS: dict[str, dict[str, Any]] = {
    "state": {"state": "valid"},
    "identifier": {"identifier": "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F"},
    "version": {"version": 7},
    "valid_from": {"valid_from": TODAY - dt.timedelta(days=9000)},
    "valid_until": {"valid_until": TODAY + dt.timedelta(days=9000)},
    "no_end": {"valid_until": None},
    "mac": {"mac": b"\1" * 32},
    "no_mac": {"mac": b""},
    "mac_key": {"mac_key": "other"},
    "digest": {"credential_digest": b"\1" * 32},
}


@pytest.mark.parametrize("values", EDITS.values(), ids=EDITS)
def test_check_3_a_row_edited_in_the_database_is_noticed(values: dict[str, Any]) -> None:
    licence = make.operated("suspend")
    make.edit(licence, **values)
    found = _verified(licence)
    _is(found, Outcome.SIGNATURE_INVALID, "row_altered")
    assert found.claims is None


def test_check_3_a_mac_from_before_the_revocation_does_not_fit_the_row_after_it() -> None:
    licence = make.issued()
    revoked = operate(licence, "revoke", reason="测试", actor=PLATFORM)
    make.edit(revoked, mac=bytes(licence.mac))
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_4_a_compromised_key_is_not_trusted() -> None:
    licence = make.issued()
    make.edit(licence.signing_key, compromised_at=now())
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "key_not_trusted")


def test_check_4_a_retired_key_still_verifies_what_it_signed() -> None:
    licence = make.issued()
    make.edit(licence.signing_key, retired_at=now())
    _is(_verified(licence), Outcome.VALID, "valid")


def test_check_4_the_key_of_another_department_is_not_trusted() -> None:
    licence = make.issued()
    make.edit(licence.signing_key, department=make.department("M"))
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "key_not_trusted")


def test_check_4_another_issuer_than_the_keys_is_not_trusted() -> None:
    licence = make.issued()
    make.edit(licence.signing_key, department=make.department("O"))
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "key_not_trusted")


def test_check_5_an_edited_credential_fails_its_signature() -> None:
    _is(_verified(make.tampered()), Outcome.SIGNATURE_INVALID, "signature_invalid")


def test_check_5_a_public_key_swapped_in_the_database_does_not_verify() -> None:
    licence = make.issued()
    other = make_key(department=make.department("L").pk, actor=PLATFORM)
    make.edit(licence.signing_key, public_jwk=other.public_jwk)
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "signature_invalid")


def test_check_5_disclosures_moved_from_another_licence_do_not_open() -> None:
    licence, other = make.issued(), make.issued()
    make.edit(licence, disclosures_sealed=bytes(other.disclosures_sealed))
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "signature_invalid")


def test_check_5_disclosures_of_another_licence_sealed_for_this_one_are_not_the_issuers() -> None:
    licence, other = make.issued(), make.issued()
    moved = seal_disclosures(licence.pk, stored_credential(other).disclosures)
    make.edit(licence, disclosures_sealed=moved)
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "signature_invalid")


@pytest.mark.parametrize("rest", [b"", b"development", b"development\0", b"development\0123", b"\xff\xfe\0abc"])
def test_check_5_damaged_disclosures_are_an_outcome_and_no_crash(rest: bytes) -> None:
    licence = make.issued()
    make.edit(licence, disclosures_sealed=rest)
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "signature_invalid")


@pytest.mark.parametrize("credential", ["", "a.b.c", "…", "a" * 5000])
def test_check_5_a_damaged_credential_is_an_outcome_and_no_crash(credential: str) -> None:
    licence = make.issued()
    make.edit(licence, credential=credential)
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "signature_invalid")


def test_check_6_a_row_whose_number_differs_from_the_credential_is_noticed() -> None:
    licence = make.issued()
    make.edit(licence, number="成国土局〔1999〕1号")
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_a_row_moved_to_another_type_is_noticed() -> None:
    licence = make.issued(make.LAND)
    make.edit(licence, licence_type=make.licence_type(make.DEED))
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_a_row_made_findable_under_another_number_is_noticed() -> None:
    licence = make.issued()
    make.edit(licence, number_key="成国土局[1999]1号")
    (found,) = find_licences("成国土局〔1999〕1号", [licence.licence_type_id])
    _is(_verified(found), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_a_licence_given_to_another_holder_in_the_database_is_noticed() -> None:
    licence, thief = make.issued(holder=make.company(1)), make.company(2)
    licence.holders.set([thief])
    found = _verified(licence, is_holder=lambda row: is_held_by(row, thief.pk))
    assert found.outcome is not Outcome.VALID


def test_check_6_a_date_of_issue_edited_in_the_database_is_noticed() -> None:
    licence = make.issued()
    make.edit(licence, issued_at=now() - dt.timedelta(days=3000))
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_a_licence_moved_to_another_place_of_the_status_list_is_noticed() -> None:
    licence, other = make.issued(), make.issued()
    make.edit(other, status_index=None)
    make.edit(licence, status_index=other.status_index)
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_a_licence_moved_to_another_status_list_is_noticed() -> None:
    licence, other = make.issued(make.LAND), make.issued(make.SITE)
    make.edit(licence, status_list=other.status_list, status_index=licence.status_index)
    assert other.status_list_id != licence.status_list_id
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_a_licence_taken_off_its_status_list_is_noticed() -> None:
    licence = make.issued()
    make.edit(licence, status_list=None, status_index=None)
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_an_old_licence_without_a_place_is_valid_and_one_put_on_a_list_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(composing, "status_claim", lambda *place: None)
    licence = make.of_old_form(make.issued())
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")
    make.edit(licence, status_list=None, status_index=None)
    _is(_verified(licence), Outcome.VALID, "valid")


@pytest.mark.parametrize("column", ["number", "number_key", "serial", "issuer", "licence_type", "issued_at", "place"])
def test_check_3_the_mac_covers_all_that_a_row_says(column: str) -> None:
    licence = make.issued()
    other: dict[str, Any] = {
        "issuer": make.department("O"),
        "licence_type": make.licence_type(make.SITE),
        "issued_at": licence.issued_at + dt.timedelta(microseconds=1),
    }
    make.edit(licence, **({"status_index": 99} if column == "place" else {column: other.get(column, "X")}))
    _is(_verified(licence), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_3_a_row_of_the_old_form_is_as_good_as_ever_and_none_of_the_new_form_reads_as_one() -> None:
    licence = make.of_old_form(make.issued())
    _is(_verified(licence), Outcome.VALID, "valid")
    edited = make.issued(make.SITE)
    make.edit(edited, mac_form=1)
    _is(_verified(edited), Outcome.SIGNATURE_INVALID, "row_altered")


@pytest.mark.parametrize("status", ["x", [], {}, {"status_list": 1}, {"status_list": {}}, {"status_list": {"uri": 7}}])
def test_check_6_a_malformed_status_is_an_outcome_and_no_crash(status: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "status_claim", lambda *place: status)
    _is(_verified(make.issued()), Outcome.SIGNATURE_INVALID, "row_altered")


def test_check_6_the_platforms_address_may_change(settings: Any) -> None:
    licence = make.issued()
    settings.PUBLIC_URL = "https://elsewhere.example"
    _is(_verified(licence), Outcome.VALID, "valid")


def test_check_7_the_licence_of_another_holder_is_a_mismatch_and_its_row_is_not_told() -> None:
    licence, other = make.issued(holder=make.company(1)), make.company(2)
    found = _verified(licence, is_holder=lambda row: is_held_by(row, other.pk))
    _is(found, Outcome.MISMATCH, "holder_mismatch")
    assert found.licence is None


def test_check_7_comes_before_the_state_so_that_nothing_is_told_of_others_licences() -> None:
    licence, other = make.operated("revoke"), make.company(2)
    _is(_verified(licence, is_holder=lambda row: is_held_by(row, other.pk)), Outcome.MISMATCH, "holder_mismatch")


def test_check_8_a_missing_required_field_is_named_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "REQUIRED", (*fields.REQUIRED, "projectName", "basis"))
    found = _verified(make.issued())
    _is(found, Outcome.INCOMPLETE, "incomplete")
    assert found.grounds.zh == "证照缺少必填信息：项目名称、依据。"
    assert found.grounds.en == "The licence lacks required information: Project, Basis."


@pytest.mark.parametrize(
    ("operation", "outcome", "reason"),
    [
        ("suspend", Outcome.SUSPENDED, "suspended"),
        ("change", Outcome.NO_LONGER_VALID, "replaced"),
        ("transfer", Outcome.NO_LONGER_VALID, "transferred"),
        ("cancel", Outcome.NO_LONGER_VALID, "cancelled"),
        ("revoke", Outcome.NO_LONGER_VALID, "revoked"),
        ("withdraw", Outcome.NO_LONGER_VALID, "withdrawn"),
        ("annul", Outcome.NO_LONGER_VALID, "annulled"),
        ("expire", Outcome.NO_LONGER_VALID, "expired"),
    ],
)
def test_check_9_each_state_has_its_outcome_and_reason(operation: str, outcome: Outcome, reason: str) -> None:
    _is(_verified(make.operated(operation)), outcome, reason)


def test_check_9_every_state_but_valid_is_covered() -> None:
    from licences.verification import _STATE_OUTCOMES

    assert set(_STATE_OUTCOMES) == set(State) - {State.VALID, State.EXPIRED}


@pytest.mark.parametrize("operation", ["suspend", "revoke"])
def test_check_9_comes_before_the_dates(operation: str) -> None:
    licence = make.operated(operation, valid_until=TODAY - dt.timedelta(days=1), valid_from=TODAY - dt.timedelta(9))
    assert _verified(licence).grounds.code == ("suspended" if operation == "suspend" else "revoked")


START, END = dt.date(2026, 3, 2), dt.date(2026, 9, 1)


def _shanghai(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.mark.parametrize(
    ("at", "outcome", "reason"),
    [
        (_shanghai(START, 0) - dt.timedelta(seconds=1), Outcome.NOT_YET_VALID, "not_yet_valid"),
        (_shanghai(START, 0), Outcome.VALID, "valid"),
        (_shanghai(END, 23, 59), Outcome.VALID, "valid"),
        (_shanghai(END) + dt.timedelta(days=1), Outcome.NO_LONGER_VALID, "expired"),
    ],
)
def test_check_10_the_term_runs_from_its_first_legal_day_through_its_last(
    at: dt.datetime, outcome: Outcome, reason: str
) -> None:
    licence = make.issued(valid_from=START, valid_until=END)
    _is(_verified(licence, at), outcome, reason)


def test_check_10_a_term_past_its_end_is_expired_before_any_task_has_run() -> None:
    licence = make.expired()
    assert licence.state == State.VALID
    found = _verified(licence)
    _is(found, Outcome.NO_LONGER_VALID, "expired")
    assert licence.valid_until
    assert licence.valid_until.isoformat() in found.grounds.zh


@time_machine.travel(dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC), tick=False)
def test_check_10_a_term_that_has_not_begun_names_its_first_day() -> None:
    found = _verified(make.issued(valid_from=dt.date(2026, 11, 24)))
    _is(found, Outcome.NOT_YET_VALID, "not_yet_valid")
    assert found.grounds.en == "The licence is valid from 2026-11-24 only."


def test_the_first_failing_check_answers() -> None:
    licence = make.tampered()
    make.edit(licence, state="suspended")
    make.edit(SigningKey.objects.get(pk=licence.signing_key_id), compromised_at=now())
    wrong_holder: Callable[[Licence], bool] = lambda row: False  # noqa: E731
    _is(_verified(licence, is_holder=wrong_holder), Outcome.SIGNATURE_INVALID, "row_altered")


def test_a_signature_that_fails_shows_no_claims() -> None:
    for found in (_verified(make.tampered()), _verified(_number_edited())):
        assert found.outcome is Outcome.SIGNATURE_INVALID
        assert found.claims is None


def _number_edited() -> Licence:
    licence = make.issued()
    make.edit(licence, number="成国土局〔1999〕2号")
    return licence


def test_a_holder_added_in_the_database_is_noticed() -> None:
    licence, thief = make.issued(), make.company(2)
    licence.holders.add(thief)
    (found,) = find_licences(licence.number, [licence.licence_type_id])
    _is(_verified(found), Outcome.SIGNATURE_INVALID, "row_altered")
