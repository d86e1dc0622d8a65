"""Reading the figures of use: sums of the roll-ups, narrowed and grouped; the entries themselves are not asked."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour

from audit.models import UsageHour
from audit.tally import LOOKS
from foundation.clock import LEGAL_ZONE

Dimension = Literal["department", "item", "licence_type", "purpose", "action", "outcome", "reason"]
CHUNK = 2000
Step = Literal["hour", "day"]
_REFUSED = Q(outcome="refused")
# An aggregate may not have a column's name where both are used.
_SUMS = {
    "sum_count": Sum("count", default=0),
    "sum_verified": Sum("count", filter=Q(action="verify") & ~_REFUSED, default=0),
    "sum_disclosed": Sum("count", filter=Q(action="disclose") & ~_REFUSED, default=0),
    "sum_refused": Sum("count", filter=_REFUSED, default=0),
    "sum_first_time": Sum("first_time", default=0),
    "sum_repeated": Sum("repeated", default=0),
    "sum_papers_saved": Sum("papers_saved", default=0),
}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which figures are wanted: hours from `since` on, before `until`; an empty text narrows nothing.

    `looks` leaves all but looks out. `departments` are the only ones that count where it is given: those who read their
    own department's figures see looks without reasons, since the record knows what an answer kept back.
    """

    since: dt.datetime
    until: dt.datetime
    department: str = ""
    item: str = ""
    licence_type: str = ""
    purpose: str = ""
    action: str = ""
    outcome: str = ""
    reason: str = ""
    departments: tuple[str, ...] | None = None
    looks: bool = True


@dataclass(frozen=True, slots=True)
class Sums:
    """What was counted: all, looks answered by kind, refused ones, and what `audit.tally` says of looks told."""

    count: int = 0
    verified: int = 0
    disclosed: int = 0
    refused: int = 0
    first_time: int = 0
    repeated: int = 0
    papers_saved: int = 0


def _narrowed(wanted: Narrowing) -> QuerySet[UsageHour]:
    found = UsageHour.objects.filter(hour__gte=wanted.since, hour__lt=wanted.until)
    names = ("department", "item", "licence_type", "purpose", "action", "outcome", "reason")
    found = found.filter(**{name: value for name in names if (value := getattr(wanted, name))})
    if wanted.departments is not None:
        if wanted.reason:
            return found.none()
        return found.filter(department__in=wanted.departments, action__in=LOOKS)
    return found.filter(action__in=LOOKS) if wanted.looks and not wanted.action else found


def _check_told(wanted: Narrowing, names: Sequence[str]) -> None:
    if wanted.departments is not None and "reason" in names:
        raise ValueError("a department's own figures have no reasons")


def totals(wanted: Narrowing) -> Sums:
    """Return the sums of all that is wanted."""
    return _sums(_narrowed(wanted).aggregate(**_SUMS))


def totals_by(wanted: Narrowing, *names: Dimension, most: int | None = None) -> list[tuple[tuple[str, ...], Sums]]:
    """Return the sums by these dimensions, the greatest counts first, at most `most` of them.

    Raises `ValueError` where the reasons of some departments alone are asked for.
    """
    _check_told(wanted, names)
    rows = _narrowed(wanted).values(*names).annotate(**_SUMS).order_by("-sum_count", *names)[:most]
    return [(tuple(row[name] for name in names), _sums(row)) for row in rows]


def totals_over_time(wanted: Narrowing, step: Step) -> list[tuple[dt.datetime, Sums]]:
    """Return the sums by hour or legal day, each by its start; what had none is left out."""
    truncate = TruncHour if step == "hour" else TruncDay
    rows = _narrowed(wanted).annotate(start=truncate("hour", tzinfo=LEGAL_ZONE)).values("start").annotate(**_SUMS)
    return [(row["start"], _sums(row)) for row in rows.order_by("start")]


def _sums(row: Mapping[str, Any]) -> Sums:
    return Sums(**{name.removeprefix("sum_"): row[name] for name in _SUMS})


def exercised(wanted: Narrowing) -> dict[tuple[str, str], dt.datetime]:
    """Return, by item and licence type, the last hour with a look that was not refused."""
    found = _narrowed(wanted).exclude(_REFUSED).exclude(licence_type="").values("item", "licence_type")
    return {(row["item"], row["licence_type"]): row["last"] for row in found.annotate(last=Max("hour"))}


def recorded() -> Sums:
    """Return the sums of everything that was counted, of all actions."""
    return _sums(UsageHour.objects.aggregate(**_SUMS))


def rows(wanted: Narrowing, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return the figures themselves, by hour, as values of these columns; a chunk is in memory at a time."""
    _check_told(wanted, columns)
    last: tuple[Any, ...] | None = None
    while True:
        page = _narrowed(wanted).order_by("hour", "id")
        if last:
            hour, key = last
            page = page.filter(Q(hour__gt=hour) | Q(hour=hour, id__gt=key))
        found = list(page.values_list("hour", "id", *columns)[:CHUNK])
        yield from (row[2:] for row in found)
        if not found:
            return
        last = found[-1][:2]
