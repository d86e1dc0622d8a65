"""Issuing a licence: numbered, signed, authenticated and recorded, all in one transaction."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from audit.recording import Subject, Why, record
from foundation.clock import LEGAL_ZONE, end_of_day, legal_day, now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.keys import Signer
from licences.authenticity import authenticate
from licences.errors import NotIssuable
from licences.holders import open_number
from licences.keystore import signer_for
from licences.lifecycle import State
from licences.models import Holder, Licence, NumberSequence
from licences.numbering import Identifier, number_key
from licences.operating import operate
from licences.sdjwt import Credential, issue
from licences.storing import authenticated, seal_disclosures
from registry.forms import add_months

if TYPE_CHECKING:
    from registry.models import Department, LicenceType


_Validity = tuple[dt.date, dt.date | None]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a licence is to say; `content` holds the type's own fields, `number` one that already exists on paper.

    `replaces` is the version whose place the new one takes: number and serial stay, the version rises.
    """

    licence_type: "LicenceType"
    issuer: "Department"
    holders: Sequence[Holder]
    content: Mapping[str, Any] = field(default_factory=dict)
    number: str = ""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    replaces: Licence | None = None


def _next_serial(draft: Draft, year: int) -> tuple[str, int]:
    """Return the issuer's next serial of the year, for machines and for people."""
    scope = f"{draft.issuer.code}:{year}"
    NumberSequence.objects.get_or_create(scope=scope)
    sequence = NumberSequence.objects.select_for_update().get(scope=scope)
    sequence.last += 1
    sequence.save(update_fields=["last"])
    return f"{year}{sequence.last:07}", sequence.last


def _numbered(draft: Draft, year: int) -> tuple[str, str, int]:
    """Return serial, number and version."""
    if draft.replaces:
        return draft.replaces.serial, draft.replaces.number, draft.replaces.version + 1
    while True:
        serial, count = _next_serial(draft, year)
        if draft.number:
            return serial, draft.number, 1
        template = draft.licence_type.number_template
        number = template.format(department=draft.issuer.name_zh, year=year, serial=count)
        issued = Licence.objects.filter(licence_type=draft.licence_type, issuer=draft.issuer)
        # A paper licence that was taken in under a number of its own may have it already: the count goes on.
        if not issued.filter(number_key=number_key(number)).exists():
            return serial, number, 1


def _validity(draft: Draft, at: dt.datetime) -> _Validity:
    start = draft.valid_from or legal_day(at)
    months = draft.licence_type.validity_months
    return start, draft.valid_until or (add_months(start, months) if months else None)


def _claims(draft: Draft, identifier: str, number: str, on: dt.date, valid: _Validity) -> dict[str, Any]:
    first = draft.holders[0]
    return {
        **draft.content,
        "certificateName": draft.licence_type.name_zh,
        "certificateTypeCode": draft.licence_type.code,
        "certificateNumber": number,
        "certificateIdentifier": identifier,
        "certificateIssuingAuthorityName": draft.issuer.name_zh,
        "certificateIssuingAuthorityCode": draft.issuer.uscc,
        "certificateIssuedDate": on.isoformat(),
        "certificateEffectiveDate": valid[0].isoformat(),
        **({"certificateExpiringDate": valid[1].isoformat()} if valid[1] else {}),
        "certificateHolderName": "、".join(holder.name for holder in draft.holders),
        "certificateHolderCode": open_number(first),
        "certificateHolderType": first.code_type,
    }


def _credential(
    draft: Draft, claims: Mapping[str, Any], at: dt.datetime, valid: _Validity, signer: Signer
) -> Credential:
    start = dt.datetime.combine(valid[0], dt.time(), LEGAL_ZONE)
    plain: dict[str, Any] = {
        "iss": f"{settings.PUBLIC_URL}/departments/{draft.issuer.code}",
        "vct": f"{settings.PUBLIC_URL}/types/{draft.licence_type.code}",
        "iat": int(at.timestamp()),
        "nbf": int(start.timestamp()),
    }
    if valid[1]:
        plain["exp"] = int(end_of_day(valid[1]).timestamp())
    return issue(plain=plain, disclosable=claims, signer=signer)


@transaction.atomic
def issue_licence(draft: Draft, *, actor: Actor, why: Why = Why(), at: dt.datetime | None = None) -> Licence:
    """Issue the licence and return it; raises `NotIssuable` or `NoSigningKey` where that cannot be."""
    at = at or now()
    if not draft.licence_type.code or not draft.issuer.uscc:
        raise NotIssuable(draft.licence_type.name)
    key, signer = signer_for(draft.issuer.pk, draft.issuer.name)
    on, valid = legal_day(at), _validity(draft, at)
    serial, number, version = _numbered(draft, on.year)
    identifier = str(Identifier(draft.licence_type.code, draft.issuer.uscc, serial, version))
    if draft.replaces:
        operate(draft.replaces, "replace", reason="", actor=actor)
    credential = _credential(draft, _claims(draft, identifier, number, on, valid), at, valid, signer)
    licence = Licence(
        id=new_id(),
        identifier=identifier,
        number=number,
        number_key=number_key(number),
        licence_type=draft.licence_type,
        issuer=draft.issuer,
        serial=serial,
        version=version,
        previous=draft.replaces,
        state=State.VALID,
        issued_at=at,
        valid_from=valid[0],
        valid_until=valid[1],
        signing_key=key,
        credential=credential.jwt,
        credential_digest=hashlib.sha256(credential.jwt.encode()).digest(),
    )
    licence.disclosures_sealed = seal_disclosures(licence.id, credential.disclosures)
    licence.mac_key, licence.mac = authenticate(authenticated(licence, draft.holders), settings.SEALING_RING)
    licence.save(force_insert=True)
    licence.holders.set(draft.holders)
    record(action="issue", actor=actor, subject=Subject("licence", identifier), outcome="issued", why=why)
    return licence
