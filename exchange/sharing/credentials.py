"""The credential itself: the issuer's SD-JWT VC with only those disclosures that the decision's fields allow."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from audit.recording import record
from exchange.asking import Ask, Standing
from exchange.disclosing import disclose
from exchange.noting import why_of
from exchange.sharing.errors import CredentialNotGiven
from foundation.clock import now
from licences import jws
from licences.outcomes import Signature
from licences.sdjwt import Credential, select
from licences.storing import stored_credential
from licences.subjects import subject_of

ACTION = "take_credential"


@dataclass(frozen=True, slots=True)
class Taken:
    """A credential as it may be passed on to the caller, and the entry of its being taken."""

    credential: Credential
    entry: UUID


def take_credential(ask: Ask, *, standing: Standing, at: dt.datetime | None = None) -> Taken:
    """Return the credential of the licence whose identifier is `ask.text`; refusals are recorded before.

    It is decided and recorded as a disclosure of its fields, and once more as what was taken. One whose signature or
    row does not hold is not given. One that is no longer valid is: its status list says so.
    """
    at = at or now()
    disclosure = disclose(ask, standing=standing, at=at)
    licence, verification = disclosure.verification.licence, disclosure.verification
    if licence is None or verification.outcome.signature is not Signature.RIGHT:
        raise CredentialNotGiven(verification.grounds, entry=str(disclosure.entry))
    credential = stored_credential(licence)
    _, plain = jws.unverified(credential.jwt)
    shown = select(credential, [name for name in disclosure.fields if name not in plain])
    with transaction.atomic():
        entry = record(
            action=ACTION,
            actor=standing.actor,
            subject=subject_of(licence),
            outcome=verification.outcome.label,
            reason=verification.grounds.code,
            why=why_of(ask),
            fields=[str(disclosure.entry)],
            at=at,
        )
    return Taken(shown, entry)
