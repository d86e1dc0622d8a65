"""A key is reported as compromised: all that it signed is revoked and signed anew, and no licence changes by it."""

import json
import logging
from base64 import urlsafe_b64decode
from itertools import count
from typing import Any

import pytest
from pytest_django import Settings

from audit.queries import personal_values
from foundation.clock import now
from foundation.context import PLATFORM
from licences import recovering
from licences.errors import KeyNotFound, ReasonRequired
from licences.keystore import key_in_force, make_key, rotate_key, signer_of
from licences.models import Licence, Notice, RevokedCredential, SigningKey, StatusList
from licences.operating import operate
from licences.outcomes import Outcome
from licences.recovering import altered_under, left_by, report_compromised, resign_batch, resign_due
from licences.resigning import sign_anew
from licences.storing import stored_credential
from licences.tasks import resign_compromised
from licences.verification import verify_found
from tests import factories as make
from tests.softhsm import PIN, SoftToken, soft_token

__all__ = ["soft_token"]
pytestmark = pytest.mark.django_db
# What must be as it was, whatever happens to keys.
KEPT = (
    "pk",
    "identifier",
    "number",
    "state",
    "serial",
    "version",
    "issued_at",
    "valid_from",
    "valid_until",
    "previous",
)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="LO")


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.objects.get(department__code="L")


def _reported(key: SigningKey) -> SigningKey:
    return report_compromised(key.key_id, actor=PLATFORM, reason="私钥文件外泄")


def _verified(licence: Licence) -> tuple[Outcome, str]:
    found = verify_found([Licence.objects.get(pk=licence.pk)], at=now())
    return found.outcome, found.grounds.code


def _kept() -> list[Any]:
    return list(Licence.objects.order_by("pk").values_list(*KEPT, "holders"))


def _claims(licence: Licence) -> dict[str, Any]:
    """Return what the credential says, but for what belongs to the signing."""
    found = verify_found([licence], at=now()).claims
    assert found
    return {name: value for name, value in found.items() if name not in ("iat", "status")}


def _payload(licence: Licence) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(urlsafe_b64decode(licence.credential.split(".")[1] + "=="))
    return read


# --- Reporting ---------------------------------------------------------------------------------------------------


def test_from_the_report_on_nothing_the_key_signed_is_trusted(key: SigningKey) -> None:
    licence, other = make.issued(), make.issued(make.SITE)
    with make.recorded() as entries:
        _reported(key)
    assert _verified(licence) == (Outcome.SIGNATURE_INVALID, "key_not_trusted")
    assert _verified(other) == (Outcome.VALID, "valid")
    assert [(entry.action, entry.subject, entry.outcome) for entry in entries] == [
        ("report_compromised", key.key_id, "done")
    ]
    assert personal_values([entries[0].pk])[entries[0].pk]["reason"] == "私钥文件外泄"
    assert "私钥文件外泄" not in str(entries[0].leaf)


def test_a_second_report_changes_nothing(key: SigningKey) -> None:
    first = _reported(key)
    with make.recorded() as entries:
        assert _reported(key).compromised_at == first.compromised_at
    assert entries == []


def test_a_retired_key_can_be_reported_too(key: SigningKey) -> None:
    licence = make.issued()
    new = rotate_key(key.department_id, actor=PLATFORM)
    _reported(key)
    assert resign_batch(key) == 1
    licence.refresh_from_db()
    assert licence.signing_key == new


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_report_needs_its_reason_and_an_existing_key(key: SigningKey, reason: str) -> None:
    with pytest.raises(ReasonRequired):
        report_compromised(key.key_id, actor=PLATFORM, reason=reason)
    with pytest.raises(KeyNotFound):
        report_compromised("none", actor=PLATFORM, reason="测试")
    key.refresh_from_db()
    assert key.compromised_at is None


def test_status_lists_of_the_department_are_to_be_signed_by_another_key(key: SigningKey) -> None:
    lists = {
        code: StatusList.objects.create(issuer=make.department(code), size=8, order_sealed=b"x", changed_at=now())
        for code in ("L", "O")
    }
    before = {code: made.changed_at for code, made in lists.items()}
    _reported(key)
    for code, made in lists.items():
        made.refresh_from_db()
        assert (made.changed_at > before[code]) == (code == "L")


# --- Signing anew ------------------------------------------------------------------------------------------------


