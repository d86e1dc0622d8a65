"""Verifying a licence: is the signature right, and is the licence valid now? One numbered plan of checks.

The platform has no foreign sources yet, so that none is ever unreachable (outcome 10).
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings

from foundation.clock import legal_day
from foundation.reasons import Both, Grounds, because
from foundation.sealing import SealError
from licences.authenticity import is_authentic
from licences.fields import field_name, missing_fields
from licences.holders import indexes_of, number_index
from licences.lifecycle import State
from licences.models import Licence
from licences.numbering import number_key
from licences.outcomes import Outcome
from licences.sdjwt import CredentialError, verify
from licences.storing import authenticated, stored_credential


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found; `licence` is the row, `claims` what its credential says (never shown unpermitted)."""

    outcome: Outcome
    grounds: Grounds
    licence: Licence | None = None
    claims: dict[str, Any] | None = None


_STATE_OUTCOMES = {
    State.SEALED: (Outcome.NOT_YET_VALID, "sealed_not_issued"),
    State.SUSPENDED: (Outcome.SUSPENDED, "suspended"),
    State.REPLACED: (Outcome.NO_LONGER_VALID, "replaced"),
    State.TRANSFERRED: (Outcome.NO_LONGER_VALID, "transferred"),
    State.CANCELLED: (Outcome.NO_LONGER_VALID, "cancelled"),
    State.REVOKED: (Outcome.NO_LONGER_VALID, "revoked"),
    State.WITHDRAWN: (Outcome.NO_LONGER_VALID, "withdrawn"),
    State.ANNULLED: (Outcome.NO_LONGER_VALID, "annulled"),
    State.DISCARDED: (Outcome.NO_LONGER_VALID, "discarded"),
}


class Dated(Protocol):
    """What the last two checks look at."""

    @property
    def state(self) -> str:
        """The state, by its name in `State`."""

    @property
    def valid_from(self) -> dt.date:
        """The first day."""

    @property
    def valid_until(self) -> dt.date | None:
        """The last day, if there is one."""


class _Fault(Exception):
    """Ends the plan with an outcome."""

    def __init__(self, outcome: Outcome, grounds: Grounds) -> None:
        super().__init__(grounds.en)
        self.outcome = outcome
        self.grounds = grounds


def verify_found(
    found: Sequence[Licence],
    *,
    at: dt.datetime,
    is_holder: Callable[[Licence], bool] | None = None,
    collected: bool = True,
) -> Verification:
    """Verify what a search found, in this order; the first failure answers.

    1. There is one (where there is none, `collected` says whether licences such as were searched are kept here at all).
    2. It is the only one. 3. Its row is as the platform wrote it. 4. The signing key is trusted. 5. The credential's
    signature and disclosures hold. 6. Row and credential say the same. 7. It belongs to the holder asked about.
    8. Nothing required is missing. 9. Its state is valid. 10. So are its dates at `at`.

    3 to 6 answer whether the signature is right, 9 and 10 whether the licence is valid now.
    """
    # 1, 2
    if not found:
        absent = (Outcome.NOT_FOUND, "not_found") if collected else (Outcome.NOT_COLLECTED, "not_collected")
        return Verification(absent[0], because(absent[1]))
    if len(found) > 1:
        return Verification(Outcome.AMBIGUOUS, because("ambiguous"))
    licence = found[0]
    claims: dict[str, Any] | None = None
    try:
        _check_row(licence)  # 3
        _check_key(licence)  # 4
        claims = _signed_claims(licence)  # 5
        _check_agreement(licence, claims)  # 6
        _check_holder(licence, is_holder)  # 7
        _check_complete(claims)  # 8
        _check_state(licence)  # 9
        _check_dates(licence, at)  # 10
    except _Fault as fault:
        known = None if fault.outcome is Outcome.MISMATCH else licence
        trusted = None if fault.outcome is Outcome.SIGNATURE_INVALID else claims
        return Verification(fault.outcome, fault.grounds, known, trusted)
    return Verification(Outcome.VALID, because("valid"), licence, claims)


