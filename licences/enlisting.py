"""Holders of many licences at once: found by their numbers, and registered where nobody has the number yet."""

from collections.abc import Iterable, Mapping

from audit.inserting import insert_all
from audit.recording import Act, Subject, record_all
from foundation.clock import now
from foundation.context import Actor
from licences.backlog import HolderNamed
from licences.holders import new_holder, number_index
from licences.models import Holder, HolderNumber


def enlist(named: Iterable[HolderNamed], *, actor: Actor) -> Mapping[str, Holder]:
    """Return the holders by the numbers that they have or had, as given; the numbers have been checked.

    Raises `IntegrityError` where another transaction registers one of them at the same time.
    """
    wanted = {holder.number: number_index(holder.number) for holder in named}
    numbers = HolderNumber.objects.filter(number_index__in=list(wanted.values())).select_related("holder")
    known = {bytes(number.number_index): number.holder for number in numbers}
    unknown = {wanted[holder.number]: holder for holder in named if wanted[holder.number] not in known}
    known |= _register(unknown, actor)
    return {number: known[index] for number, index in wanted.items()}


def _register(unknown: Mapping[bytes, HolderNamed], actor: Actor) -> dict[bytes, Holder]:
    at = now()
    made = {
        index: new_holder(name=named.name, code_type=named.code_type, number=named.number, at=at)
        for index, named in unknown.items()
    }
    insert_all(Holder, [vars(holder) for holder, _ in made.values()])
    insert_all(HolderNumber, [vars(number) for _, number in made.values()])
    subjects = [Subject("holder", str(holder.pk)) for holder, _ in made.values()]
    record_all([Act("register_holder", actor, subject, "done") for subject in subjects])
    return {index: holder for index, (holder, _) in made.items()}
