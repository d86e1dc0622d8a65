"""Holders of many licences at once: found by their numbers, and registered where nobody has the number yet."""

from collections.abc import Mapping, Sequence
from copy import copy
from operator import itemgetter
from typing import Any

from django.conf import settings

from audit.inserting import insert_all
from audit.recording import Act, Subject, record_all
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Both, Grounds, because
from licences.backlog import HolderNamed
from licences.holders import HOLDER_NUMBER, check_holder_number, normal_number, number_index
from licences.models import Holder, HolderNumber
from registry.forms import HOLDER_KINDS

LONGEST_NAME = 200
LONGEST_NUMBER = 40


def check_named(named: Sequence[HolderNamed]) -> list[dict[str, Grounds]]:
    """Return the faults of each holder as named, by part: `name`, `code_type`, `number`."""
    seen: set[str] = set()
    found = []
    for holder in named:
        faults = _faults(holder)
        number = normal_number(holder.number)
        if number in seen:
            faults.setdefault("number", because("holder_twice"))
        seen.add(number)
        found.append(faults)
    return found


def _faults(named: HolderNamed) -> dict[str, Grounds]:
    parts = {"name": named.name, "code_type": named.code_type, "number": normal_number(named.number)}
    faults = {part: because("field_required") for part, text in parts.items() if not text.strip()}
    for part, most in (("name", LONGEST_NAME), ("number", LONGEST_NUMBER)):
        if len(parts[part]) > most:
            faults[part] = because("field_too_long", most=str(most))
    if named.code_type not in HOLDER_KINDS:
        choices = ", ".join(HOLDER_KINDS)
        why = Both(f"应为以下之一：{choices}", f"must be one of: {choices}")
        faults.setdefault("code_type", because("field_invalid", why=why))
    wrong = check_holder_number(named.code_type, named.number)
    if wrong:
        why = Both(wrong.zh, f"is wrong: {wrong.en}")
        faults.setdefault("number", because("field_invalid", why=why))
    return faults


def as_named(named: Sequence[HolderNamed], known: Mapping[str, Holder]) -> list[Holder]:
    """Return these holders, of those that `enlist` gave, with the names by which they are called here.

    A licence says the name that stands on it, also where its holder has another one since.
    """
    holders = []
    for one in named:
        holder = known[one.number]
        if holder.name != one.name:
            holder = copy(holder)
            holder.name = one.name
        holders.append(holder)
    return holders


def enlist(named: Sequence[HolderNamed], *, actor: Actor) -> Mapping[str, Holder]:
    """Return the holders by their numbers, as given; the numbers have been checked.

    Raises `IntegrityError` where another transaction registers one of them at the same time.
    """
    wanted = {holder.number: number_index(holder.number) for holder in named}
    numbers = HolderNumber.objects.filter(number_index__in=list(wanted.values())).select_related("holder")
    known = {bytes(number.number_index): number.holder for number in numbers}
    unknown = {wanted[holder.number]: holder for holder in named if wanted[holder.number] not in known}
    known |= _register(unknown, actor)
    return {number: known[index] for number, index in wanted.items()}


def _register(unknown: Mapping[bytes, HolderNamed], actor: Actor) -> dict[bytes, Holder]:
    at, made = now(), {}
    numbers: list[dict[str, Any]] = []
    # In one order, so that two who register the same holders wait for each other and never in a circle.
    for index, named in sorted(unknown.items(), key=itemgetter(0)):
        holder = Holder(id=new_id(), name=named.name, code_type=named.code_type, number_index=index)
        plain = normal_number(named.number).encode()
        holder.number_sealed = settings.SEALING_RING.seal(plain, purpose=HOLDER_NUMBER, bound_to=holder.id.bytes)
        made[index] = holder
        numbers.append(
            {
                "id": new_id(),
                "holder_id": holder.pk,
                "code_type": holder.code_type,
                "number_sealed": holder.number_sealed,
                "number_index": index,
                "since": at,
                "until": None,
                "basis": "",
            }
        )
    insert_all(Holder, [vars(holder) for holder in made.values()])
    insert_all(HolderNumber, numbers)
    record_all([Act("register_holder", actor, Subject("holder", str(h.pk)), "done") for h in made.values()])
    return made
