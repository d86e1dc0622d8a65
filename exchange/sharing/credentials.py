"""The credential itself: the issuer's SD-JWT VC with only those disclosures that the decision's fields allow."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from audit.recording import record, record_refusal
from exchange.asking import Ask, Standing
from exchange.disclosing import Disclosure, disclose
from exchange.errors import WholeNotPermitted
from exchange.noting import why_of
from exchange.sharing.errors import CredentialNotGiven
from foundation.clock import now
from licences import jws
from licences.fields import FIELDS, field_name
from licences.outcomes import Signature
from licences.sdjwt import Credential, select
from licences.storing import stored_credential
from licences.subjects import subject_of
from registry.defining import form_of
from registry.forms import field_titles

if TYPE_CHECKING:
    from licences.models import Licence

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
    _check_plain(licence, plain, disclosure, ask, standing)
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


def _check_plain(
    licence: "Licence", plain: Mapping[str, Any], disclosure: Disclosure, ask: Ask, standing: Standing
) -> None:
    """Refuse where the issuer signed openly (by the type's form) what the caller may not see."""
    titles = field_titles(form_of(licence.licence_type, licence.issued_at))
    hidden = [name for name in plain if name in {*FIELDS, *titles} and name not in disclosure.fields]
    if hidden:
        refused = WholeNotPermitted(titles.get(name) or field_name(name) for name in hidden)
        subject, why = subject_of(licence), why_of(ask)
        raise record_refusal(refused, action=ACTION, actor=standing.actor, subject=subject, why=why)
