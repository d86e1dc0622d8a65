"""What can go wrong in the record."""

import datetime as dt

from foundation.reasons import Refused, because


class RecordUnavailable(Refused):
    """The entry could not be written, so the access must fail (503, nothing disclosed)."""

    def __init__(self, detail: str) -> None:
        super().__init__(because("record_unavailable"))
        self.__notes__ = [detail]


class EntryNotFound(Refused):
    """There is no such entry."""

    def __init__(self) -> None:
        super().__init__(because("entry_not_found"))


class EntriesArchived(Refused):
    """The entries stand in an archive file, and no more in the database."""

    def __init__(self, file: str) -> None:
        super().__init__(because("entries_archived", file=file))


class NotSequencedYet(Refused):
    """The entry has no place in a signed tree yet; it will have one within about a second."""

    def __init__(self) -> None:
        super().__init__(because("entry_not_sequenced"))


class WitnessRefused(Refused):
    """A witness or a cosignature is not taken; `detail` says more to the operators."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(because(code))
        self.__notes__ = [detail] if detail else []


class OwnFlag(Refused):
    """Nobody clears a flag of their own use."""

    def __init__(self) -> None:
        super().__init__(because("own_flag"))


class ClearedAlready(Refused):
    """The flag was cleared before."""

    def __init__(self) -> None:
        super().__init__(because("flag_cleared"))


class NoteMissing(Refused):
    """A flag is cleared with a note of what was found."""

    def __init__(self) -> None:
        super().__init__(because("note_required"), fields={"note": because("field_required")})


class FiguresLost(Exception):
    """Figures cannot be made anew: entries from before this day stand in archive files."""

    def __init__(self, since: dt.date) -> None:
        super().__init__(f"entries from before {since} are archived, so that their figures would be lost")


class TreeMoved(Exception):
    """The tree or the queue changed under a sequencer that thought it was alone: its batch is undone."""


class TreeDamaged(Exception):
    """The tree's state, tiles or places are no longer what was signed: nothing is signed until that is looked into."""


class HashesMissing(Exception):
    """Hashes that the checkpoint covers are not in the database."""


class ArchiveStopped(Exception):
    """A month cannot be archived as things stand, and why."""
