"""Tables of states: who may take which step from where. Pure; each subject has a table of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)


class Party(StrEnum):
    """Who takes a step: who asked for redress, the department that answers, the data authority, the platform."""

    PERSON = "person"
    DEPARTMENT = "department"
    AUTHORITY = "authority"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One step: the state it leads to, and from which states each party may take it."""

    target: S
    sources: Mapping[Party, tuple[S, ...]]

    def may_take(self, state: S, party: Party) -> bool:
        """Say whether this party may take the step from `state`."""
        return state in self.sources.get(party, ())
