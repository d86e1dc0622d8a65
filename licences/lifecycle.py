"""States of a licence and what may be done to it, as one table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both


class State(StrEnum):
    """The state a licence is in by law; dates decide besides whether it is valid."""

    SEALED = "sealed"
    VALID = "valid"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REPLACED = "replaced"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    ANNULLED = "annulled"
    DISCARDED = "discarded"


STATE_NAMES: Mapping[State, Both] = {
    State.SEALED: Both("已签章未发放", "sealed, not issued yet"),
    State.VALID: Both("有效", "valid"),
    State.SUSPENDED: Both("暂停", "suspended"),
    State.EXPIRED: Both("已届满", "expired"),
    State.REPLACED: Both("已被取代", "replaced"),
    State.TRANSFERRED: Both("已转移", "transferred"),
    State.CANCELLED: Both("已注销", "cancelled"),
    State.REVOKED: Both("已吊销", "revoked"),
    State.WITHDRAWN: Both("已撤回", "withdrawn"),
    State.ANNULLED: Both("已撤销", "annulled"),
    State.DISCARDED: Both("已作废", "discarded"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the states it starts from, the state it leads to, and whether a reason must be given."""

    name: Both
    sources: frozenset[State]
    target: State
    needs_reason: bool = True


_LIVING = frozenset({State.VALID, State.SUSPENDED})
_ONCE_ISSUED = frozenset(State) - {State.SEALED, State.DISCARDED}

# Administrative licensing law: withdrawal art. 8, annulment 69, cancellation 70; penalty law: revocation art. 9.
OPERATIONS: Mapping[str, Operation] = {
    "issue": Operation(Both("发放", "issue"), frozenset({State.SEALED}), State.VALID, needs_reason=False),
    "discard": Operation(Both("作废", "discard"), frozenset({State.SEALED}), State.DISCARDED),
    "suspend": Operation(Both("暂停", "suspend"), frozenset({State.VALID}), State.SUSPENDED),
    "resume": Operation(Both("恢复", "resume"), frozenset({State.SUSPENDED}), State.VALID),
    "expire": Operation(Both("届满", "expire"), _LIVING, State.EXPIRED, needs_reason=False),
    "replace": Operation(Both("换发", "replace"), _LIVING, State.REPLACED, needs_reason=False),
    "transfer": Operation(Both("转移", "transfer"), _LIVING, State.TRANSFERRED, needs_reason=False),
    "cancel": Operation(Both("注销", "cancel"), _LIVING | {State.EXPIRED}, State.CANCELLED),
    "revoke": Operation(Both("吊销", "revoke"), _LIVING, State.REVOKED),
    "withdraw": Operation(Both("撤回", "withdraw"), _LIVING, State.WITHDRAWN),
    "annul": Operation(Both("撤销", "annul"), _ONCE_ISSUED - {State.ANNULLED}, State.ANNULLED),
}


def can_operate(operation: str, state: State) -> bool:
    """Say whether the table has this operation for a licence in `state`."""
    return state in OPERATIONS[operation].sources
