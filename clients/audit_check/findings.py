"""What a check may find, and the entries that it concerns."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong; the first four are said of one entry or, where no more can be told, of one among several."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    MISSING = "missing"
    UNPROVEN = "unproven"
    TWICE = "twice"
    TILE = "tile"
    TILE_MISSING = "tile_missing"
    CHECKPOINT = "checkpoint"
    SHRUNK = "shrunk"
    REWRITTEN = "rewritten"
    ARCHIVE = "archive"
    RECEIPT = "receipt"
    COMMITMENT = "commitment"
    WITNESSES = "witnesses"


OF_ENTRIES = {
    Kind.ALTERED,
    Kind.REMOVED,
    Kind.INSERTED,
    Kind.REORDERED,
    Kind.MISSING,
    Kind.UNPROVEN,
    Kind.TWICE,
    Kind.REWRITTEN,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the entries `first` to `last` (counted from 0, both included), or with what `where` names.

    Where first and last are one, that entry is meant; else it is one of these or several.
    """

    kind: Kind
    first: int | None = None
    last: int | None = None
    where: str = ""

    @property
    def order(self) -> tuple[bool, int, bool, int]:
        """Sorts by place in the log, what concerns it as a whole first, entries before tiles, the narrower first."""
        return self.first is not None, self.first or 0, self.kind not in OF_ENTRIES, self.last or 0