def test_every_credential_is_revoked_and_signed_anew_and_every_licence_is_as_before(key: SigningKey) -> None:
    licences = {
        "valid": make.issued(),
        "suspended": make.operated("suspend"),
        "revoked": make.operated("revoke"),
        "cancelled": make.operated("cancel"),
        "expired": make.expired(),
        "replaced": make.issued(),
    }
    make.issued(replaces=licences["replaced"])
    before, kept = {row.pk: row for row in Licence.objects.all()}, _kept()
    outcomes = {name: _verified(licence) for name, licence in licences.items()}
    claims = {pk: _claims(row) for pk, row in before.items()}
    assert outcomes["suspended"] == (Outcome.SUSPENDED, "suspended")
    _reported(key)
    assert resign_due(100) == len(before) == 7
    assert _kept() == kept
    assert {name: _verified(licence) for name, licence in licences.items()} == outcomes
    new = key_in_force(key.department_id)
    for licence in Licence.objects.all():
        old = before[licence.pk]
        assert (licence.signing_key, licence.signing_key != key) == (new, True)
        assert _claims(licence) == claims[licence.pk]
        assert not set(stored_credential(licence).disclosures) & set(stored_credential(old).disclosures)
        revoked = RevokedCredential.objects.get(licence=licence)
        assert (revoked.signing_key, bytes(revoked.credential_digest)) == (key, bytes(old.credential_digest))
    assert not left_by(key).exists()
    assert resign_due(100) == 0


def test_the_licences_of_other_keys_are_left_alone(key: SigningKey) -> None:
    make.issued()
    other, newer = make.issued(make.SITE), make_key(department=key.department_id, actor=PLATFORM)
    same_department = make.issued()
    assert same_department.signing_key == newer
    _reported(key)
    assert resign_due(100) == 1
    for licence in (other, same_department):
        assert Licence.objects.get(pk=licence.pk).credential == licence.credential
    assert not RevokedCredential.objects.exclude(signing_key=key).exists()
    # A department with another key in force signs with that one.
    assert SigningKey.objects.filter(department=key.department_id).count() == 2


def test_each_holder_is_told_and_each_licence_recorded(key: SigningKey) -> None:
    first, second = make.company(1), make.company(2)
    licence = make.issued(holders=[first, second])
    _reported(key)
    with make.recorded() as entries:
        resign_batch(key)
    assert {(n.holder, n.licence, n.reason) for n in Notice.objects.all()} == {
        (first, licence, "key_compromised"),
        (second, licence, "key_compromised"),
    }
    assert [(e.action, e.subject, e.outcome) for e in entries if e.action == "resign"] == [
        ("resign", licence.identifier, "issued")
    ]


def test_a_key_of_the_same_kind_takes_over(key: SigningKey) -> None:
    sm2 = make_key(department=make.department("O").pk, actor=PLATFORM, algorithm="SM2-SM3")
    licence = make.issued(make.SITE)
    SigningKey.objects.filter(department__code="O").exclude(pk=sm2.pk).update(retired_at=now())
    _reported(sm2)
    assert resign_batch(sm2) == 1
    licence.refresh_from_db()
    assert (licence.signing_key.algorithm, licence.signing_key != sm2) == ("SM2-SM3", True)
    assert _verified(licence) == (Outcome.VALID, "valid")


def test_an_altered_row_is_revoked_and_reported_but_not_signed_anew(key: SigningKey) -> None:
    good, edited, tampered = make.issued(), make.operated("suspend"), make.tampered()
    moved = make.issued()
    make.edit(edited, state="valid")
    make.edit(moved, disclosures_sealed=bytes(good.disclosures_sealed))
    _reported(key)
    with make.recorded() as entries:
        assert [resign_due(100), resign_due(100)] == [4, 0]
    altered = {edited, tampered, moved}
    assert set(altered_under(key)) == altered
    refused = [entry for entry in entries if entry.outcome == "refused"]
    assert {(e.action, e.subject, e.reason) for e in refused} == {
        ("resign", licence.identifier, "row_altered") for licence in altered
    }
    assert set(RevokedCredential.objects.values_list("licence", flat=True)) == {good.pk, *(a.pk for a in altered)}
    assert {notice.licence for notice in Notice.objects.all()} == {good}
    assert _verified(good) == (Outcome.VALID, "valid")
    for licence in altered:
        assert _verified(licence)[0] is Outcome.SIGNATURE_INVALID


def test_a_key_compromised_after_another_is_followed_too(key: SigningKey) -> None:
    licence = make.issued()
    _reported(key)
    resign_due(100)
    second = key_in_force(key.department_id)
    assert second
    _reported(second)
    assert resign_due(100) == 1
    assert RevokedCredential.objects.filter(licence=licence).count() == 2
    assert _verified(licence) == (Outcome.VALID, "valid")


# --- Status ------------------------------------------------------------------------------------------------------