def judge_sound(licence: Dated, *, at: dt.datetime) -> tuple[Outcome, Grounds]:
    """Judge a licence whose row was found to be as the platform wrote it: checks 9 and 10 are left."""
    try:
        _check_state(licence)
        _check_dates(licence, at)
    except _Fault as fault:
        return fault.outcome, fault.grounds
    return Outcome.VALID, because("valid")


def _check_row(licence: Licence) -> None:
    ring = settings.SEALING_RING
    if not is_authentic(authenticated(licence), key=licence.mac_key, mac=bytes(licence.mac), ring=ring):
        raise _Fault(Outcome.SIGNATURE_INVALID, because("row_altered"))


def _check_key(licence: Licence) -> None:
    key = licence.signing_key
    if key.compromised_at is not None or key.department_id != licence.issuer_id:
        raise _Fault(Outcome.SIGNATURE_INVALID, because("key_not_trusted"))


def _signed_claims(licence: Licence) -> dict[str, Any]:
    try:
        return verify(stored_credential(licence), licence.signing_key.public_jwk)
    except (CredentialError, SealError) as error:
        raise _Fault(Outcome.SIGNATURE_INVALID, because("signature_invalid")) from error


def _check_agreement(licence: Licence, claims: dict[str, Any]) -> None:
    expected = {
        "certificateIdentifier": licence.identifier,
        "certificateNumber": licence.number,
        "certificateTypeCode": licence.licence_type.code,
        "certificateIssuedDate": legal_day(licence.issued_at).isoformat(),
        "certificateEffectiveDate": licence.valid_from.isoformat(),
        "certificateExpiringDate": licence.valid_until.isoformat() if licence.valid_until else None,
    }
    digest = hashlib.sha256(licence.credential.encode()).digest()
    agrees = (
        digest == bytes(licence.credential_digest)
        and licence.number_key == number_key(licence.number)
        and all(claims.get(name) == value for name, value in expected.items())
        and _place_is_named(licence, claims.get("status"))
        and _holder_is_named(licence, str(claims.get("certificateHolderCode", "")))
    )
    if not agrees:
        raise _Fault(Outcome.SIGNATURE_INVALID, because("row_altered"))


def _holder_is_named(licence: Licence, named: str) -> bool:
    # A credential names the numbers of its day, which a holder may have changed since.
    held_by = {index for holder in licence.holders.all() for index in indexes_of(holder)}
    return all(number_index(number) in held_by for number in named.split("、"))


def _place_is_named(licence: Licence, status: object) -> bool:
    """Say whether the credential points to the row's place in a status list, or neither has one."""
    if licence.status_list_id is None:
        return status is None
    # The list alone is compared, since the platform's own address may change.
    claim = status.get("status_list") if isinstance(status, dict) else None
    named = (claim.get("idx"), str(claim.get("uri")).rpartition("/")[2]) if isinstance(claim, dict) else None
    return named == (licence.status_index, str(licence.status_list_id))


def _check_holder(licence: Licence, is_holder: Callable[[Licence], bool] | None) -> None:
    if is_holder and not is_holder(licence):
        raise _Fault(Outcome.MISMATCH, because("holder_mismatch"))


def _check_complete(claims: dict[str, Any]) -> None:
    missing = [field_name(field) for field in missing_fields(claims)]
    if missing:
        fields = Both("、".join(f.zh for f in missing), ", ".join(f.en for f in missing))
        raise _Fault(Outcome.INCOMPLETE, because("incomplete", fields=fields))


def _check_state(licence: Dated) -> None:
    if licence.state in _STATE_OUTCOMES:
        outcome, reason = _STATE_OUTCOMES[State(licence.state)]
        raise _Fault(outcome, because(reason))


def _check_dates(licence: Dated, at: dt.datetime) -> None:
    today = legal_day(at)
    if today < licence.valid_from:
        raise _Fault(Outcome.NOT_YET_VALID, because("not_yet_valid", date=licence.valid_from.isoformat()))
    if licence.state == State.EXPIRED or (licence.valid_until and licence.valid_until < today):
        date = licence.valid_until.isoformat() if licence.valid_until else ""
        raise _Fault(Outcome.NO_LONGER_VALID, because("expired", date=date))
