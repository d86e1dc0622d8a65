"""States of an application (办件) and what leads from one to the next, as one table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    MISSING = "missing"
    NOT_ACCEPTED = "not_accepted"
    ACCEPTED = "accepted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[State, Both] = {
    State.DRAFT: Both("草稿", "draft"),
    State.SUBMITTED: Both("待受理", "waits for acceptance"),
    State.MISSING: Both("待补正", "waits for what is missing"),
    State.NOT_ACCEPTED: Both("不予受理", "not accepted"),
    State.ACCEPTED: Both("已受理", "accepted"),
    State.IN_REVIEW: Both("审查中", "in review"),
    State.APPROVED: Both("已批准，待发证", "approved, the licence follows"),
    State.ISSUED: Both("已批准并发证", "approved and issued"),
    State.REFUSED: Both("不予批准", "refused"),
    State.WITHDRAWN: Both("已撤回", "withdrawn"),
}
ARRIVED = (State.SUBMITTED, State.MISSING)
"""Handed in, and not yet accepted."""
IN_HAND = (State.ACCEPTED, State.IN_REVIEW)
"""Accepted, and to be decided: the clock of the decision runs."""
OPEN = (*ARRIVED, *IN_HAND)
"""What staff have to do something about before it is decided; what is presented for these is presented."""
DECIDED = (State.APPROVED, State.ISSUED, State.REFUSED)
GRANTED = (State.APPROVED, State.ISSUED)
CLOSED = (State.NOT_ACCEPTED, *DECIDED, State.WITHDRAWN)


class Party(StrEnum):
    """Who takes a step."""

    APPLICANT = "applicant"
    STAFF = "staff"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the state it leads to, and from which states each party may take it."""

    target: State
    sources: Mapping[Party, tuple[State, ...]]


STEPS: Mapping[str, Step] = {
    "submit": Step(State.SUBMITTED, {Party.APPLICANT: (State.DRAFT,)}),
    # The platform accepts what is complete at once, and what was not answered in time (art. 32).
    "accept": Step(State.ACCEPTED, {Party.STAFF: ARRIVED, Party.PLATFORM: ARRIVED}),
    "ask_missing": Step(State.MISSING, {Party.STAFF: (State.SUBMITTED,)}),
    "complete": Step(State.ACCEPTED, {Party.APPLICANT: (State.MISSING,)}),
    "not_accept": Step(State.NOT_ACCEPTED, {Party.STAFF: ARRIVED}),
    "review": Step(State.IN_REVIEW, {Party.STAFF: (State.ACCEPTED,), Party.PLATFORM: (State.ACCEPTED,)}),
    # What can be decided at once is decided at once (art. 34): to approve accepts besides.
    "approve": Step(State.APPROVED, {Party.STAFF: (State.SUBMITTED, *IN_HAND)}),
    "refuse": Step(State.REFUSED, {Party.STAFF: IN_HAND}),
    "deliver": Step(State.ISSUED, {Party.STAFF: (State.APPROVED,), Party.PLATFORM: (State.APPROVED,)}),
    "withdraw": Step(State.WITHDRAWN, {Party.APPLICANT: (State.DRAFT, *OPEN)}),
}
"""Administrative licensing law (行政许可法), articles 32, 34, 37, 38 and 44."""


def can_step(step: str, state: State, party: Party) -> bool:
    """Say whether the table lets this party take the step from `state`."""
    return state in STEPS[step].sources.get(party, ())


REMEDIES = Both(
    "不服本决定的，可以自收到之日起六十日内申请行政复议（行政复议法第二十条），"
    "或者自收到之日起六个月内向人民法院提起行政诉讼（行政诉讼法第四十六条）。",
    "Against this decision one may ask for administrative reconsideration within 60 days of receiving it "
    "(administrative reconsideration law, art. 20), or sue at the people's court within six months "
    "(administrative litigation law, art. 46).",
)
"""What every refusal must tell (administrative licensing law, art. 38)."""


class Way(StrEnum):
    """How a need of an application is met."""

    REFERENCE = "reference"
    AUTHORISATION = "authorisation"
    AWAITED = "awaited"
    PAPER_CHECKED = "paper_checked"
    PAPER = "paper"


WAY_NAMES: Mapping[Way, Both] = {
    Way.REFERENCE: Both("免交：引用证照编号", "no paper: by reference"),
    Way.AUTHORISATION: Both("免交：持证人授权", "no paper: by the holder's authorisation"),
    Way.AWAITED: Both("免交：等待证照发放", "no paper: the licence is awaited"),
    Way.PAPER_CHECKED: Both("出示纸质证照，已与数据核对", "paper shown and checked against data"),
    Way.PAPER: Both("出示纸质证照", "paper shown"),
}
WITHOUT_PAPER = (Way.REFERENCE, Way.AUTHORISATION, Way.AWAITED)
"""The study's strategies differ in just this: no paper, paper that data confirm, paper alone."""
