"""States of the report of a wrong field of a licence (更正) and what leads from one to the next, as one table. Pure.

Data-sharing regulation (State Council order 809), article 26: the provider checks, mends and feeds back.
"""

from collections.abc import Mapping
from enum import StrEnum

from exchange.stepping import Party, Step
from foundation.reasons import Both

WORKING_DAYS = 10
"""Of the provider, from the report to its answer."""


class State(StrEnum):
    """Where a report stands."""

    REPORTED = "reported"
    CHECKING = "checking"
    ESCALATED = "escalated"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[State, Both] = {
    State.REPORTED: Both("待核查", "waits for the provider"),
    State.CHECKING: Both("核查中", "in check"),
    State.ESCALATED: Both("逾期，已转数据主管部门", "overdue, with the data authority"),
    State.UPHELD: Both("属实，已更正", "upheld, mended"),
    State.REJECTED: Both("不予更正", "rejected"),
    State.WITHDRAWN: Both("已撤回", "withdrawn"),
}
OPEN = (State.REPORTED, State.CHECKING, State.ESCALATED)

_ANSWER: Mapping[Party, tuple[State, ...]] = {Party.DEPARTMENT: OPEN, Party.AUTHORITY: (State.ESCALATED,)}
STEPS: Mapping[str, Step[State]] = {
    "take": Step(State.CHECKING, {Party.DEPARTMENT: (State.REPORTED,)}),
    "uphold": Step(State.UPHELD, _ANSWER),
    "reject": Step(State.REJECTED, _ANSWER),
    "escalate": Step(State.ESCALATED, {Party.PLATFORM: (State.REPORTED, State.CHECKING)}),
    "withdraw": Step(State.WITHDRAWN, {Party.PERSON: OPEN}),
}
ANSWERS = ("uphold", "reject")


def can_step(step: str, state: State, party: Party) -> bool:
    """Say whether the table lets this party take the step from `state`."""
    return STEPS[step].may_take(state, party)
