"""The load of each item and the time that its decisions take, counted by a job, so that pages read rows alone."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from statistics import median
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from exchange.models import Application, ItemLoad, PaperFallback, Reference
from exchange.procedure import DECIDED, OPEN, WITHOUT_PAPER, State
from foundation.clock import LEGAL_ZONE, legal_day, now

WINDOW = 90
"""How many days of decisions a figure looks back on."""


def count_load(*, at: dt.datetime | None = None) -> int:
    """Count the load of every item that has or had cases; return of how many items."""
    at = at or now()
    since = at - dt.timedelta(days=WINDOW)
    figures: dict[Any, dict[str, Any]] = defaultdict(_nothing)
    for part in (_open(at), _decided(since, at), _met(since, at), _paper(since, at)):
        for item, values in part.items():
            figures[item] |= values
    with transaction.atomic():
        # Those counted before stay, with nothing to do any more.
        for item in ItemLoad.objects.values_list("item_id", flat=True):
            figures[item] |= {}
        rows = [ItemLoad(item_id=item, counted_at=at, window=WINDOW, **values) for item, values in figures.items()]
        ItemLoad.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["item"],
            update_fields=["counted_at", "window", *_nothing()],
        )
    return len(rows)


def _nothing() -> dict[str, Any]:
    zero = dict.fromkeys(("open", "overdue", "decided", "on_time", "needs", "without_paper", "fallbacks"), 0)
    return {**zero, "median_days": None}


def _open(at: dt.datetime) -> dict[Any, dict[str, Any]]:
    late = Q(decide_by__lt=legal_day(at), stands_still=False) & ~Q(state=State.MISSING)
    rows = Application.objects.filter(state__in=OPEN).order_by().values("item")
    counted = rows.annotate(open=Count("id"), overdue=Count("id", filter=late))
    return {row["item"]: {"open": row["open"], "overdue": row["overdue"]} for row in counted}


def _within(since: dt.datetime, until: dt.datetime) -> QuerySet[Application]:
    return Application.objects.filter(state__in=DECIDED, decided_at__gte=since, decided_at__lt=until).order_by()


def _decided(since: dt.datetime, until: dt.datetime) -> dict[Any, dict[str, Any]]:
    in_time: Counter[Any] = Counter()
    taken: dict[Any, list[int]] = defaultdict(list)
    found = _within(since, until).annotate(day=TruncDate("decided_at", tzinfo=LEGAL_ZONE))
    rows = found.values_list("item", "working_days", "day", "decide_by")
    for item, days, day, decide_by in rows.iterator():
        taken[item].append(days or 0)
        in_time[item] += day <= decide_by
    return {
        item: {"decided": len(days), "on_time": in_time[item], "median_days": float(median(days))}
        for item, days in taken.items()
    }


def _met(since: dt.datetime, until: dt.datetime) -> dict[Any, dict[str, Any]]:
    rows = Reference.objects.filter(application__in=_within(since, until)).order_by().values("application__item")
    counted = rows.annotate(needs=Count("id"), free=Count("id", filter=Q(way__in=WITHOUT_PAPER)))
    return {row["application__item"]: {"needs": row["needs"], "without_paper": row["free"]} for row in counted}


def _paper(since: dt.datetime, until: dt.datetime) -> dict[Any, dict[str, Any]]:
    rows = PaperFallback.objects.filter(noted_at__gte=since, noted_at__lt=until).order_by().values("item")
    return {row["item"]: {"fallbacks": row["count"]} for row in rows.annotate(count=Count("id"))}


def loads(departments: Collection[str] | None = None) -> QuerySet[ItemLoad]:
    """Return the load of the items of these departments (codes), or of all, the most overdue first."""
    found = ItemLoad.objects.select_related("item__department").order_by("-overdue", "-open", "item__code")
    return found if departments is None else found.filter(item__department__code__in=list(departments))


def totals(rows: Iterable[ItemLoad]) -> dict[str, int]:
    """Return the sums of these rows."""
    sums: Counter[str] = Counter()
    for row in rows:
        names = ("open", "overdue", "decided", "on_time", "needs", "without_paper", "fallbacks")
        sums.update({name: getattr(row, name) for name in names})
    return dict(sums)
