"""Reforms: who or what succeeded whom, so that agreements, cases and clocks pass on and old licences stay good."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from foundation.clock import legal_day, now
from registry.models import Department, LicenceType, Succession

Kind = Literal["department", "item", "licence_type"]
_KINDS: tuple[Kind, ...] = ("department", "item", "licence_type")


def _links(kind: Kind, *, forward: bool) -> Mapping[str, list[str]]:
    links: dict[str, list[str]] = {}
    reforms = Succession.objects.filter(kind=kind, since__lte=legal_day(now())).order_by("since", "pk")
    for old, new in reforms.values_list("old", "new"):
        start, end = (old, new) if forward else (new, old)
        if end:
            links.setdefault(start, []).append(end)
    return links


def _reached(links: Mapping[str, list[str]], key: str) -> list[str]:
    reached = [key]
    for place in reached:  # it grows meanwhile
        reached += [end for end in links.get(place, ()) if end not in reached]
    return reached


def lineage(kind: Kind, key: str) -> list[str]:
    """Return the key and those of all that it succeeded, directly or not: what belonged to them belongs to it."""
    return _reached(_links(kind, forward=False), key)


def successors(kind: Kind, key: str) -> list[str]:
    """Return those that in the end took the place of `key`; itself where nothing did."""
    links = _links(kind, forward=True)
    return [place for place in _reached(links, key) if place not in links]


@dataclass(frozen=True, slots=True)
class Reforms:
    """All reforms up to today, read once: for whoever asks about many at a time."""

    backward: Mapping[Kind, Mapping[str, list[str]]]
    forward: Mapping[Kind, Mapping[str, list[str]]]

    def lineage(self, kind: Kind, key: str) -> list[str]:
        """Return the key and those of all that it succeeded, as `lineage` does."""
        return _reached(self.backward[kind], key)

    def current(self, kind: Kind, key: str) -> str:
        """Return the first of those that took the place of `key` in the end, or itself."""
        return next(place for place in _reached(self.forward[kind], key) if place not in self.forward[kind])


def reforms() -> Reforms:
    """Return all reforms up to today, in a fixed number of queries."""
    return Reforms(
        {kind: _links(kind, forward=False) for kind in _KINDS}, {kind: _links(kind, forward=True) for kind in _KINDS}
    )


def current_department(department: Department) -> Department:
    """Return the department that acts for this one now: the first of its successors, or itself."""
    code = successors("department", department.code)[0]
    return department if code == department.code else Department.objects.get(code=code)


def current_departments(departments: Iterable[Department]) -> dict[str, Department]:
    """Return, by code, the departments that act for these now; in two queries, and one where nothing was reformed."""
    links, by_code = _links("department", forward=True), {d.code: d for d in departments}
    ends = {code: next(place for place in _reached(links, code) if place not in links) for code in by_code}
    missing = {end for end in ends.values() if end not in by_code}
    known = by_code | ({d.code: d for d in Department.objects.filter(code__in=missing)} if missing else {})
    return {code: known[end] for code, end in ends.items()}


def current_type(licence_type: LicenceType) -> LicenceType:
    """Return the type that is issued instead of this one now, or itself."""
    name = successors("licence_type", licence_type.name_zh)[0]
    if name == licence_type.name_zh:
        return licence_type
    return LicenceType.objects.select_related("owner").get(name_zh=name)


def predecessors(types: Iterable[LicenceType]) -> dict[str, tuple[LicenceType, ...]]:
    """Return, by name, the types that each of these succeeded; in two queries, and only for those that did."""
    links = _links("licence_type", forward=False)
    reached = {t.name_zh: _reached(links, t.name_zh)[1:] for t in types if t.name_zh in links}
    older = {
        t.name_zh: t for t in LicenceType.objects.filter(name_zh__in={n for names in reached.values() for n in names})
    }
    return {name: tuple(older[n] for n in names if n in older) for name, names in reached.items()}


def with_predecessors(types: Iterable[LicenceType]) -> tuple[LicenceType, ...]:
    """Return the types with those they succeeded, whose licences still meet a need for them."""
    types = list(types)
    links = _links("licence_type", forward=False)
    if not links:
        return tuple(types)
    names = [name for t in types for name in _reached(links, t.name_zh)[1:]]
    older = LicenceType.objects.filter(name_zh__in=names).select_related("owner")
    return (*types, *older)
