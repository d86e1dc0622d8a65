"""States of a subscription and of a delivery, and when a delivery is tried again, as tables. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both


class State(StrEnum):
    """Where a subscription stands. `pending` has not proven yet that its endpoint takes messages."""

    PENDING = "pending"
    ACTIVE = "active"
    DISABLED = "disabled"
    ENDED = "ended"


STATE_NAMES: Mapping[State, Both] = {
    State.PENDING: Both("待验证", "not verified yet"),
    State.ACTIVE: Both("生效", "active"),
    State.DISABLED: Both("已停用", "disabled"),
    State.ENDED: Both("已终止", "ended"),
}
PRESENT = (State.PENDING, State.ACTIVE, State.DISABLED)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the states that it starts from, and the one that it leads to."""

    sources: tuple[State, ...]
    target: State


STEPS: Mapping[str, Step] = {
    "verify": Step(PRESENT, State.ACTIVE),
    "move": Step(PRESENT, State.PENDING),
    "disable": Step((State.ACTIVE,), State.DISABLED),
    "end": Step(PRESENT, State.ENDED),
}


def can_step(step: str, state: State) -> bool:
    """Say whether the table lets a subscription in `state` take the step."""
    return state in STEPS[step].sources


class Progress(StrEnum):
    """Where a delivery stands. `withheld`: the access decision did not permit it when it was to be sent."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    WITHHELD = "withheld"


PROGRESS_NAMES: Mapping[Progress, Both] = {
    Progress.WAITING: Both("待送达", "waiting"),
    Progress.DELIVERED: Both("已送达", "delivered"),
    Progress.DEAD: Both("未送达", "dead letter"),
    Progress.WITHHELD: Both("不予推送", "withheld"),
}

ATTEMPTS = 10
"""After so many a delivery is a dead letter: by `delay_after` that is after about two days."""
FAILING_FOR = dt.timedelta(days=3)
"""An endpoint to which nothing could be delivered for so long is disabled."""
_FIRST, _LONGEST, _FACTOR = 30.0, 12 * 3600.0, 4.0
_LONGEST_ASKED = 3600.0


def delay_after(attempts: int, *, chance: float, asked: float = 0) -> dt.timedelta:
    """Return how long to wait after so many failed attempts (from 1 on): 30 s, 2 min, 8 min … at most 12 h.

    `chance` in 0 to 1 spreads it over the upper half of that time, so that endpoints that were down together are not
    tried together; `asked` is the endpoint's own wish in seconds (Retry-After), heeded up to an hour.
    """
    whole = min(_FIRST * _FACTOR ** (attempts - 1), _LONGEST)
    return dt.timedelta(seconds=max(whole * (1 + chance) / 2, min(asked, _LONGEST_ASKED)))
