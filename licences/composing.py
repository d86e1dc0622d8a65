"""What a licence says and how it is signed: from a draft and its place in the counts to a row that can be stored."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from audit.inserting import Row
from foundation.clock import LEGAL_ZONE, end_of_day, legal_day
from foundation.ids import new_id
from foundation.keys import Signer
from foundation.reasons import Both, Grounds, because
from licences.authenticity import FORM, Authenticated, authenticate, said_of
from licences.errors import ContentInvalid, NotIssuable
from licences.holders import open_number
from licences.keystore import signer_for
from licences.lifecycle import State
from licences.models import Holder, Licence, SigningKey
from licences.numbering import Identifier, new_check_code, number_key
from licences.sdjwt import Credential, issue
from licences.statuses import Place, status_claim
from licences.storing import seal_disclosures
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


def compose(draft: Draft, *, frame: Frame, numbered: Numbered, place: Place, state: State = State.VALID) -> Row:
    """Return the row of a licence whose draft was checked: signed and authenticated, but not stored.

    Values by the columns' attribute names, and no instance: of a batch's hundred thousand nobody asks for one.
    """
    on = draft.issued_on or legal_day(frame.at)
    start = draft.valid_from or on
    until = draft.valid_until or term_of(frame.form, start=start, content=draft.content)
    licence = new_id()
    identifier = str(_identifier(frame, numbered))
    said = {
        **draft.content,
        **frame.claims,
        **_dates(on, start, until),
        **_holding(draft.holders),
        "certificateNumber": numbered.number,
        "certificateIdentifier": identifier,
    }
    credential = _signed(said, start, until, frame=frame, place=place)
    digest = hashlib.sha256(credential.jwt.encode()).digest()
    holders = tuple(str(holder.pk) for holder in draft.holders)
    key = number_key(numbered.number)
    issued_at = dt.datetime.combine(on, dt.time(), LEGAL_ZONE) if draft.issued_on else frame.at
    said_besides = said_of(
        key=str(licence),
        number=numbered.number,
        number_key=key,
        licence_type=str(frame.licence_type.pk),
        issuer=str(frame.issuer.pk),
        serial=numbered.serial,
        previous=str(draft.replaces.pk) if draft.replaces else "",
        issued_at=issued_at,
        place=(str(place[0].pk), place[1]),
    )
    covered = Authenticated(
        identifier, numbered.version, str(state), start, until, digest, frame.key.key_id, holders, said_besides
    )
    mac_key, mac = authenticate(covered, settings.SEALING_RING)
    return {
        "id": licence,
        "identifier": identifier,
        "number": numbered.number,
        "number_key": key,
        "licence_type_id": frame.licence_type.pk,
        "form": frame.form.number,
        "issuer_id": frame.issuer.pk,
        "serial": numbered.serial,
        "version": numbered.version,
        "previous_id": draft.replaces and draft.replaces.pk,
        "state": str(state),
        "issued_at": issued_at,
        "valid_from": start,
        "valid_until": until,
        "signing_key_id": frame.key.pk,
        "status_list_id": place[0].pk,
        "status_index": place[1],
        "check_code": new_check_code(),
        "credential": credential.jwt,
        "credential_digest": digest,
        "disclosures_sealed": seal_disclosures(licence, credential.disclosures),
        "mac_key": mac_key,
        "mac": mac,
        "mac_form": FORM,
    }


def _identifier(frame: Frame, numbered: Numbered) -> Identifier:
    return Identifier(frame.licence_type.code, frame.issuer.uscc, numbered.serial, numbered.version)


def _dates(on: dt.date, start: dt.date, until: dt.date | None) -> dict[str, str]:
    dates = {"certificateIssuedDate": on.isoformat(), "certificateEffectiveDate": start.isoformat()}
    return {**dates, "certificateExpiringDate": until.isoformat()} if until else dates


def _holding(holders: Sequence[Holder]) -> dict[str, str]:
    return {
        "certificateHolderName": "、".join(holder.name for holder in holders),
        "certificateHolderCode": "、".join(open_number(holder) for holder in holders),
        "certificateHolderType": holders[0].code_type,
    }


def _signed(
    said: Mapping[str, Any], start: dt.date, until: dt.date | None, *, frame: Frame, place: Place
) -> Credential:
    shown = {name: value for name, value in said.items() if is_disclosable(frame.form, name)}
    begins = dt.datetime.combine(start, dt.time(), LEGAL_ZONE)
    plain: dict[str, Any] = {
        **frame.plain,
        "iat": int(frame.at.timestamp()),
        "nbf": int(begins.timestamp()),
        "status": status_claim(*place),
    }
    if until:
        plain["exp"] = int(end_of_day(until).timestamp())
    if len(shown) < len(said):
        plain |= {name: value for name, value in said.items() if name not in shown}
    return issue(plain=plain, disclosable=shown, signer=frame.signer)
