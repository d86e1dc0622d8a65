"""What a licence says and how it is signed: from a draft and its place in the counts to a row that can be stored."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from foundation.clock import LEGAL_ZONE, end_of_day, legal_day
from foundation.ids import new_id
from foundation.keys import Signer
from foundation.reasons import Both, Grounds, because
from licences.authenticity import authenticate
from licences.errors import ContentInvalid, NotIssuable
from licences.holders import open_number
from licences.keystore import signer_for
from licences.lifecycle import State
from licences.models import Holder, Licence, SigningKey
from licences.numbering import Identifier, new_check_code, number_key
from licences.sdjwt import Credential, issue
from licences.statuses import Place, status_claim
from licences.storing import authenticated, seal_disclosures
from registry.contents import check_content
from registry.defining import form_of, vct_of
from registry.forms import Form, is_disclosable, term_of

if TYPE_CHECKING:
    from registry.models import Department, LicenceType

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2999, 12, 31)
_OUT_OF_RANGE = because(
    "field_invalid",
    why=Both(
        f"应在 {FIRST_DAY} 至 {LAST_DAY} 之间；没有期限的请留空",
        f"must lie between {FIRST_DAY} and {LAST_DAY}; leave it empty where there is no end",
    ),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a licence is to say; `content` holds the type's own fields.

    `number` and `issued_on` are those of a licence that exists on paper already. `replaces` is the version whose place
    the new one takes, by `operation`: number and serial stay, the version rises.
    """

    licence_type: "LicenceType"
    issuer: "Department"
    holders: Sequence[Holder]
    content: Mapping[str, Any] = field(default_factory=dict)
    number: str = ""
    issued_on: dt.date | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    replaces: Licence | None = None
    operation: str = "change"


@dataclass(frozen=True, slots=True)
class Frame:
    """What licences of one type and issuer share when they are issued at the same time."""

    licence_type: "LicenceType"
    issuer: "Department"
    form: Form
    key: SigningKey
    signer: Signer
    at: dt.datetime
    plain: Mapping[str, str]
    claims: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Numbered:
    """The place of a licence in the counts: the issuer's serial, the number for people, the version."""

    serial: str
    number: str
    version: int


def frame_of(licence_type: "LicenceType", issuer: "Department", at: dt.datetime) -> Frame:
    """Return the frame; raises `NotIssuable` or `NoSigningKey` where the department cannot issue the type."""
    if not licence_type.code or not issuer.uscc:
        raise NotIssuable(licence_type.name)
    key, signer = signer_for(issuer.pk, issuer.name)
    form = form_of(licence_type, at)
    plain = {
        "iss": f"{settings.PUBLIC_URL}/departments/{issuer.code}",
        "vct": vct_of(licence_type, form),
    }
    claims = {
        "certificateName": licence_type.name_zh,
        "certificateTypeCode": licence_type.code,
        "certificateIssuingAuthorityName": issuer.name_zh,
        "certificateIssuingAuthorityCode": issuer.uscc,
    }
    return Frame(licence_type, issuer, form, key, signer, at, plain, claims)


def check_draft(draft: Draft, form: Form) -> None:
    """Raise `ContentInvalid` where what the licence is to say does not hold, naming every fault."""
    kinds = [holder.code_type for holder in draft.holders]
    faults = check_said(form, kinds, draft.content, draft.valid_from, draft.valid_until, issued_on=draft.issued_on)
    if len({holder.pk for holder in draft.holders}) < len(draft.holders):
        faults.setdefault("holders", because("holder_twice"))
    if faults:
        raise ContentInvalid(faults)


def check_said(
    form: Form,
    holder_kinds: Sequence[str],
    content: Mapping[str, Any],
    valid_from: dt.date | None,
    valid_until: dt.date | None,
    *,
    issued_on: dt.date | None = None,
) -> dict[str, Grounds]:
    """Return every fault of what a licence is to say, by field; `holder_kinds` are its holders' code types."""
    faults = dict(check_content(form, content))
    if not holder_kinds:
        faults["holders"] = because("holder_missing")
    allowed = form.holder_kinds
    if allowed and any(kind not in allowed for kind in holder_kinds):
        faults["holders"] = because("holder_kind_wrong", kinds=Both("、".join(allowed), ", ".join(allowed)))
    days = {"issued_on": issued_on, "valid_from": valid_from, "valid_until": valid_until}
    stated = str(form.validity.get("until_field", ""))
    if content.get(stated) and stated not in faults:
        days[stated] = dt.date.fromisoformat(content[stated])
    return faults | _day_faults(days, end="valid_until" if valid_until else stated)


