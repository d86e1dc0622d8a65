"""What the figures of use mean: counting entries one after another, in the order of the tree. Pure.

- A *look* is a verification or a disclosure.
- A look is *told* where its outcome tells the state of one licence: valid, not yet valid, suspended, no longer valid.
- A told look is *first-time* where it is the department's first told look at that licence, else *repeated*.
- A *paper copy is saved* by the first look with outcome valid for a licence in a case: of each item, case and licence
  one, whoever looks (cases are numbered within an item). A look without a case saves none.
- Every entry counts in the hour (UTC) of its own time, once.

Items, licence types and purposes are texts that callers give. Of each a department has at most `MOST` different ones an
hour; further ones are counted together as `OTHERS`, so that nobody can flood the figures.
"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

LOOKS = frozenset({"verify", "disclose"})
EITHER = "looks"
"""What stands for all looks where an action is asked for."""
TOLD = frozenset({"valid", "not_yet_valid", "suspended", "no_longer_valid"})
OTHERS = "…"
MOST: Mapping[str, int] = {"item": 200, "licence_type": 200, "purpose": 50}


class Counted(Protocol):
    """What is read of an entry."""

    at: dt.datetime
    actor_department: str
    item: str
    licence_type: str
    purpose: str
    action: str
    outcome: str
    reason: str
    subject: str
    case: str


class Key(NamedTuple):
    """What one figure counts: the hour (its start, UTC) and all by which figures are told apart."""

    hour: dt.datetime
    department: str
    item: str
    licence_type: str
    purpose: str
    action: str
    outcome: str
    reason: str


@dataclass(slots=True)
class Figure:
    """One combination's counts."""

    count: int = 0
    first_time: int = 0
    repeated: int = 0
    papers_saved: int = 0


def hour_of(at: dt.datetime) -> dt.datetime:
    """Return the start of the hour (UTC)."""
    return at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def look_mark(entry: Counted) -> bytes:
    """Return what names a department's look at a licence, 32 bytes; nothing where the entry is no told look."""
    told = entry.action in LOOKS and entry.outcome in TOLD and entry.subject
    return _mark("look", entry.actor_department, entry.subject) if told else b""


def copy_mark(entry: Counted) -> bytes:
    """Return what names the paper copy that the entry may have saved, 32 bytes; nothing where it saved none."""
    saves = entry.action in LOOKS and entry.outcome == "valid" and entry.subject and entry.case
    return _mark("copy", entry.item, entry.case, entry.subject) if saves else b""


def marks_of(entry: Counted) -> set[bytes]:
    """Return the marks that decide whether something of the entry happens for the first time."""
    return {look_mark(entry), copy_mark(entry)} - {b""}


def _mark(*parts: str) -> bytes:
    return hashlib.sha256(json.dumps(parts).encode()).digest()


@dataclass(slots=True)
class Tally:
    """Figures that grow with each entry counted; begins with those already known of the hours it will touch.

    `seen` holds the marks known before; `new` collects those of the entries counted here, `changed` the figures'.
    """

    figures: dict[Key, Figure] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    new: set[bytes] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    _named: dict[tuple[dt.datetime, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for key in self.figures:
            for name in MOST:
                self._named[key.hour, key.department, name].add(getattr(key, name))

    def count_all(self, entries: Iterable[Counted]) -> None:
        """Count entries, which come in the order of the tree."""
        for entry in entries:
            self.count(entry)

    def count(self, entry: Counted) -> None:
        """Count the next entry."""
        key = self._key(entry)
        figure = self.figures.setdefault(key, Figure())
        self.changed.add(key)
        figure.count += 1
        if look := look_mark(entry):
            if self._first(look):
                figure.first_time += 1
            else:
                figure.repeated += 1
        copy = copy_mark(entry)
        figure.papers_saved += bool(copy) and self._first(copy)

    def _first(self, mark: bytes) -> bool:
        if mark in self.seen or mark in self.new:
            return False
        self.new.add(mark)
        return True

    def _key(self, entry: Counted) -> Key:
        hour, department = hour_of(entry.at), entry.actor_department
        item, licence_type, purpose = (self._bounded(hour, department, name, getattr(entry, name)) for name in MOST)
        return Key(hour, department, item, licence_type, purpose, entry.action, entry.outcome, entry.reason)

    def _bounded(self, hour: dt.datetime, department: str, name: str, value: str) -> str:
        if not value:
            return value
        named = self._named[hour, department, name]
        if value not in named:
            if len(named - {"", OTHERS}) >= MOST[name]:
                return OTHERS
            named.add(value)
        return value
