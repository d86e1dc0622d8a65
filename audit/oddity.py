"""What counts as odd use: rules with their windows of time and their limits. Pure.

A rule counts an actor's looks in windows (an hour, a legal day, a legal week from Monday). A person and a department's
system are told apart: a system works for many people, at night too, and asks for one licence as often as they do. Names
of the rules are reason codes.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from foundation.clock import LEGAL_ZONE, is_working_day, legal_day

OFF_HOURS, BULK, SAME_LICENCE = "odd_off_hours", "odd_bulk", "odd_same_licence"
WITHOUT_CASE, GUESSING, CONSECUTIVE = "odd_without_case", "odd_guessing", "odd_consecutive"
MISSES = frozenset({"not_found", "mismatch", "ambiguous"})
HISTORY = dt.timedelta(days=28)
PERSON, SYSTEM = "person:", "client:"
NEAR = 2  # Numbers are near each other that differ by at most so much.
_HOUR, _DAY, _WEEK = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(days=7)
_LENGTHS = {OFF_HOURS: _DAY, BULK: _HOUR, SAME_LICENCE: _WEEK, WITHOUT_CASE: _DAY, GUESSING: _HOUR, CONSECUTIVE: _HOUR}
# A licence's identifier (GB/T 36904) ends in its version and check character, after the serial.
_VERSION = re.compile(r"\.\d{3}\.[0-9A-Z]$")
_SERIAL = re.compile(r"(.*?)(\d{1,18})(\D*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """From how many looks on use is odd. Office hours are whole hours of Asia/Shanghai, from and until.

    `bulk` must be reached and `bulk_factor` times the actor's own mean besides. Limits are a person's; a department's
    system may do `system_factor` times as much.
    """

    opens: int = 8
    closes: int = 19
    off_hours: int = 3
    bulk: int = 60
    bulk_factor: int = 4
    same_licence: int = 10
    without_case: int = 20
    guessing: int = 10
    consecutive: int = 8
    system_factor: int = 50


@dataclass(frozen=True, slots=True)
class Look:
    """A look (verification or disclosure, refused ones too) by someone of a department; `actor` names who."""

    entry: UUID
    at: dt.datetime
    actor: str
    department: str
    subject: str
    case: str
    outcome: str

    @property
    def by_person(self) -> bool:
        """Whether a person looked on a page, not a department's system."""
        return self.actor.startswith(PERSON)


@dataclass(frozen=True, slots=True)
class Span:
    """A window of a rule: whose looks it counts, about what, from when; `until` is its end."""

    rule: str
    actor: str
    about: str
    start: dt.datetime

    @property
    def until(self) -> dt.datetime:
        """The first instant after the window."""
        return self.start + _LENGTHS[self.rule]


def spans_of(look: Look, limits: Limits) -> list[Span]:
    """Return the windows in which the look counts."""
    local = look.at.astimezone(LEGAL_ZONE)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    hour, week = local.replace(minute=0, second=0, microsecond=0), day - dt.timedelta(days=day.weekday())
    applies = {
        OFF_HOURS: (look.by_person and is_off_hours(look.at, limits), day, ""),
        BULK: (True, hour, ""),
        SAME_LICENCE: (look.by_person and bool(look.subject), week, look.subject),
        WITHOUT_CASE: (not look.case, day, ""),
        GUESSING: (look.outcome in MISSES, hour, ""),
        CONSECUTIVE: (look.by_person, hour, ""),
    }
    return [
        Span(rule, look.actor, about, start.astimezone(dt.UTC))
        for rule, (counts, start, about) in applies.items()
        if counts
    ]


def is_off_hours(at: dt.datetime, limits: Limits) -> bool:
    """Say whether offices are closed at `at`: outside of their hours, at a weekend or on a holiday."""
    hour = at.astimezone(LEGAL_ZONE).hour
    return not limits.opens <= hour < limits.closes or not is_working_day(legal_day(at))


def limit_of(span: Span, limits: Limits, usual: float = 0) -> int:
    """Return from how many looks on a window is odd; `usual` is the mean of the actor's hours before, for bulk."""
    least = {
        OFF_HOURS: limits.off_hours,
        BULK: limits.bulk,
        SAME_LICENCE: limits.same_licence,
        WITHOUT_CASE: limits.without_case,
        GUESSING: limits.guessing,
        CONSECUTIVE: limits.consecutive,
    }[span.rule]
    least *= 1 if span.actor.startswith(PERSON) else limits.system_factor
    return max(least, int(limits.bulk_factor * usual)) if span.rule == BULK else least


def near_consecutive(numbers: Iterable[str]) -> int:
    """Return how many different numbers have another near: the same text but for the last digits, nearly equal."""
    series: dict[tuple[str, str], set[int]] = {}
    for number in numbers:
        if found := _SERIAL.match(_VERSION.sub("", number)):
            series.setdefault((found[1], found[3]), set()).add(int(found[2]))
    return sum(_with_neighbour(sorted(serials)) for serials in series.values())


def _with_neighbour(serials: list[int]) -> int:
    near = [later - earlier <= NEAR for earlier, later in pairwise(serials)]
    return sum(before or after for before, after in zip([False, *near], [*near, False], strict=True))
