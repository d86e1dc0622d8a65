"""Holders: their numbers sealed, found by a keyed index, masked wherever a person need not see them.

A holder keeps its licences through a new passport, or when a registration number becomes a USCC: every number that it
has or had finds it.
"""

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from audit.recording import Subject, record, record_refusal
from foundation.clock import now
from foundation.codes import check_identity_number, check_passport, check_travel_permit, check_uscc
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Both, Grounds, Refused, because
from foundation.sealing import keyed_index
from licences.errors import HolderInvalid, HolderNotYours, HolderNumberTaken
from licences.models import Holder, HolderNumber, Licence
from licences.numbering import mask_name, mask_number
from registry.forms import HOLDER_KINDS
from registry.lineage import lineage

HOLDER_NUMBER = "holder-number"
USCC, IDENTITY_NUMBER = "001", "111"
ORGANISATIONS = (USCC, "099")
REGISTRARS = ("platform", "data_authority")
"""The roles that register whatever changes of a holder."""
_OF_ISSUERS = ("department_head", "department_administrator")
_LONGEST_NUMBER, _LONGEST_NAME = 64, 200
# A number may have slipped into the place of its code type, and is not told in full.
_SHOWN_OF_CODE = 6
# A credential names several holders' numbers with this between them.
_BETWEEN = "、"
_CHECKS: Mapping[str, Callable[[str], Both | None]] = {
    USCC: check_uscc,
    IDENTITY_NUMBER: check_identity_number,
    **dict.fromkeys(("411", "412", "413", "414"), check_passport),
    **dict.fromkeys(("511", "516"), check_travel_permit),
}
"""How the numbers of a code type are checked; the names of all types are `HOLDER_KINDS`."""


# --- Numbers -----------------------------------------------------------------------------------------------------


def normal_number(number: str) -> str:
    """Return a holder's number as it is compared: no white space, capital letters, no full-width characters."""
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()


def number_index(number: str) -> bytes:
    """Return the keyed index of a holder's number."""
    return keyed_index(settings.INDEX_KEY, normal_number(number), purpose=HOLDER_NUMBER)


def check_holder_number(code_type: str, number: str) -> dict[str, Grounds]:
    """Return what is wrong with a holder's number, by field (`code_type`, `number`): how it should read."""
    if code_type not in HOLDER_KINDS:
        names = ", ".join(HOLDER_KINDS)
        return {"code_type": because("code_type_unknown", given=code_type[:_SHOWN_OF_CODE], codes=names)}
    number = normal_number(number)
    if not number:
        return {"number": because("field_required")}
    wrong = _CHECKS.get(code_type, _check_any)(number)
    return {"number": because("holder_number_invalid", why=wrong)} if wrong else {}


def _check_any(number: str) -> Both | None:
    most = _LONGEST_NUMBER
    if len(number) <= most and number.isprintable() and _BETWEEN not in number:
        return None
    return Both(f"号码至多{most}个字符，不含顿号", f"a number has at most {most} characters, and no “{_BETWEEN}”")


def check_holder(*, name: str, code_type: str, number: str) -> dict[str, Grounds]:
    """Return what is wrong with a holder, by field (`name`, `code_type`, `number`)."""
    return {**_check_name(name), **check_holder_number(code_type, number)}


def is_organisation(holder: Holder) -> bool:
    """Say whether the holder is an organisation, not a natural person."""
    return holder.code_type in ORGANISATIONS


def open_number(holder: Holder) -> str:
    """Return the holder's number in clear; whoever shows it records that."""
    sealed = bytes(holder.number_sealed)
    return settings.SEALING_RING.open(sealed, purpose=HOLDER_NUMBER, bound_to=holder.pk.bytes).decode()


def masked_number(holder: Holder) -> str:
    """Return the holder's number as screens show it."""
    return mask_number(open_number(holder))


