"""Entries against the leaf hashes that the root vouches for: which is the first that is not what it was, and how."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from audit_check.entries import Bundle
from audit_check.findings import Finding, Kind
from audit_check.tree import Leaves


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The entry `found` stands where `expected` should; either is None past its end.

    `altered` where there is no doubt about what happened: a row of an archive whose place is known otherwise.
    """

    index: int
    found: bytes | None
    expected: bytes | None
    altered: bool = False


@dataclass(slots=True)
class Gap:
    """Entries that are neither served nor archived."""

    first: int
    last: int


class Comparison:
    """Takes bundle after bundle beside its tile, and keeps the first mismatch and all gaps.

    What is served is compared as one run from one bundle to the next: a bundle with an entry too many or too few puts
    all that follow out of step, as in a log from which an entry was taken.
    """

    def __init__(self) -> None:
        self.mismatch: Mismatch | None = None
        self.gaps: list[Gap] = []
        self.seen = 0
        self._found: deque[bytes] = deque()
        self._expected: deque[bytes] = deque()
        self._place = 0

    def take(self, bundle: Bundle, leaves: Leaves) -> None:
        """Compare what there is of the entries of one tile."""
        if self.mismatch:
            return
        self._archived(bundle, leaves)
        if bundle.served is None or not leaves.proven:
            self.settle()
        if bundle.served is None:
            self._gaps(bundle, len(leaves.hashes))
        elif leaves.proven:
            self._served(bundle, [one for one in leaves.hashes if one is not None])
        else:
            self.seen += len(bundle.served)

    def settle(self) -> None:
        """Compare what is left where a run ends."""
        if (self._found or self._expected) and not self.mismatch:
            self._mismatch(self._place, next(iter(self._found), None), next(iter(self._expected), None))
        self._found.clear()
        self._expected.clear()

    def _mismatch(self, index: int, found: bytes | None, expected: bytes | None, *, altered: bool = False) -> None:
        if self.mismatch is None or index < self.mismatch.index:
            self.mismatch = Mismatch(index, found, expected, altered)

    def _served(self, bundle: Bundle, expected: Sequence[bytes]) -> None:
        if not self._found and not self._expected:
            self._place = bundle.start
        self._found.extend(bundle.served or ())
        self._expected.extend(expected)
        while self._found and self._expected:
            found, true = self._found.popleft(), self._expected.popleft()
            if found != true:
                self._mismatch(self._place, found, true)
                return
            self._place += 1
            self.seen += 1

    def _archived(self, bundle: Bundle, leaves: Leaves) -> None:
        for row in bundle.archived:
            offset = row.index - bundle.start
            true = leaves.hashes[offset] if 0 <= offset < len(leaves.hashes) else None
            if leaves.proven and (row.hash != true or not row.whole):
                altered = not row.whole or bundle.served is not None
                self._mismatch(max(row.index, 0), row.hash, true, altered=altered)
                return

    def _gaps(self, bundle: Bundle, width: int) -> None:
        there = {row.index for row in bundle.archived}
        self.seen += len(there)
        for index in range(bundle.start, bundle.start + width):
            if index in there:
                continue
            if self.gaps and self.gaps[-1].last == index - 1:
                self.gaps[-1].last = index
            else:
                self.gaps.append(Gap(index, index))


def classify(mismatch: Mismatch, found: Iterable[bytes], expected: Iterable[bytes]) -> Kind:
    """Say what happened at the first mismatch, from how often the two hashes there occur in the log as a whole."""
    if mismatch.altered:
        return Kind.ALTERED
    had = _count(found, mismatch)
    true = _count(expected, mismatch)
    stray = mismatch.found is not None and had[0] > true[0]
    if mismatch.expected is None or (had[1] >= true[1] and stray):
        return Kind.INSERTED
    if had[1] < true[1]:
        return Kind.ALTERED if stray else Kind.REMOVED
    return Kind.REORDERED


def _count(hashes: Iterable[bytes], mismatch: Mismatch) -> tuple[int, int]:
    """Return how often the hash found at the mismatch occurs, and how often the one expected there."""
    of_found = of_expected = 0
    for one in hashes:
        of_found += one == mismatch.found
        of_expected += one == mismatch.expected
    return of_found, of_expected


def found_hashes(bundles: Callable[[], Iterator[Bundle]]) -> Iterator[bytes]:
    """Give the hashes of all entries that there are, each index once: archived rows where nothing is served."""
    for bundle in bundles():
        yield from bundle.served if bundle.served is not None else (row.hash for row in bundle.archived)


def name_gaps(gaps: Iterable[Gap], archived: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Give the gaps as findings: taken out of an archive that should hold them, else simply not there."""
    for gap in gaps:
        covered = any(first <= gap.first <= last for first, last in archived)
        yield Finding(Kind.REMOVED if covered else Kind.MISSING, gap.first, gap.last)
