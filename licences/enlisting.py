"""Holders of many licences at once: found by their numbers, and registered where nobody has the number yet."""

from collections.abc import Mapping, Sequence
from copy import copy
from operator import itemgetter

from django.db.models import F

from audit.inserting import insert_all
from audit.recording import Act, Subject, record_all
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Grounds, because
from licences.backlog import HolderNamed
from licences.holders import check_holder, new_holder, normal_number, number_index
from licences.models import Holder, HolderNumber


def check_named(named: Sequence[HolderNamed]) -> list[dict[str, Grounds]]:
    """Return the faults of each holder as named, by part: `name`, `code_type`, `number`."""
    seen: set[str] = set()
    found = []
    for holder in named:
        faults = check_holder(name=holder.name, code_type=holder.code_type, number=holder.number)
        number = normal_number(holder.number)
        if number in seen:
            faults.setdefault("number", because("holder_twice"))
        seen.add(number)
        found.append(faults)
    return found


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
    """Return the holders by the numbers that they have or had, as given; the numbers have been checked.

    Raises `IntegrityError` where another transaction registers one of them at the same time.
    """
    wanted = {holder.number: number_index(holder.number) for holder in named}
    having = Holder.objects.filter(numbers__number_index__in=list(wanted.values()))
    known: dict[bytes, Holder] = {
        bytes(holder.found_by): holder for holder in having.annotate(found_by=F("numbers__number_index"))
    }
    unknown = {wanted[holder.number]: holder for holder in named if wanted[holder.number] not in known}
    known |= _register(unknown, actor)
    return {number: known[index] for number, index in wanted.items()}


def _register(unknown: Mapping[bytes, HolderNamed], actor: Actor) -> dict[bytes, Holder]:
    at = now()
    # In one order, so that two who register the same holders wait for each other and never in a circle.
    made = {
        index: new_holder(name=named.name, code_type=named.code_type, number=named.number, at=at)
        for index, named in sorted(unknown.items(), key=itemgetter(0))
    }
    insert_all(Holder, [vars(holder) for holder, _ in made.values()])
    insert_all(HolderNumber, [vars(number) for _, number in made.values()])
    subjects = [Subject("holder", str(holder.pk)) for holder, _ in made.values()]
    record_all([Act("register_holder", actor, subject, "done") for subject in subjects])
    return {index: holder for index, (holder, _) in made.items()}
