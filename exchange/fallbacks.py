"""Why clerks still had to see paper, by item, need and cause: the live evidence for breakpoints (断点)."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max

from exchange.causes import BREAKPOINTS, Cause
from exchange.models import PaperFallback


@dataclass(frozen=True, slots=True)
class PaperUse:
    """So many cases of an item (code) in which paper was seen for a need, of a type (code), for a confirmed cause."""

    item: str
    department: str
    need: int
    licence_type: str
    cause: Cause
    count: int
    corrected: int
    last: dt.datetime


def paper_uses(since: dt.datetime, until: dt.datetime, *, item: str = "", breakpoints: bool = True) -> list[PaperUse]:
    """Return why paper was seen in a time, the commonest first; without what applicants chose, unless asked for.

    `corrected` counts those of which clerks knew the cause better than the platform.
    """
    found = PaperFallback.objects.filter(noted_at__gte=since, noted_at__lt=until).order_by()
    if item:
        found = found.filter(item__code=item)
    if breakpoints:
        found = found.filter(cause__in=BREAKPOINTS)
    names = ("item__code", "item__department__code", "need_group", "licence_type__code", "cause")
    rows = found.values(*names, "proposed").annotate(count=Count("id"), last=Max("noted_at"))
    uses: dict[tuple[str, ...], PaperUse] = {}
    for row in rows:
        key = tuple(str(row[name]) for name in names)
        count, corrected = row["count"], row["count"] * (row["proposed"] != row["cause"])
        before = uses.get(key)
        if before:
            count, corrected = count + before.count, corrected + before.corrected
        uses[key] = PaperUse(
            item=row["item__code"],
            department=row["item__department__code"],
            need=row["need_group"],
            licence_type=row["licence_type__code"],
            cause=Cause(row["cause"]),
            count=count,
            corrected=corrected,
            last=max(row["last"], before.last) if before else row["last"],
        )
    return sorted(uses.values(), key=lambda use: (-use.count, use.item, use.need, use.cause))


def causes_by_department(since: dt.datetime, until: dt.datetime) -> dict[str, dict[Cause, int]]:
    """Return by department (code) how often each cause brought paper back in a time, breakpoints alone."""
    found = PaperFallback.objects.filter(noted_at__gte=since, noted_at__lt=until, cause__in=BREAKPOINTS).order_by()
    counted: dict[str, dict[Cause, int]] = {}
    for row in found.values("item__department__code", "cause").annotate(count=Count("id")).order_by("-count", "cause"):
        counted.setdefault(row["item__department__code"], {})[Cause(row["cause"])] = row["count"]
    return counted
