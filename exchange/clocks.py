"""The clocks of a case, in working days: what the law gives, what stands still, what is left. Pure."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.clock import is_working_day
from foundation.reasons import Both

WorksOn = Callable[[dt.date], bool]
# No clock stands still for longer than this, so that a search for its last day ends.
_FURTHEST = dt.timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Clock:
    """A term: so many working days, and the article that gives them."""

    days: int
    name: Both
    basis: Both


def _licensing(article: int, zh: str) -> Both:
    return Both(f"行政许可法第{zh}条", f"administrative licensing law, art. {article}")


CLOCKS: Mapping[str, Clock] = {
    "accept": Clock(5, Both("受理或一次告知补正", "accept, or one list of what is missing"), _licensing(32, "三十二")),
    "decide": Clock(20, Both("作出决定", "decide"), _licensing(42, "四十二")),
    "extend": Clock(10, Both("延长期限", "extension"), _licensing(42, "四十二")),
    "deliver": Clock(10, Both("送达证照", "deliver the licence"), _licensing(44, "四十四")),
    "assist": Clock(
        5, Both("协查答复", "answer to a request for assistance"), Both("本平台协查规则", "rule of the platform")
    ),
}
"""The terms of a case; art. 82 counts them in working days."""


class Standstill(StrEnum):
    """Why the clock of the decision stands still (art. 45)."""

    HEARING = "hearing"
    INSPECTION = "inspection"
    TESTING = "testing"
    EXPERTS = "experts"


STANDSTILLS: Mapping[Standstill, Both] = {
    Standstill.HEARING: Both("听证", "a hearing"),
    Standstill.INSPECTION: Both("检验、检疫", "an inspection or quarantine"),
    Standstill.TESTING: Both("检测、鉴定", "a test or expert opinion"),
    Standstill.EXPERTS: Both("专家评审", "a review by experts"),
}


class Light(StrEnum):
    """How urgent a term is."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    STILL = "still"


SOON = 3
"""From so many working days left on the light is yellow."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count, from the first to the last; without a last one the clock stands still."""

    since: dt.date
    until: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Say whether the day does not count."""
        return self.since <= day and (self.until is None or day <= self.until)


def _counts(day: dt.date, pauses: Iterable[Pause], works: WorksOn) -> bool:
    return works(day) and not any(pause.holds(day) for pause in pauses)


def days_used(start: dt.date, today: dt.date, pauses: Iterable[Pause] = (), works: WorksOn = is_working_day) -> int:
    """Return how many working days of a term that began on `start` have passed; that day itself does not count."""
    pauses = tuple(pauses)
    span = (today - start).days
    days = (start + dt.timedelta(days=n) for n in range(1, span + 1))
    return sum(_counts(day, pauses, works) for day in days)


def last_day(
    start: dt.date, count: int, pauses: Iterable[Pause] = (), works: WorksOn = is_working_day
) -> dt.date | None:
    """Return the last day of a term of `count` working days from `start`; None while the clock stands still."""
    pauses = tuple(pauses)
    day = start
    while count > 0:
        day += dt.timedelta(days=1)
        if day - start > _FURTHEST or any(pause.until is None and pause.since <= day for pause in pauses):
            return None
        count -= _counts(day, pauses, works)
    return day


def days_left(
    start: dt.date, count: int, today: dt.date, pauses: Iterable[Pause] = (), works: WorksOn = is_working_day
) -> int:
    """Return how many working days of the term are left, today not among them; below zero once it is over."""
    return count - days_used(start, today, pauses, works)


def light(left: int, *, still: bool = False) -> Light:
    """Return the light of a term with so many working days left."""
    if left < 0:
        return Light.RED
    if still:
        return Light.STILL
    return Light.YELLOW if left <= SOON else Light.GREEN


def days_until(day: dt.date, today: dt.date, works: WorksOn = is_working_day) -> int:
    """Return how many working days are left until a last day that is known, below zero after it."""
    return days_used(today, day, works=works) if today <= day else -max(days_used(day, today, works=works), 1)
