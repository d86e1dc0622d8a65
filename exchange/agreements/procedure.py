"""States of an agreement (使用权) and who leads from one to the next, as one table. Pure.

Order 809 of the State Council: both sides' heads approve (art. 20), a refusal has its reason (art. 21), misuse
suspends and then ends, and a provider does not end a service alone (art. 27), disputes are settled between the two
sides and then by the data authority (art. 28).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both


class State(StrEnum):
    """Where an agreement stands."""

    DRAFT = "draft"
    REQUESTED = "requested"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    EXTENSION_ASKED = "extension_asked"
    EXTENDED = "extended"
    OVERDUE = "overdue"
    REFUSED = "refused"
    DISPUTED = "disputed"
    WITH_AUTHORITY = "with_authority"
    DIRECTED = "directed"
    FINALLY_REFUSED = "finally_refused"
    WITHDRAWN = "withdrawn"
    IN_FORCE = "in_force"
    END_PROPOSED = "end_proposed"
    MISUSE_REPORTED = "misuse_reported"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    ENDED = "ended"
    TERMINATED = "terminated"


S = State
STATE_NAMES: Mapping[State, Both] = {
    S.DRAFT: Both("草稿", "draft"),
    S.REQUESTED: Both("待本部门负责人同意", "waits for the requesting department's own head"),
    S.SUBMITTED: Both("已提交，待提供部门受理", "submitted to the provider"),
    S.IN_REVIEW: Both("提供部门审核中", "in review by the provider"),
    S.EXTENSION_ASKED: Both("提供部门申请延期，待主管部门批准", "in review; the provider asks for more time"),
    S.EXTENDED: Both("提供部门审核中（已延期）", "in review; the time was extended"),
    S.OVERDUE: Both("逾期未答复，已转数据主管部门", "overdue, passed on to the data authority"),
    S.REFUSED: Both("提供部门不同意", "refused by the provider"),
    S.DISPUTED: Both("有争议，双方协商中", "disputed, between the two sides"),
    S.WITH_AUTHORITY: Both("争议由数据主管部门处理", "disputed, with the data authority"),
    S.DIRECTED: Both(
        "主管部门认定应当共享，待提供部门同意", "to be shared by decision of the authority; waits for the provider"
    ),
    S.FINALLY_REFUSED: Both("主管部门维持不同意", "refused, which the data authority upheld"),
    S.WITHDRAWN: Both("已撤回", "withdrawn"),
    S.IN_FORCE: Both("有效", "in force"),
    S.END_PROPOSED: Both("有效，提供部门提议终止", "in force; the provider proposes its end"),
    S.MISUSE_REPORTED: Both("有效，提供部门报告使用不当", "in force; the provider reports a misuse"),
    S.SUSPENDED: Both("已暂停", "suspended"),
    S.EXPIRED: Both("已到期", "expired"),
    S.ENDED: Both("经双方同意终止", "ended by agreement"),
    S.TERMINATED: Both("因使用不当终止", "ended by the authority after misuse"),
}
GIVING = (S.IN_FORCE, S.END_PROPOSED, S.MISUSE_REPORTED)
"""States in which it gives the right of use."""
ORDINARY_ENDS = (S.EXPIRED, S.ENDED)
"""Ends after which accepted applications may go on, where the agreement says so."""
STOPPED = (S.SUSPENDED, S.TERMINATED)
ANSWERABLE = (S.SUBMITTED, S.IN_REVIEW, S.EXTENSION_ASKED, S.EXTENDED)
"""States in which the clock of the provider's answer runs."""
CLOCKED = (*ANSWERABLE, S.OVERDUE, S.DIRECTED)
OPEN = (S.DRAFT, S.REQUESTED, *CLOCKED, S.REFUSED, S.DISPUTED, S.WITH_AUTHORITY)
WITH_AUTHORITY = (S.EXTENSION_ASKED, S.OVERDUE, S.WITH_AUTHORITY, S.END_PROPOSED, S.MISUSE_REPORTED, S.SUSPENDED)
"""States in which the data authority has something to decide."""


