"""What can go wrong in the record."""

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
