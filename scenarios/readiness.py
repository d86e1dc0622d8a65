"""Readiness of a need, from facts: can its licence be had by sharing today? Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from foundation.reasons import Both, Grounds


class Readiness(StrEnum):
    """Ready: by sharing alone. At risk: only where the holder presents the licence. Broken: paper comes back."""

    READY = "ready"
    AT_RISK = "at_risk"
    BROKEN = "broken"


CAUSES = {
    "not_collected": Both("未归集", "not collected"),
    "not_authorised": Both("须持证人出示或授权", "needs the holder's presentation"),
    "rights_unclear": Both("权责不清", "rights unclear"),
}

_ORDER = {Readiness.READY: 0, Readiness.AT_RISK: 1, Readiness.BROKEN: 2}


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """What is known of one licence type for one item."""

    licence: Both
    owner: Both
    electronic: bool
    permitted: bool
    permitted_when_presented: bool
    explanation: Grounds


@dataclass(frozen=True, slots=True)
class FlowReadiness:
    """The answer for one alternative of a need, with its cause (a row of the table of causes for paper)."""

    facts: FlowFacts
    readiness: Readiness
    cause: str

    @property
    def cause_name(self) -> Both:
        """The cause's name; empty where the flow is ready."""
        return CAUSES.get(self.cause, Both("", ""))


def judge(facts: FlowFacts) -> FlowReadiness:
    """Answer the study's questions in their order: is it electronic, can it be queried?"""
    if not facts.electronic:
        return FlowReadiness(facts, Readiness.BROKEN, "not_collected")
    if facts.permitted:
        return FlowReadiness(facts, Readiness.READY, "")
    if facts.permitted_when_presented:
        return FlowReadiness(facts, Readiness.AT_RISK, "not_authorised")
    return FlowReadiness(facts, Readiness.BROKEN, "rights_unclear")


def best(alternatives: Iterable[FlowReadiness]) -> FlowReadiness:
    """Return the readiest alternative: one of them satisfies the need."""
    return min(alternatives, key=lambda flow: _ORDER[flow.readiness])
