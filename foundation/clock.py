"""Time: instants are UTC, legal days are Asia/Shanghai, working days follow the State Council's calendar."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

LEGAL_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> dt.datetime:
    """Return the present instant in UTC."""
    return dt.datetime.now(dt.UTC)


def legal_day(at: dt.datetime) -> dt.date:
    """Return the day on which `at` falls in law (Asia/Shanghai)."""
    return at.astimezone(LEGAL_ZONE).date()


def end_of_day(day: dt.date) -> dt.datetime:
    """Return the first instant (UTC) after the legal day `day`."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), LEGAL_ZONE).astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A legal deadline; `announced` is False where a year's holidays are not known yet and Monday to Friday counts."""

    day: dt.date
    announced: bool


def _is_working_day(day: dt.date) -> tuple[bool, bool]:
    # Here, since the tools of a plain install need the rest of this module and have no calendar.
    import chinese_calendar

    # It raises NotImplementedError for years whose holidays have not been announced.
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:
        return day.weekday() < 5, False


def is_working_day(day: dt.date) -> bool:
    """Say whether people work on the legal day `day`, as far as its year's holidays have been announced."""
    return _is_working_day(day)[0]


def working_days_after(day: dt.date, count: int) -> Deadline:
    """Return the `count`-th working day after `day`; the day of the event itself does not count (民法典 art. 201)."""
    announced = True
    while count > 0:
        day += dt.timedelta(days=1)
        works, known = _is_working_day(day)
        announced &= known
        count -= works
    return Deadline(day, announced)