def masked_numbers(holder: Holder) -> list[tuple[HolderNumber, str]]:
    """Return the numbers that the holder has and had, as screens show them, the present one first."""
    ring, bound_to = settings.SEALING_RING, holder.pk.bytes
    rows = sorted(holder.numbers.all(), key=lambda row: (row.until is not None, -row.since.timestamp()))
    opened = (ring.open(bytes(row.number_sealed), purpose=HOLDER_NUMBER, bound_to=bound_to) for row in rows)
    return [(row, mask_number(plain.decode())) for row, plain in zip(rows, opened, strict=True)]


def masked_name(holder: Holder) -> str:
    """Return the holder's name as screens show it: organisations in full, people by their family name."""
    return holder.name if is_organisation(holder) else mask_name(holder.name)


def _seal(holder: UUID, number: str) -> bytes:
    plain = normal_number(number).encode()
    return settings.SEALING_RING.seal(plain, purpose=HOLDER_NUMBER, bound_to=holder.bytes)


# --- Finding and registering -------------------------------------------------------------------------------------


def find_holder(number: str) -> Holder | None:
    """Return the holder that has or had this number."""
    return holder_by_index(number_index(number))


def holder_by_index(index: bytes) -> Holder | None:
    """Return the holder that has or had the number with this keyed index."""
    found = HolderNumber.objects.filter(number_index=index).select_related("holder").first()
    return found.holder if found else None


def indexes_of(holder: Holder) -> set[bytes]:
    """Return the keyed indexes of all numbers that the holder has or had."""
    return {bytes(number.number_index) for number in holder.numbers.all()}


def new_holder(*, name: str, code_type: str, number: str, at: dt.datetime) -> tuple[Holder, HolderNumber]:
    """Return the rows of a holder, not stored; the number has been checked."""
    holder = Holder(id=new_id(), name=name, code_type=code_type)
    holder.number_sealed, holder.number_index = _seal(holder.id, number), number_index(number)
    return holder, _number_row(holder, since=at)


def _number_row(holder: Holder, *, since: dt.datetime, basis: str = "") -> HolderNumber:
    return HolderNumber(
        holder=holder,
        code_type=holder.code_type,
        number_sealed=holder.number_sealed,
        number_index=holder.number_index,
        since=since,
        basis=basis,
    )


@transaction.atomic
def register_holder(*, name: str, code_type: str, number: str, actor: Actor) -> Holder:
    """Return the holder that has or had this number, made if there is none yet; `HolderInvalid` names what to mend."""
    faults = check_holder(name=name, code_type=code_type, number=number)
    if faults:
        raise HolderInvalid(faults)
    known = find_holder(number)
    if known:
        return known
    holder, row = new_holder(name=name, code_type=code_type, number=number, at=now())
    try:
        with transaction.atomic():
            holder.save(force_insert=True)
            row.save(force_insert=True)
    except IntegrityError:
        # Another registered the same holder meanwhile.
        return HolderNumber.objects.select_related("holder").get(number_index=holder.number_index).holder
    record(action="register_holder", actor=actor, subject=_subject(holder), outcome="done")
    return holder


def _check_name(name: str) -> dict[str, Grounds]:
    if not name.strip():
        return {"name": because("field_required")}
    if any(unicodedata.category(character) == "Cc" for character in name):
        return {"name": because("field_invalid", why=Both("含有控制字符", "holds control characters"))}
    return {"name": because("text_too_long", count=str(_LONGEST_NAME))} if len(name) > _LONGEST_NAME else {}


def _subject(holder: Holder) -> Subject:
    return Subject("holder", str(holder.pk))


# --- Changing ----------------------------------------------------------------------------------------------------


def check_may_change(holder: Holder, actor: Actor) -> None:
    """Raise where the actor is no registrar, nor head or administrator of a department that issued to the holder."""
    own = lineage("department", actor.department) if actor.role in _OF_ISSUERS else ()
    if actor.role not in REGISTRARS and not Licence.objects.filter(holders=holder, issuer__code__in=own).exists():
        raise HolderNotYours


def can_change(holder: Holder, actor: Actor) -> bool:
    """Say whether the actor may change the holder's number and name."""
    try:
        check_may_change(holder, actor)
    except Refused:
        return False
    return True