def test_the_old_place_stays_revoked_and_the_new_credential_has_another(key: SigningKey) -> None:
    licence = make.issued()
    old, index = licence.status_list, licence.status_index
    assert old
    _reported(key)
    StatusList.objects.update(changed_at=key.made_at)
    resign_batch(key)
    licence.refresh_from_db()
    revoked = RevokedCredential.objects.get()
    assert (revoked.status_list, revoked.status_index) == (old, index)
    assert (licence.status_list, licence.status_index) != (old, index)
    assert licence.status_list
    assert _payload(licence)["status"]["status_list"] == {
        "idx": licence.status_index,
        "uri": f"http://127.0.0.1:8000/status-lists/{licence.status_list.pk}",
    }
    for changed in {old.pk, licence.status_list.pk}:
        assert StatusList.objects.get(pk=changed).changed_at > key.made_at


# --- Stops, batches, the periodic task ----------------------------------------------------------------------------


def test_only_place_and_time_of_signing_change_in_the_credential(key: SigningKey) -> None:
    licence = make.expired()
    before = _payload(licence)
    _reported(key)
    resign_batch(key)
    licence.refresh_from_db()
    after = _payload(licence)
    assert after["iat"] > before["iat"]
    assert {name for name in after if after[name] != before.get(name)} == {"iat", "status", "_sd"}
    assert set(before) == set(after)


def test_a_crash_in_the_middle_loses_nothing_and_doubles_nothing(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    licences, holder = [make.issued(holder=make.company(n)) for n in range(1, 6)], make.company(1)
    _reported(key)
    assert resign_batch(key, 2) == 2
    calls = count(1)

    def crash(*args: Any, **values: Any) -> None:
        if next(calls) == 2:
            raise MemoryError
        sign_anew(*args, **values)

    monkeypatch.setattr(recovering, "sign_anew", crash)
    with make.recorded() as entries, pytest.raises(MemoryError):
        resign_batch(key, 2)
    assert (left_by(key).count(), RevokedCredential.objects.count(), Notice.objects.count()) == (3, 2, 2)
    assert [entry for entry in entries if entry.action == "resign"] == []
    monkeypatch.undo()
    assert resign_due(100) == 3
    assert RevokedCredential.objects.count() == Notice.objects.count() == 5
    assert {_verified(licence) for licence in licences} == {(Outcome.VALID, "valid")}
    assert Notice.objects.filter(holder=holder).count() == 1


def test_the_task_takes_a_batch_and_the_next_run_the_rest(key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        make.issued(holder=make.company(number + 1))
    assert resign_compromised() == 0
    _reported(key)
    monkeypatch.setattr("licences.tasks.RESIGNED_AT_MOST", 2)
    assert [resign_compromised(), resign_compromised(), resign_compromised()] == [2, 1, 0]


def test_what_was_signed_while_the_key_was_being_reported_is_found_by_the_next_run(key: SigningKey) -> None:
    make.issued()
    _reported(key)
    assert resign_due(100) == 1
    late = make.issued()
    old = Licence.objects.get(pk=late.pk)
    # It was begun before the report and committed after it.
    signer = signer_of(late.signing_key)
    sign_anew(old, key=key, signer=signer, at=now())
    old.save()
    assert _verified(late) == (Outcome.SIGNATURE_INVALID, "key_not_trusted")
    assert resign_due(100) == 1
    assert left_by(key).count() == 0


def test_nothing_to_sign_anew_makes_no_key(key: SigningKey) -> None:
    _reported(key)
    assert resign_due(100) == 0
    assert key_in_force(key.department_id) is None


def test_a_token_that_cannot_be_used_does_not_keep_the_other_departments_waiting(
    key: SigningKey, soft_token: SoftToken, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN = soft_token.module, soft_token.label, PIN
    in_token = rotate_key(make.department("O").pk, actor=PLATFORM, store="pkcs11")
    there, here = make.issued(make.SITE), make.issued()
    for bad in (in_token, key):
        _reported(bad)
    settings.PKCS11_MODULE = ""
    assert resign_due(100) == 1
    assert "nothing can be signed anew" in caplog.text
    assert PIN not in caplog.text
    assert (_verified(here)[0], _verified(there)[0]) == (Outcome.VALID, Outcome.SIGNATURE_INVALID)
    settings.PKCS11_MODULE = soft_token.module
    assert resign_due(100) == 1
    assert _verified(there)[0] is Outcome.VALID


def test_no_private_key_or_claim_is_logged_on_the_way(key: SigningKey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    licence = make.issued(holder=make.someone(3))
    _reported(key)
    resign_due(100)
    number = make.identity_number(3)
    assert number not in caplog.text
    assert number.encode() not in make.every_byte()
    assert _verified(licence)[0] is Outcome.VALID


def test_an_operation_after_the_signing_anew_works_as_ever(key: SigningKey) -> None:
    licence = make.operated("suspend")
    _reported(key)
    resign_due(100)
    assert operate(licence, "resume", reason="测试", actor=PLATFORM).state == "valid"
    assert _verified(licence) == (Outcome.VALID, "valid")
