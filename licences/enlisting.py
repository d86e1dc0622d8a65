"""Holders of many licences at once: found by their numbers, and registered where nobody has the number yet."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from audit.inserting import insert_all
from audit.recording import Act, Subject, record_all
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id
from licences.backlog import HolderNamed
from licences.holders import HOLDER_NUMBER, normal_number, number_index
from licences.models import Holder, HolderNumber


def enlist(named: Iterable[HolderNamed], *, actor: Actor) -> Mapping[str, Holder]:
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
    for index, named in unknown.items():
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