def change_number(
    holder: Holder, *, code_type: str, number: str, actor: Actor, basis: str, at: dt.datetime | None = None
) -> Holder:
    """Give the holder a new number, as of `at`: a new passport, a USCC in place of a registration number.

    The former number goes on finding the holder and its licences. The same number again changes nothing. Raises
    `HolderInvalid`, `HolderNotYours`, or `HolderNumberTaken` where the number is another holder's; a refusal is
    recorded. The record names the rows of both numbers and holds neither.
    """
    try:
        with transaction.atomic():
            check_may_change(holder, actor)
            return _change_number(holder, code_type, number, actor=actor, basis=basis, at=at)
    except Refused as refused:
        raise record_refusal(refused, action="change_number", actor=actor, subject=_subject(holder)) from None


def _change_number(
    holder: Holder, code_type: str, number: str, *, actor: Actor, basis: str, at: dt.datetime | None
) -> Holder:
    holder = Holder.objects.select_for_update().get(pk=holder.pk)
    # Looked at once nobody else changes it, so that of two at once the second does not come before the first.
    at, present, index = at or now(), holder.numbers.get(until__isnull=True), number_index(number)
    if index == bytes(present.number_index) and code_type == present.code_type:
        return holder
    _check_change(holder, present, code_type, number, at)
    holder.code_type, holder.number_sealed, holder.number_index = code_type, _seal(holder.pk, number), index
    present.until = at
    present.save(update_fields=["until"])
    made = _put_in_force(holder, at, basis)
    holder.save(update_fields=["code_type", "number_sealed", "number_index"])
    record(
        action="change_number",
        actor=actor,
        subject=_subject(holder),
        outcome="done",
        fields=[str(present.pk), str(made.pk)],
        personal={"reason": basis[:2000]},
        at=at,
    )
    return holder


def _check_change(holder: Holder, present: HolderNumber, code_type: str, number: str, at: dt.datetime) -> None:
    faults = check_holder_number(code_type, number)
    if not faults and (code_type in ORGANISATIONS) != is_organisation(holder):
        faults = {"code_type": because("holder_kind_fixed")}
    if at < present.since:
        faults["at"] = because("before_present_number")
    if faults:
        raise HolderInvalid(faults)
    owner = find_holder(number)
    if owner and owner != holder:
        raise HolderNumberTaken


def _put_in_force(holder: Holder, at: dt.datetime, basis: str) -> HolderNumber:
    """Store the row of the holder's new number; one that it had before is in force again, as of `at`.

    The record holds since when it was before.
    """
    row = holder.numbers.filter(number_index=holder.number_index).first()
    if row:
        row.code_type, row.number_sealed = holder.code_type, holder.number_sealed
        row.since, row.until, row.basis = at, None, basis[:300]
        row.save(update_fields=["code_type", "number_sealed", "since", "until", "basis"])
        return row
    row = _number_row(holder, since=at, basis=basis[:300])
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Another holder was given the number meanwhile.
        raise HolderNumberTaken from None
    return row


def rename_holder(holder: Holder, *, name: str, actor: Actor, basis: str) -> Holder:
    """Give the holder a new name; licences that were issued keep the name they say. The same name changes nothing.

    Raises `HolderInvalid` or `HolderNotYours`; a refusal is recorded.
    """
    try:
        with transaction.atomic():
            check_may_change(holder, actor)
            return _rename(holder, name.strip(), actor, basis)
    except Refused as refused:
        raise record_refusal(refused, action="rename_holder", actor=actor, subject=_subject(holder)) from None


def _rename(holder: Holder, name: str, actor: Actor, basis: str) -> Holder:
    faults = _check_name(name)
    if faults:
        raise HolderInvalid(faults)
    holder = Holder.objects.select_for_update().get(pk=holder.pk)
    if name == holder.name:
        return holder
    former, holder.name = holder.name, name
    holder.save(update_fields=["name"])
    personal = {"former_name": former, "name": name, "reason": basis[:2000]}
    record(action="rename_holder", actor=actor, subject=_subject(holder), outcome="done", personal=personal)
    return holder
