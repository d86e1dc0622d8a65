"""How long authorisations last, and where one stands. Pure."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from foundation.clock import end_of_day, legal_day
from foundation.reasons import Both

LONGEST_DAYS = 366
"""Of any authorisation: consent is given for a purpose, not for good (personal information law, articles 14 and 15)."""
ONCE_DAYS = 30
"""Within which one for a single use is used, where the holder names no day."""


class State(StrEnum):
    """Where an authorisation stands."""

    IN_FORCE = "in_force"
    USED = "used"
    REVOKED = "revoked"
    ENDED = "ended"


STATE_NAMES: Mapping[State, Both] = {
    State.IN_FORCE: Both("有效", "in force"),
    State.USED: Both("已使用", "used up"),
    State.REVOKED: Both("已收回", "taken back"),
    State.ENDED: Both("已到期", "ended"),
}


class Given(Protocol):
    """What an authorisation says of its time."""

    until: dt.datetime | None
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None


def state_of(given: Given, at: dt.datetime) -> State:
    """Return where an authorisation stands at `at`."""
    if given.revoked_at:
        return State.REVOKED
    if given.used_at:
        return State.USED
    return State.ENDED if given.until is not None and given.until <= at else State.IN_FORCE


def end_of(until: dt.date | None, at: dt.datetime, *, represented_until: dt.datetime | None) -> dt.datetime:
    """Return when one ends that is given at `at`: with the legal day `until`, or after `ONCE_DAYS`.

    It ends before where the power under which a child's guardian gives it ends: from then on the child gives its own.
    """
    end = end_of_day(until or legal_day(at) + dt.timedelta(days=ONCE_DAYS))
    return min(end, represented_until) if represented_until else end
