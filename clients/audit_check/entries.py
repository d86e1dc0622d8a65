"""The entries as they are served and archived: their hashes, bundle by bundle."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from audit_check.archives import Archive, Archived, ArchiveError
from audit_check.findings import Finding, Kind
from audit_check.layout import WIDTH, entries_of, tile_path, width_of
from audit_check.merkle import leaf_hash
from audit_check.sources import Source, read_all


@dataclass(frozen=True, slots=True)
class Bundle:
    """The hashes of the entries served from `start` on, None where the log serves none; and those archived there."""

    start: int
    served: Sequence[bytes] | None
    archived: Sequence[Archived] = ()


class Entries:
    """All that there is of the entries of a log of `size` entries."""

    def __init__(self, source: Source, size: int, archives: Sequence[Archive] = ()) -> None:
        self.faults: list[Finding] = []
        self._source, self._size, self._archives = source, size, archives

    def served(self, number: int) -> list[bytes] | None:
        """Return the hashes of the entries of one bundle, None where it is not served or cannot be read."""
        width = width_of(self._size, 0, number)
        return self._hashes(number, width, self._source.read(tile_path("entries", number, width)))

    def _hashes(self, number: int, width: int, data: bytes | None) -> list[bytes] | None:
        """Return a bundle's hashes; a partial one may have made room for the full one, whose first entries it is."""
        if data is None and width < WIDTH:
            data = self._source.read(tile_path("entries", number))
            return None if data is None else _hashes(data)[:width]
        return None if data is None else _hashes(data)

    def bundles(self) -> Iterator[Bundle]:
        """Give all bundles from left to right, and note in `faults` what archives hold twice or cannot be read."""
        self.faults = []
        widths = [(number, width_of(self._size, 0, number)) for number in range(-(-self._size // WIDTH))]
        files = read_all(self._source, (tile_path("entries", number, width) for number, width in widths))
        rows = _Rows(heapq.merge(*map(self._archived, self._archives), key=lambda row: row.index))
        for (number, width), data in zip(widths, files, strict=True):
            start = number * WIDTH
            yield Bundle(start, self._hashes(number, width, data), rows.below(start + width))
        if (more := rows.next) is not None:
            self.faults.append(Finding(Kind.INSERTED, self._size, more.index))

    def _archived(self, archive: Archive) -> Iterator[Archived]:
        try:
            yield from archive.entries()
        except ArchiveError as error:
            self.faults.append(Finding(Kind.ARCHIVE, archive.first, archive.last, str(error)))


class _Rows:
    """Archived rows, taken in portions."""

    def __init__(self, rows: Iterable[Archived]) -> None:
        self._rows = iter(rows)
        self.next = next(self._rows, None)

    def below(self, end: int) -> list[Archived]:
        found = []
        while self.next is not None and self.next.index < end:
            found.append(self.next)
            self.next = next(self._rows, None)
        return found


def _hashes(bundle: bytes) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries_of(bundle)]
