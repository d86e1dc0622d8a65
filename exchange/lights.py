"""The light of a legal clock: green, yellow near its last day, red past it. Pure."""

import datetime as dt
from enum import StrEnum

from foundation.reasons import Both


class Light(StrEnum):
    """How urgent something is that must be done by a day."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def light(due: dt.date, today: dt.date, near: int) -> Light:
    """Return the light on the legal day `today`: red past the day `due`, yellow on it and the `near` days before."""
    left = (due - today).days
    if left < 0:
        return Light.RED
    return Light.YELLOW if left <= near else Light.GREEN


def time_left(due: dt.date, today: dt.date) -> Both:
    """Return how many days are left or overdue, in words, for those who do not see the colour."""
    days = (due - today).days
    if days < 0:
        return Both(f"已逾期{-days}日", f"{-days} days overdue" if days < -1 else "1 day overdue")
    return Both(f"还有{days}日", f"{days} days left" if days != 1 else "1 day left")