class Side(StrEnum):
    """Whose interest a step serves; a person acts for one side of an agreement alone."""

    REQUESTER = "requester"
    PROVIDER = "provider"
    AUTHORITY = "authority"
    PLATFORM = "platform"


class Party(StrEnum):
    """Who takes a step; a head is also of their department's staff."""

    REQUESTER = "requester"
    REQUESTER_HEAD = "requester_head"
    PROVIDER = "provider"
    PROVIDER_HEAD = "provider_head"
    AUTHORITY = "authority"
    PLATFORM = "platform"

    @property
    def side(self) -> Side:
        """The side for which the party acts."""
        return Side(self.value.removesuffix("_head"))


PARTY_NAMES: Mapping[Party, Both] = {
    Party.REQUESTER: Both("需求部门", "the requesting department"),
    Party.REQUESTER_HEAD: Both("需求部门负责人", "the head of the requesting department"),
    Party.PROVIDER: Both("提供部门", "the providing department"),
    Party.PROVIDER_HEAD: Both("提供部门负责人", "the head of the providing department"),
    Party.AUTHORITY: Both("数据主管部门", "the data authority"),
    Party.PLATFORM: Both("平台", "the platform"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, the state it leads to, from which states each party may take it, and who is told of it."""

    name: Both
    target: State
    sources: Mapping[Party, tuple[State, ...]]
    tells: tuple[Side, ...] = ()
    needs_text: bool = False


R, P, A = Side.REQUESTER, Side.PROVIDER, Side.AUTHORITY
_WITHDRAWABLE = tuple(state for state in OPEN if state is not S.REFUSED)
_CONSENTABLE = (*ANSWERABLE, S.OVERDUE, S.DISPUTED, S.DIRECTED)
_REFUSABLE = (*ANSWERABLE, S.OVERDUE)
_SOURCES_OF_DISPUTE = (S.WITH_AUTHORITY, S.OVERDUE)
_HEADS = (Party.REQUESTER_HEAD, Party.PROVIDER_HEAD)

STEPS: Mapping[str, Step] = {
    # The request, inside the requesting department.
    "request": Step(Both("提请本部门负责人", "Ask the own head"), S.REQUESTED, {Party.REQUESTER: (S.DRAFT,)}, (R,)),
    "return": Step(
        Both("退回修改", "Return for changes"), S.DRAFT, {Party.REQUESTER_HEAD: (S.REQUESTED,)}, (R,), needs_text=True
    ),
    "approve": Step(
        Both("同意并提交提供部门", "Approve and submit"), S.SUBMITTED, {Party.REQUESTER_HEAD: (S.REQUESTED,)}, (P,)
    ),
    "withdraw": Step(Both("撤回", "Withdraw"), S.WITHDRAWN, {Party.REQUESTER: _WITHDRAWABLE}, (P,)),
    # The answer of the provider.
    "take_up": Step(Both("受理", "Take up"), S.IN_REVIEW, {Party.PROVIDER: (S.SUBMITTED,)}),
    "ask_extension": Step(
        Both("申请延期", "Ask for more time"),
        S.EXTENSION_ASKED,
        {Party.PROVIDER_HEAD: (S.SUBMITTED, S.IN_REVIEW)},
        (A,),
        needs_text=True,
    ),
    "grant_extension": Step(
        Both("批准延期", "Grant more time"), S.EXTENDED, {Party.AUTHORITY: (S.EXTENSION_ASKED,)}, (R, P)
    ),
    "deny_extension": Step(
        Both("不批准延期", "Deny more time"),
        S.IN_REVIEW,
        {Party.AUTHORITY: (S.EXTENSION_ASKED,)},
        (P,),
        needs_text=True,
    ),
    "escalate": Step(
        Both("逾期转数据主管部门", "Pass on as overdue"), S.OVERDUE, {Party.PLATFORM: ANSWERABLE}, (R, P, A)
    ),
    "consent": Step(
        Both("同意，协议生效", "Consent, and put it in force"), S.IN_FORCE, {Party.PROVIDER_HEAD: _CONSENTABLE}, (R,)
    ),
    "refuse": Step(Both("不同意", "Refuse"), S.REFUSED, {Party.PROVIDER_HEAD: _REFUSABLE}, (R,), needs_text=True),
    # Disputes.
    "dispute": Step(
        Both("提出争议", "Dispute"), S.DISPUTED, {Party.REQUESTER_HEAD: (S.REFUSED,)}, (P,), needs_text=True
    ),
    "pass_on": Step(
        Both("提请数据主管部门处理", "Put it to the authority"),
        S.WITH_AUTHORITY,
        dict.fromkeys(_HEADS, (S.DISPUTED,)),
        (R, P, A),
        needs_text=True,
    ),
    "direct": Step(
        Both("认定应当共享", "Decide that it is to be shared"),
        S.DIRECTED,
        {Party.AUTHORITY: _SOURCES_OF_DISPUTE},
        (R, P),
        needs_text=True,
    ),
    "uphold_refusal": Step(
        Both("维持不同意", "Uphold the refusal"),
        S.FINALLY_REFUSED,
        {Party.AUTHORITY: _SOURCES_OF_DISPUTE},
        (R, P),
        needs_text=True,
    ),
    # The end by agreement: a provider proposes, the requester or the authority agrees.
    "propose_end": Step(
        Both("提议终止", "Propose its end"),
        S.END_PROPOSED,
        {Party.PROVIDER_HEAD: (S.IN_FORCE,)},
        (R, A),
        needs_text=True,
    ),
    "decline_end": Step(
        Both("不同意终止", "Decline its end"),
        S.IN_FORCE,
        {Party.REQUESTER_HEAD: (S.END_PROPOSED,), Party.AUTHORITY: (S.END_PROPOSED,)},
        (R, P),
        needs_text=True,
    ),
    "agree_end": Step(
        Both("同意终止", "Agree to its end"),
        S.ENDED,
        {Party.REQUESTER_HEAD: (S.END_PROPOSED,), Party.AUTHORITY: (S.END_PROPOSED,)},
        (R, P),
    ),
    "give_up": Step(Both("不再使用，终止", "Give it up"), S.ENDED, {Party.REQUESTER_HEAD: (S.IN_FORCE,)}, (P,)),
    # Misuse suspends, then ends.
    "report_misuse": Step(
        Both("报告使用不当", "Report a misuse"),
        S.MISUSE_REPORTED,
        {Party.PROVIDER_HEAD: (S.IN_FORCE, S.END_PROPOSED)},
        (R, A),
        needs_text=True,
    ),
    "dismiss_report": Step(
        Both("不成立，继续有效", "Dismiss the report"),
        S.IN_FORCE,
        {Party.AUTHORITY: (S.MISUSE_REPORTED,)},
        (R, P),
        needs_text=True,
    ),
    "suspend": Step(Both("暂停", "Suspend"), S.SUSPENDED, {Party.AUTHORITY: GIVING}, (R, P), needs_text=True),
    "resume": Step(Both("恢复", "Resume"), S.IN_FORCE, {Party.AUTHORITY: (S.SUSPENDED,)}, (R, P), needs_text=True),
    "terminate": Step(
        Both("因使用不当终止", "End after misuse"),
        S.TERMINATED,
        {Party.AUTHORITY: (S.SUSPENDED,)},
        (R, P),
        needs_text=True,
    ),
    # What is suspended does not end in the ordinary way.
    "expire": Step(Both("到期", "Expire"), S.EXPIRED, {Party.PLATFORM: GIVING}, (R, P)),
}
DRAFTING: Mapping[str, Both] = {"draft": Both("起草", "Draft"), "amend": Both("修改草稿", "Amend the draft")}
"""What is done to a draft, which leads to no other state."""
BY_SYSTEMS = ("request", "withdraw")
"""Steps that a department's system may take; all others are for people."""


def can_step(step: str, state: State, party: Party) -> bool:
    """Say whether the table lets this party take the step from `state`."""
    return state in STEPS[step].sources.get(party, ())


def steps_open_to(parties: Iterable[Party], state: State) -> list[str]:
    """Return the steps that one of these parties may take from `state`, in the table's order."""
    parties = list(parties)
    return [name for name in STEPS if any(can_step(name, state, party) for party in parties)]
