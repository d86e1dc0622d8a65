"""Declared need beside actual use: what the catalogue says that items need, and what the figures say was asked for."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from audit import figures
from exchange.causes import Cause
from exchange.fallbacks import causes_by_department
from exchange.models import Reference
from foundation.reasons import Both
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Item

# Outcomes after which only paper, or a question to the issuer, shows the clerk the licence.
PAPER = ("not_collected", "not_found", "incomplete", "ambiguous", "source_unreachable", "signature_invalid", "refused")


@dataclass(frozen=True, slots=True)
class NeedUse:
    """A declared need and its use: `last` is the start of the last hour in which it was exercised, if it was."""

    item: "Item"
    group: registry.NeedGroup
    shared: bool
    last: dt.datetime | None


def need_uses(wanted: figures.Narrowing) -> list[NeedUse]:
    """Return every need of the items in force with its use in a time.

    A need is *shared* where the law lets at least one of the types that meet it be shared. It is *exercised* by a look
    for the item at one of these types that was not refused, whoever looked.
    """
    last = figures.exercised(figures.Narrowing(wanted.since, wanted.until, item=wanted.item))
    return [
        NeedUse(item, group, any(t.sharing_class != "not_shared" for t in group.types), _last(last, item, group))
        for item, group in registry.declared_needs(wanted.until)
        if _is_wanted(item, wanted)
    ]


def _is_wanted(item: "Item", wanted: figures.Narrowing) -> bool:
    code = item.department.code
    return (
        wanted.department in ("", code)
        and wanted.item in ("", item.code)
        and (wanted.departments is None or code in wanted.departments)
    )


def _last(last: dict[tuple[str, str], dt.datetime], item: "Item", group: registry.NeedGroup) -> dt.datetime | None:
    times = (last.get((item.code, t.code)) for t in group.types)
    return max((time for time in times if time), default=None)


def unused(uses: Iterable[NeedUse]) -> list[NeedUse]:
    """Return the needs that are shared but were not exercised."""
    return [use for use in uses if use.shared and use.last is None]


@dataclass(frozen=True, slots=True)
class Paper:
    """A department that still asks for paper: of its shared needs so many unused, of its references so many failed.

    `references` were verified in the time; `failed` are those whose last verification left nothing to rely on.
    `causes` says why clerks saw paper, as they confirmed it, the commonest first.
    """

    code: str
    name: Both
    needs: int
    unused: int
    references: int
    failed: int
    causes: Mapping[Cause, int] = field(default_factory=dict)

    @property
    def confirmed(self) -> int:
        """In how many cases a clerk saw paper, and confirmed why."""
        return sum(self.causes.values())


def asking_for_paper(uses: Iterable[NeedUse], since: dt.datetime, until: dt.datetime) -> list[Paper]:
    """Return the departments whose clerks must still see paper, those with the most such needs and cases first.

    Where a shared need was not exercised at all, its item's licences must have come on paper; so must one whose
    reference was verified and ended in one of `PAPER`. Where a clerk fell back to paper they confirmed the cause.
    """
    mine: dict[str, list[NeedUse]] = {}
    for use in uses:
        mine.setdefault(use.item.department.code, []).append(use)
    references, causes = _references(since, until), causes_by_department(since, until)
    found = []
    for code, all_of_it in mine.items():
        verified, failed = references.get(code, (0, 0))
        shared = sum(use.shared for use in all_of_it)
        name = all_of_it[0].item.department.name
        found.append(Paper(code, name, shared, len(unused(all_of_it)), verified, failed, causes.get(code, {})))
    asking = [paper for paper in found if paper.unused or paper.failed or paper.causes]
    return sorted(asking, key=lambda paper: (-paper.unused - paper.failed - paper.confirmed, paper.code))


def _references(since: dt.datetime, until: dt.datetime) -> dict[str, tuple[int, int]]:
    rows = (
        Reference.objects.filter(verified_at__gte=since, verified_at__lt=until)
        .values("application__item__department__code")
        .annotate(verified=Count("id"), failed=Count("id", filter=Q(outcome__in=PAPER)))
    )
    return {row["application__item__department__code"]: (row["verified"], row["failed"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Refusals:
    """How often one department was refused a type for an item, and why (a reason's code)."""

    department: str
    item: str
    licence_type: str
    reason: str
    count: int


def most_refused(wanted: figures.Narrowing, most: int = 20) -> list[Refusals]:
    """Return what was refused most, with the reason but for those who see the figures of some departments alone."""
    refused = replace(wanted, outcome="refused")
    names: tuple[figures.Dimension, ...] = ("department", "item", "licence_type")
    found = figures.totals_by(refused, *names, *(("reason",) if wanted.departments is None else ()), most=most)
    return [
        Refusals(department, item, licence_type, "".join(reason), sums.count)
        for (department, item, licence_type, *reason), sums in found
    ]
