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

STATE_CODES: Mapping[State, str] = {
    State.VALID: "01",
    State.SUSPENDED: "02",
    State.WITHDRAWN: "03",
    State.CANCELLED: "04",
    State.EXPIRED: "05",
    State.TRANSFERRED: "06",
    State.REVOKED: "07",
}
"""Status codes of the housing and construction sector; every other state is 99, with its name beside it."""

PLATFORM, CLIENT = "platform", "client"
_STAFF = frozenset({PLATFORM, CLIENT, "clerk", "department_head", "department_administrator"})
_DECIDERS = frozenset({PLATFORM, CLIENT, "department_head", "department_administrator"})
_BY_ITSELF = frozenset({PLATFORM})

ROLE_NAMES: Mapping[str, Both] = {
    PLATFORM: Both("平台", "the platform"),
    CLIENT: Both("本部门系统", "the department's system"),
    "clerk": Both("经办人", "a clerk"),
    "department_head": Both("部门负责人", "the head"),
    "department_administrator": Both("部门管理员", "an administrator"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the states it starts from, the state it leads to, and what it takes.

    `who` may do it (roles of the issuer's people, its system, or the platform); `effect` is what it means in law and
    `basis` where that is said; `code` the sector's code of the operation. One that `makes_version` leaves the licence
    behind for a new version, which is valid in its place.
    """

    name: Both
    sources: frozenset[State]
    target: State
    who: frozenset[str]
    effect: Both
    basis: Both
    code: str = "07"
    needs_reason: bool = True
    makes_version: bool = False


_LIVING = frozenset({State.VALID, State.SUSPENDED})
_ONCE_ISSUED = frozenset(State) - {State.SEALED, State.DISCARDED}


def _law(zh: str, en: str) -> Both:
    return Both(f"行政许可法{zh}", f"administrative licensing law, {en}")


_VERSION = Both(
    "原证照自新版本发放时失效，新版本接续其效力", "it ends when the new version is issued, which goes on in its place"
)

OPERATIONS: Mapping[str, Operation] = {
    "new": Operation(
        Both("新发", "issue anew"), frozenset(), State.VALID, _STAFF, code="01", needs_reason=False,
        effect=Both("自有效期起始日起生效", "it takes effect on its first day of validity"),
        basis=_law("第三十九条", "art. 39"),
    ),
    "issue": Operation(
        Both("发放", "issue"), frozenset({State.SEALED}), State.VALID, _STAFF, code="01", needs_reason=False,
        effect=Both("已签章的证照自此生效", "the sealed licence takes effect"),
        basis=_law("第四十四条", "art. 44"),
    ),
    "discard": Operation(
        Both("作废", "discard"), frozenset({State.SEALED}), State.DISCARDED, _STAFF,
        effect=Both("从未发放，编号不再使用", "it was never issued, and its number is not used again"),
        basis=Both("内部管理", "internal administration"),
    ),
    "renew": Operation(
        Both("延续", "renew"), _LIVING, State.REPLACED, _STAFF, code="02", needs_reason=False, makes_version=True,
        effect=_VERSION, basis=_law("第五十条", "art. 50"),
    ),
    "change": Operation(
        Both("变更", "change"), _LIVING, State.REPLACED, _STAFF, code="09", needs_reason=False, makes_version=True,
        effect=_VERSION, basis=_law("第四十九条", "art. 49"),
    ),
    "reissue": Operation(
        Both("补发", "reissue"), _LIVING, State.REPLACED, _STAFF, needs_reason=False, makes_version=True,
        effect=_VERSION, basis=_law("第四十四条", "art. 44"),
    ),
    "transfer": Operation(
        Both("转移", "transfer"), _LIVING, State.TRANSFERRED, _STAFF, code="08", needs_reason=False, makes_version=True,
        effect=Both("原持证主体的权利终止，由新持证主体承继", "the former holder's right passes to the new one"),
        basis=_law("第九条", "art. 9"),
    ),
    "suspend": Operation(
        Both("暂停", "suspend"), frozenset({State.VALID}), State.SUSPENDED, _DECIDERS, code="03",
        effect=Both("暂停期间不得使用", "it must not be used meanwhile"),
        basis=Both("行政处罚法第九条（暂扣许可证件）", "administrative penalty law, art. 9 (withholding)"),
    ),
    "resume": Operation(
        Both("恢复", "resume"), frozenset({State.SUSPENDED}), State.VALID, _DECIDERS, code="06",
        effect=Both("自恢复时起可以使用", "it may be used again"),
        basis=Both("行政处罚法第九条（暂扣期满发还）", "administrative penalty law, art. 9 (return after withholding)"),
    ),
    "expire": Operation(
        Both("届满", "expire"), _LIVING, State.EXPIRED, _BY_ITSELF, code="04", needs_reason=False,
        effect=Both("有效期届满未延续，失效", "its term ended without renewal"),
        basis=_law("第七十条第一项", "art. 70 (1)"),
    ),
    "cancel": Operation(
        Both("注销", "cancel"), _LIVING | {State.EXPIRED}, State.CANCELLED, _DECIDERS, code="05",
        effect=Both("依法终止，从登记中除去", "it is ended by law and taken off the register"),
        basis=_law("第七十条", "art. 70"),
    ),
    "revoke": Operation(
        Both("吊销", "revoke"), _LIVING, State.REVOKED, _DECIDERS,
        effect=Both("因违法行为被剥夺，自决定生效时失效", "it is taken away as a penalty, from the decision on"),
        basis=Both("行政处罚法第九条", "administrative penalty law, art. 9"),
    ),
    "withdraw": Operation(
        Both("撤回", "withdraw"), _LIVING, State.WITHDRAWN, _DECIDERS,
        effect=Both(
            "因依据或客观情况变化自决定时失效，给持证人造成的财产损失应予补偿",
            "it ends because the law or the circumstances changed, and the holder's loss is compensated",
        ),
        basis=_law("第八条", "art. 8"),
    ),
    "annul": Operation(
        Both("撤销", "annul"), _ONCE_ISSUED - {State.ANNULLED}, State.ANNULLED, _DECIDERS,
        effect=Both("因违法取得或违法作出，自始无效", "obtained or granted against the law, it is void from the start"),
        basis=_law("第六十九条", "art. 69"),
    ),
}  # fmt: skip
"""What may be done to a licence; each is recorded under its key."""

STATUS_VALUES: Mapping[State, int] = {
    **dict.fromkeys(State, 1),
    State.VALID: 0,
    State.EXPIRED: 0,
    State.SUSPENDED: 2,
    State.SEALED: 2,
}
"""What a status list says of a credential: 0 valid, 1 invalid, 2 suspended.

An expired one stays valid there, as its own `exp` has ended it: an expiry, which comes to every licence, changes no
list. A sealed one may still be issued, so it is merely suspended.
"""


def can_operate(operation: str, state: State) -> bool:
    """Say whether the table has this operation for a licence in `state`."""
    return state in OPERATIONS[operation].sources


def may_operate(operation: str, role: str) -> bool:
    """Say whether someone in this role may do it; for which department, the act looks besides."""
    return role in OPERATIONS[operation].who
