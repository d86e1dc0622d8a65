"""What somebody narrows figures and entries to, read from a page's address: days, and what they are told apart by."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from audit.figures import Narrowing
from foundation.clock import end_of_day, legal_day

USUAL_DAYS, MOST_DAYS = 30, 1100
NAMES = ("department", "item", "licence_type", "purpose", "action", "outcome", "reason")
MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: legal days, both inclusive, and texts; `fault` where the days make no sense."""

    first: dt.date
    last: dt.date
    texts: Mapping[str, str]
    fault: bool = False

    @property
    def since(self) -> dt.datetime:
        """The first instant wanted."""
        return end_of_day(self.first - dt.timedelta(days=1))

    @property
    def until(self) -> dt.datetime:
        """The first instant no longer wanted."""
        return end_of_day(self.last)

    @property
    def days(self) -> int:
        """How many legal days are wanted."""
        return (self.last - self.first).days + 1

    def narrowing(self, departments: tuple[str, ...] | None) -> Narrowing:
        """Return it for the figures; only those of `departments` where given."""
        texts: dict[str, Any] = dict(self.texts)
        return Narrowing(self.since, self.until, departments=departments, **texts)

    def query(self, **changed: str) -> str:
        """Return it as an address's query, with some texts changed; empty ones are left out."""
        asked = {"from": self.first.isoformat(), "to": self.last.isoformat(), **self.texts, **changed}
        return urlencode({name: text for name, text in asked.items() if text})


def asked_for(given: Mapping[str, str], at: dt.datetime) -> Asked:
    """Read what was asked for; the last `USUAL_DAYS` days where none were given, or none that make sense."""
    today = legal_day(at)
    texts = {name: given.get(name, "").strip()[:MOST_TEXT] for name in NAMES}
    usual = today - dt.timedelta(days=USUAL_DAYS - 1), today
    first, last = _day(given.get("from", ""), usual[0]), _day(given.get("to", ""), today)
    if first is None or last is None or not 0 <= (last - first).days < MOST_DAYS:
        return Asked(*usual, texts, fault=True)
    return Asked(first, last, texts)


def day_in(text: str) -> dt.date | None:
    """Return the day that a text means; nothing where it means none that can be reckoned with."""
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
    # Days before and after it are reckoned too.
    return day if 1900 <= day.year < 2999 else None


def _day(text: str, default: dt.date) -> dt.date | None:
    return day_in(text) if text.strip() else default
