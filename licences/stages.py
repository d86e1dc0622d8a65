"""How far a licence in the making is, and the steps between, as one table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both
from licences.lifecycle import CLIENT, PLATFORM


class Stage(StrEnum):
    """How far a draft is."""

    MADE = "made"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    SEALED = "sealed"
    ISSUED = "issued"
    DISCARDED = "discarded"


STAGE_NAMES: Mapping[Stage, Both] = {
    Stage.MADE: Both("待复核", "waiting for review"),
    Stage.RETURNED: Both("已退回", "returned"),
    Stage.REVIEWED: Both("待签章", "waiting for the seal"),
    Stage.SEALED: Both("待发放", "waiting to be issued"),
    Stage.ISSUED: Both("已发放", "issued"),
    Stage.DISCARDED: Both("已作废", "discarded"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: where it starts and leads, who may take it; a `second` one is not for the maker, where two must act."""

    name: Both
    sources: frozenset[Stage]
    target: Stage
    who: frozenset[str]
    second: bool = False
    needs_reason: bool = False


_STAFF = frozenset({PLATFORM, CLIENT, "clerk", "department_head", "department_administrator"})
_SEAL_KEEPERS = frozenset({PLATFORM, "department_head", "department_administrator"})
_UNSEALED = frozenset({Stage.MADE, Stage.RETURNED, Stage.REVIEWED})

STEPS: Mapping[str, Step] = {
    "amend": Step(Both("修改", "amend"), frozenset({Stage.MADE, Stage.RETURNED}), Stage.MADE, _STAFF),
    "review": Step(Both("复核", "review"), frozenset({Stage.MADE}), Stage.REVIEWED, _STAFF, second=True),
    "return": Step(
        Both("退回", "return"), frozenset({Stage.MADE, Stage.REVIEWED}), Stage.RETURNED, _STAFF, needs_reason=True
    ),
    "seal": Step(Both("签章", "seal"), frozenset({Stage.REVIEWED}), Stage.SEALED, _SEAL_KEEPERS, second=True),
    "issue": Step(Both("发放", "issue"), frozenset({Stage.SEALED}), Stage.ISSUED, _STAFF),
    "discard": Step(Both("作废", "discard"), _UNSEALED | {Stage.SEALED}, Stage.DISCARDED, _STAFF, needs_reason=True),
}