def _day_faults(days: Mapping[str, dt.date | None], *, end: str) -> dict[str, Grounds]:
    faults = {name: _OUT_OF_RANGE for name, day in days.items() if day and not FIRST_DAY <= day <= LAST_DAY}
    start, last = days["valid_from"] or days["issued_on"], days.get(end)
    if start and last and last < start:
        faults[end] = because("dates_reversed")
    return faults


def compose(draft: Draft, *, frame: Frame, numbered: Numbered, place: Place, state: State = State.VALID) -> Licence:
    """Return the row of a licence whose draft was checked: signed and authenticated, but not stored."""
    on = draft.issued_on or legal_day(frame.at)
    start = draft.valid_from or on
    licence = Licence(
        id=new_id(),
        identifier=str(_identifier(frame, numbered)),
        number=numbered.number,
        number_key=number_key(numbered.number),
        licence_type=frame.licence_type,
        form=frame.form.number,
        issuer=frame.issuer,
        serial=numbered.serial,
        version=numbered.version,
        previous=draft.replaces,
        state=state,
        issued_at=dt.datetime.combine(on, dt.time(), LEGAL_ZONE) if draft.issued_on else frame.at,
        valid_from=start,
        valid_until=draft.valid_until or term_of(frame.form, start=start, content=draft.content),
        check_code=new_check_code(),
    )
    said = {**draft.content, **frame.claims, **_claims(licence, draft.holders, on)}
    claims = {name: value for name, value in said.items() if is_disclosable(frame.form, name)}
    plain = _plain(licence, frame) | {name: value for name, value in said.items() if name not in claims}
    _sign(licence, plain, claims, key=frame.key, signer=frame.signer, place=place)
    licence.mac_key, licence.mac = authenticate(authenticated(licence, draft.holders), settings.SEALING_RING)
    return licence


def _identifier(frame: Frame, numbered: Numbered) -> Identifier:
    return Identifier(frame.licence_type.code, frame.issuer.uscc, numbered.serial, numbered.version)


def _plain(licence: Licence, frame: Frame) -> dict[str, Any]:
    start = dt.datetime.combine(licence.valid_from, dt.time(), LEGAL_ZONE)
    plain: dict[str, Any] = {**frame.plain, "iat": int(frame.at.timestamp()), "nbf": int(start.timestamp())}
    if licence.valid_until:
        plain["exp"] = int(end_of_day(licence.valid_until).timestamp())
    return plain


def _claims(licence: Licence, holders: Sequence[Holder], on: dt.date) -> dict[str, Any]:
    claims = {
        "certificateNumber": licence.number,
        "certificateIdentifier": licence.identifier,
        "certificateIssuedDate": on.isoformat(),
        "certificateEffectiveDate": licence.valid_from.isoformat(),
        "certificateHolderName": "、".join(holder.name for holder in holders),
        "certificateHolderCode": "、".join(open_number(holder) for holder in holders),
        "certificateHolderType": holders[0].code_type,
    }
    if licence.valid_until:
        claims["certificateExpiringDate"] = licence.valid_until.isoformat()
    return claims


def _sign(
    licence: Licence,
    plain: dict[str, Any],
    claims: Mapping[str, Any],
    *,
    key: SigningKey,
    signer: Signer,
    place: Place,
) -> None:
    licence.status_list, licence.status_index = place
    plain["status"] = status_claim(*place)
    credential: Credential = issue(plain=plain, disclosable=claims, signer=signer)
    licence.signing_key = key
    licence.credential = credential.jwt
    licence.credential_digest = hashlib.sha256(credential.jwt.encode()).digest()
    licence.disclosures_sealed = seal_disclosures(licence.id, credential.disclosures)
