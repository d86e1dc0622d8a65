"""Holders: their numbers sealed, found by a keyed index, masked wherever a person need not see them."""

from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.recording import Subject, record
from foundation.clock import now
from foundation.codes import check_identity_number, check_uscc
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Both
from foundation.sealing import keyed_index
from licences.models import Holder, Representation
from licences.numbering import mask_name, mask_number

HOLDER_NUMBER = "holder-number"
USCC, IDENTITY_NUMBER = "001", "111"
ORGANISATIONS = (USCC, "099")


def normal_number(number: str) -> str:
    """Return a holder's number as it is compared: no white space, capital letters."""
    return "".join(number.split()).upper()


def number_index(number: str) -> bytes:
    """Return the keyed index of a holder's number."""
    return keyed_index(settings.INDEX_KEY, normal_number(number), purpose=HOLDER_NUMBER)


def check_holder_number(code_type: str, number: str) -> Both | None:
    """Return what is wrong with a holder's number, if anything; only types with a check digit are checked."""
    checks = {USCC: check_uscc, IDENTITY_NUMBER: check_identity_number}
    check = checks.get(code_type)
    return check(normal_number(number)) if check else None


@transaction.atomic
def register_holder(*, name: str, code_type: str, number: str, actor: Actor) -> Holder:
    """Return the holder with this number, made if there is none yet."""
    wrong = check_holder_number(code_type, number)
    if wrong:
        raise ValueError(wrong.en)
    known = find_holder(number)
    if known:
        return known
    holder = Holder(id=new_id(), name=name, code_type=code_type, number_index=number_index(number))
    holder.number_sealed = settings.SEALING_RING.seal(
        normal_number(number).encode(), purpose=HOLDER_NUMBER, bound_to=holder.id.bytes
    )
    holder.save(force_insert=True)
    record(action="register_holder", actor=actor, subject=Subject("holder", str(holder.pk)), outcome="done")
    return holder


def find_holder(number: str) -> Holder | None:
    """Return the holder with this number."""
    return Holder.objects.filter(number_index=number_index(number)).first()


def open_number(holder: Holder) -> str:
    """Return the holder's number in clear; whoever shows it records that."""
    sealed = bytes(holder.number_sealed)
    return settings.SEALING_RING.open(sealed, purpose=HOLDER_NUMBER, bound_to=holder.pk.bytes).decode()


def masked_number(holder: Holder) -> str:
    """Return the holder's number as screens show it."""
    return mask_number(open_number(holder))


def masked_name(holder: Holder) -> str:
    """Return the holder's name as screens show it: organisations in full, people by their family name."""
    return holder.name if holder.code_type in ORGANISATIONS else mask_name(holder.name)


@transaction.atomic
def represent(*, person: UUID, holder: Holder, kind: str, actor: Actor) -> Representation:
    """Let a person act for a holder from now on."""
    representation = Representation.objects.create(person_id=person, holder=holder, kind=kind, since=now())
    record(
        action="represent",
        actor=actor,
        subject=Subject("person", str(person)),
        outcome="done",
        fields=[kind, str(holder.pk)],
    )
    return representation
