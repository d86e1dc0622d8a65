"""States of an objection (异议) to an access and what leads from one to the next, as one table. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from exchange.stepping import Party, Step
from foundation.reasons import Both


class State(StrEnum):
    """Where an objection stands."""

    FILED = "filed"
    ESCALATED = "escalated"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[State, Both] = {
    State.FILED: Both("待部门答复", "waits for the department"),
    State.ESCALATED: Both("逾期，已转数据主管部门", "overdue, with the data authority"),
    State.UPHELD: Both("异议成立", "upheld"),
    State.REJECTED: Both("异议不成立", "rejected"),
    State.WITHDRAWN: Both("已撤回", "withdrawn"),
}
OPEN = (State.FILED, State.ESCALATED)


_ANSWER: Mapping[Party, tuple[State, ...]] = {Party.DEPARTMENT: OPEN, Party.AUTHORITY: (State.ESCALATED,)}
STEPS: Mapping[str, Step[State]] = {
    "uphold": Step(State.UPHELD, _ANSWER),
    "reject": Step(State.REJECTED, _ANSWER),
    "escalate": Step(State.ESCALATED, {Party.PLATFORM: (State.FILED,)}),
    "withdraw": Step(State.WITHDRAWN, {Party.PERSON: OPEN}),
}
ANSWERS = ("uphold", "reject")


class Cause(StrEnum):
    """Why somebody objects."""

    NO_SUCH_CASE = "no_such_case"
    NOT_NEEDED = "not_needed"
    TOO_MUCH = "too_much"
    UNKNOWN_DEPARTMENT = "unknown_department"
    OTHER = "other"


CAUSES: Mapping[Cause, Both] = {
    Cause.NO_SUCH_CASE: Both("我没有申请过这件事", "I have applied for nothing of the kind"),
    Cause.NOT_NEEDED: Both("办这件事不需要这份证照", "The matter does not need this licence"),
    Cause.TOO_MUCH: Both("查看的内容超出需要", "More was shown than the matter needs"),
    Cause.UNKNOWN_DEPARTMENT: Both("我与该部门没有往来", "I have no dealings with this department"),
    Cause.OTHER: Both("其他原因", "Another reason"),
}


def can_step(step: str, state: State, party: Party) -> bool:
    """Say whether the table lets this party take the step from `state`."""
    return STEPS[step].may_take(state, party)
