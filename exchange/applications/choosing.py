"""What meets the needs of an item: the holder's fitting licences, and what the applicant chose for each need."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from exchange.errors import NeedsMissing
from exchange.models import Reference
from exchange.procedure import Way
from exchange.uses import use_of
from foundation.reasons import Both, Grounds, because
from licences import queries as licences
from licences.holders import number_index
from licences.numbering import number_key
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Holder, Licence
    from registry.models import Item


@dataclass(frozen=True, slots=True)
class Choice:
    """What meets one need: a licence of the wallet; a typed number, perhaps of another holder; paper; or one to come.

    Paper is shown at the counter, where a number helps to check it against data. One that is awaited is taken by the
    platform as soon as it is issued to the holder.
    """

    licence: UUID | None = None
    number: str = ""
    other_holder: str = ""
    paper: bool = False
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One need of an item, the holder's licences that meet it, and the items that yield one where none does.

    `shared`: the department may have it by itself, by an agreement or since it is shared with all, so that nobody need
    present anything.
    """

    group: registry.NeedGroup
    fitting: tuple["Licence", ...]
    sources: tuple["Item", ...]
    shared: bool = False


def matches(item: "Item", holder: UUID | None, at: dt.datetime) -> list[Match]:
    """Return each need of the item with what the holder already has for it, valid licences first."""
    groups = registry.need_groups(item)
    owned = licences.wallet(holder) if holder else []
    producers = registry.producers({t for group in groups for t in group.types}, at)
    found = []
    for group in groups:
        types = {t.pk for t in group.types}
        fitting = [licence for licence in owned if licence.licence_type_id in types]
        fitting.sort(key=lambda licence: not licences.is_valid_now(licence, at))
        sources = dict.fromkeys(item for t in group.types for item in producers[t.pk])
        shared = any(use_of(item, t, at).decision.permitted for t in group.types)
        found.append(Match(group, tuple(fitting), tuple(sources), shared))
    return found


def nothing_to_submit(found: list[Match], at: dt.datetime) -> bool:
    """Say whether all of an item's needs can be had by sharing, so that nobody submits anything (无需提交材料)."""
    has = all(m.shared and any(licences.is_valid_now(one, at) for one in m.fitting) for m in found)
    return bool(found) and has


def references_for(
    item: "Item", holder: "Holder", choices: Mapping[int, Choice], at: dt.datetime, *, only: set[int] | None = None
) -> list[Reference]:
    """Return a reference for each need (of `only`, where given); raises `NeedsMissing` with all that have none."""
    found: list[Reference] = []
    missing: dict[int, Both] = {}
    faults: dict[str, Grounds] = {}
    for match in matches(item, holder.pk, at):
        group = match.group
        if only is not None and group.number not in only:
            continue
        choice = choices.get(group.number, Choice())
        reference = reference_for(match, choice)
        if reference is not None:
            found.append(reference)
            continue
        missing[group.number] = group.name
        faults[f"need-{group.number}"] = because("reference_not_own" if choice.licence else "field_required")
    if missing:
        raise NeedsMissing(missing, faults)
    return found


def reference_for(match: Match, choice: Choice) -> Reference | None:
    """Return the reference that a choice means, not saved; None where it names nothing that could meet the need."""
    group, number = match.group.number, choice.number.strip()
    if choice.licence:
        chosen = next((licence for licence in match.fitting if licence.pk == choice.licence), None)
        if chosen is None:
            return None
        return Reference(need_group=group, number=chosen.number, number_key=chosen.number_key, licence=chosen)
    if choice.awaited:
        return Reference(need_group=group, way=Way.AWAITED)
    if not number_key(number) and not choice.paper:
        return None
    other = choice.other_holder.strip()
    return Reference(
        need_group=group,
        way=Way.PAPER if choice.paper else Way.REFERENCE,
        number=number[:140],
        number_key=number_key(number)[:140],
        other_holder=number_index(other) if other else None,
    )
