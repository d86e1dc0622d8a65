"""The whole matrix of department by licence type: what each department may use, decided cell by cell, loaded once."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from exchange.access import AgreementFacts, Asker, Decision, ItemFacts, Question, TypeFacts, decide
from exchange.models import Agreement, Duty
from exchange.rights import agreement_facts, type_facts
from registry import queries as registry
from registry.lineage import Reforms, reforms

if TYPE_CHECKING:
    from registry.models import Department, Item, LicenceType

_ASKING = "matrix"  # stands for the operator and the case that a real asking names


@dataclass(frozen=True, slots=True)
class Cell:
    """What a department may do with a type: for the item of its that gets furthest, and how many need the type.

    `decision` is what it may by itself, `when_presented` where the holder presents the licence.
    """

    department: "Department"
    item: "Item"
    items: int
    decision: Decision
    when_presented: Decision


@dataclass(frozen=True, slots=True)
class Row:
    """A type with a cell for each department, None where no item of the department needs the type."""

    licence_type: "LicenceType"
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """All that the cells are decided by; keys are codes of department and item and the type's name."""

    reforms: Reforms
    departments: Mapping[str, "Department"]
    delegated: Mapping[str, set[str]]
    needing: Mapping[UUID, list["Item"]]
    agreements: Mapping[tuple[str, str, str], list[AgreementFacts]]
    duties: Mapping[tuple[str, str, str], str]


def matrix(types: "Sequence[LicenceType]", departments: "Sequence[Department]", at: dt.datetime) -> list[Row]:
    """Return a row for each of the types with a cell for each department, in a fixed number of queries."""
    facts = _loaded(types, at)
    return [Row(t, tuple(_cell(t, d, facts, at) for d in departments)) for t in types]


def needed_by(types: "Sequence[LicenceType]", at: dt.datetime) -> set[str]:
    """Return the codes of the departments of which an item needs one of these types."""
    facts = _loaded(types, at)
    items = {item.code: item for found in facts.needing.values() for item in found}
    return {
        code
        for item in items.values()
        for code in (
            facts.reforms.current("department", item.department.code),
            *facts.delegated.get(item.code, ()),
        )
    }


def _loaded(types: "Sequence[LicenceType]", at: dt.datetime) -> _Facts:
    lines = reforms()
    needing: dict[UUID, list[Item]] = {t.pk: [] for t in types}
    for item, group in registry.declared_needs(at):
        for needed in group.types:
            if needed.pk in needing and item not in needing[needed.pk]:
                needing[needed.pk].append(item)
    names = [name for t in types for name in lines.lineage("licence_type", t.name_zh)]
    of_types = Q(licence_type__name_zh__in=names)
    parts = ("department", "item", "licence_type")
    agreements: dict[tuple[str, str, str], list[AgreementFacts]] = {}
    for agreement, seen in agreement_facts(Agreement.objects.filter(of_types).select_related(*parts), at):
        agreements.setdefault(_key(agreement), []).append(seen)
    in_force = Duty.objects.filter(of_types, Q(until__isnull=True) | Q(until__gt=at), since__lte=at)
    return _Facts(
        reforms=lines,
        departments={d.code: d for d in registry.all_departments()},
        delegated=registry.delegations(),
        needing=needing,
        agreements=agreements,
        duties={_key(duty): duty.legal_basis for duty in in_force.select_related(*parts).order_by("-since")},
    )


def _key(row: Agreement | Duty) -> tuple[str, str, str]:
    return row.department.code, row.item.code, row.licence_type.name_zh


def _cell(wanted: "LicenceType", department: "Department", facts: _Facts, at: dt.datetime) -> Cell | None:
    own = set(facts.reforms.lineage("department", department.code))
    items = [
        item
        for item in facts.needing[wanted.pk]
        if item.department.code in own or own & facts.delegated.get(item.code, set())
    ]
    owner = facts.departments[facts.reforms.current("department", wanted.owner.code)] if wanted.owner else None
    of_type = type_facts(wanted, owner, needed=True)
    cells = []
    for item in items:
        question = _question(item, department, of_type, facts, at)
        presented = decide(replace(question, presented=True))
        cells.append(Cell(department, item, len(items), decide(question), presented))
    return max(cells, key=lambda c: (c.decision.permitted, c.when_presented.permitted), default=None)


def _question(item: "Item", department: "Department", of_type: TypeFacts, facts: _Facts, at: dt.datetime) -> Question:
    keys = list(_keys(department.code, item.code, of_type.name.zh, facts.reforms))
    return Question(
        asker=Asker(department.retired_at is None, department.code, department.name, _ASKING),
        item_code=item.code,
        item=ItemFacts(item.code, in_force=True, handled_by_asker=True, department=item.department.name),
        purpose=item.name_zh,
        case=_ASKING,
        at=at,
        licence_type=of_type,
        agreements=tuple(a for key in keys for a in facts.agreements.get(key, ())),
        duty=next((facts.duties[key] for key in keys if key in facts.duties), ""),
    )


def _keys(department: str, item: str, name: str, lines: Reforms) -> Iterable[tuple[str, str, str]]:
    return (
        (one, two, three)
        for one in lines.lineage("department", department)
        for two in lines.lineage("item", item)
        for three in lines.lineage("licence_type", name)
    )
