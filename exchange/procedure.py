"""States of an application (办件) and what leads from one to the next, as one table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both


class State(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[State, Both] = {
    State.SUBMITTED: Both("已提交", "submitted"),
    State.ISSUED: Both("已批准并发证", "approved and issued"),
    State.REFUSED: Both("不予批准", "refused"),
    State.WITHDRAWN: Both("已撤回", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which states, to which, and whether staff take it (else the applicant)."""

    sources: frozenset[State]
    target: State
    by_staff: bool


STEPS: Mapping[str, Step] = {
    "approve": Step(frozenset({State.SUBMITTED}), State.ISSUED, by_staff=True),
    "refuse": Step(frozenset({State.SUBMITTED}), State.REFUSED, by_staff=True),
    "withdraw": Step(frozenset({State.SUBMITTED}), State.WITHDRAWN, by_staff=False),
}


def can_step(step: str, state: State) -> bool:
    """Say whether the table has this step for an application in `state`."""
    return state in STEPS[step].sources
