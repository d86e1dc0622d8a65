"""Departments ranked by what they do for the exchange: four shares, each a formula, and their mean.

- *collection*: licence types owned by the department of which at least one licence is kept here, of the types it owns.
  Licences that exist on paper alone are unknown to the platform, so that types are counted, not licences.
- *quality*: licences in force of the department's types in which no check finds a fault, of all of them, as they are
  today (see `exchange.quality`).
- *timeliness*: applications decided (issued or refused) by their legal day, of those decided in the time and those that
  still wait past their day. Beside it stands the mean number of days from submission to decision.
- *use*: shared needs of the department's items that were exercised, of its shared needs (see `exchange.using`).

The score is the mean of the shares that have anything to count; a department without any is not ranked.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import TruncDate

from exchange.models import Application
from exchange.procedure import DECIDED, IN_HAND, State
from exchange.quality.queries import figures_by_owner
from exchange.using import NeedUse
from foundation.clock import LEGAL_ZONE, legal_day, now
from foundation.reasons import Both
from licences import queries as licences
from registry import queries as registry

MEASURES = ("collection", "quality", "timeliness", "use")


@dataclass(frozen=True, slots=True)
class Share:
    """So many of a whole."""

    part: int = 0
    whole: int = 0

    @property
    def value(self) -> float | None:
        """The share from 0 to 1; None where there is nothing to count."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A department with its shares, and the mean `days` from submission to decision; equal scores share a rank."""

    code: str
    name: Both
    collection: Share
    quality: Share
    timeliness: Share
    use: Share
    days: float | None
    score: float | None
    rank: int | None = None


def ranking(uses: Iterable[NeedUse], since: dt.datetime, until: dt.datetime) -> list[Ranked]:
    """Return the city's departments, the best first, for a time; `uses` are the declared needs with their use in it."""
    collection, quality = _collection(), _quality()
    timeliness, use = _timeliness(since, until), _use(uses)
    found = []
    for department in registry.departments():
        code, none = department.code, Share()
        on_time, days = timeliness.get(code, (none, None))
        shares = (collection.get(code, none), quality.get(code, none), on_time, use.get(code, none))
        values = [share.value for share in shares if share.value is not None]
        found.append(Ranked(code, department.name, *shares, days, sum(values) / len(values) if values else None))
    return _in_order(found)


def _in_order(found: list[Ranked]) -> list[Ranked]:
    scores = [ranked.score for ranked in found if ranked.score is not None]
    placed = [r if r.score is None else replace(r, rank=1 + sum(s > r.score for s in scores)) for r in found]
    return sorted(placed, key=lambda ranked: (ranked.rank is None, ranked.rank, ranked.code))


def _collection() -> dict[str, Share]:
    owned = registry.types_in_force()
    kept = Counter(t.owner.code for t in licences.of_collected(owned) if t.owner)
    return {code: Share(kept[code], whole) for code, whole in Counter(t.owner.code for t in owned if t.owner).items()}


def _quality() -> dict[str, Share]:
    return {code: Share(right, whole) for code, (right, whole) in figures_by_owner().items()}


def _timeliness(since: dt.datetime, until: dt.datetime) -> Mapping[str, tuple[Share, float | None]]:
    decided = Q(decided_at__gte=since, decided_at__lt=until, state__in=DECIDED)
    overdue = Q(state__in=[State.SUBMITTED, *IN_HAND], stands_still=False, decide_by__lt=legal_day(min(until, now())))
    rows = (
        Application.objects.filter(decided | overdue)
        .annotate(
            day=TruncDate("decided_at", tzinfo=LEGAL_ZONE),
            lasted=ExpressionWrapper(F("decided_at") - F("submitted_at"), output_field=DurationField()),
        )
        .values("item__department__code")
        .annotate(
            whole=Count("id"), on_time=Count("id", filter=decided & Q(day__lte=F("decide_by"))), mean=Avg("lasted")
        )
    )
    return {
        row["item__department__code"]: (
            Share(row["on_time"], row["whole"]),
            row["mean"] / dt.timedelta(days=1) if row["mean"] is not None else None,
        )
        for row in rows
    }


def _use(uses: Iterable[NeedUse]) -> dict[str, Share]:
    shared = [use for use in uses if use.shared]
    exercised = Counter(use.item.department.code for use in shared if use.last)
    return {
        code: Share(exercised[code], whole)
        for code, whole in Counter(use.item.department.code for use in shared).items()
    }
