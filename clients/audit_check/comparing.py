"""Entries against the leaf hashes that the root vouches for: which is the first that is not what it was, and how."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from audit_check.entries import Bundle
from audit_check.findings import Finding, Kind
from audit_check.layout import WIDTH
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
class Run:
    """Entries in a row, `first` to `last`."""

    first: int
    last: int


def _add(runs: list[Run], index: int) -> None:
    """Add an entry to the runs, which grow at their end."""
    if runs and runs[-1].last == index - 1:
        runs[-1].last = index
    else:
        runs.append(Run(index, index))


class Comparison:
    """Takes bundle after bundle beside its tile; keeps the first mismatch, what is not there, and what is there twice.

    What is served is compared as one run from one bundle to the next: a bundle with an entry too many or too few puts
    all that follow out of step, as in a log from which an entry was taken. Of a bundle of which a part is archived the
    log may serve the rest.
    """

    def __init__(self) -> None:
        self.mismatch: Mismatch | None = None
        self.gaps: list[Run] = []
        self.twice: list[Run] = []
        self.seen = 0
        self._found: deque[bytes] = deque()
        self._expected: deque[tuple[int, bytes]] = deque()
        self._end = 0

    def take(self, bundle: Bundle, leaves: Leaves) -> None:
        """Compare what there is of the entries of one tile."""
        if self.mismatch:
            return
        archived = self._archived(bundle, leaves)
        places = list(enumerate(leaves.hashes, bundle.start))
        if bundle.served is None or len(bundle.served) < len(places):
            places = [(index, true) for index, true in places if index not in archived]
        if bundle.served is None or not leaves.proven or not places:
            self.settle()
        if bundle.served is None:
            for index, _ in places:
                _add(self.gaps, index)
        elif leaves.proven and places:
            self._served(bundle.served, [(index, true) for index, true in places if true is not None])
        else:
            self.seen += len(places)

    def settle(self) -> None:
        """Compare what is left where a run ends."""
        if self._expected:
            self._mismatch(self._expected[0][0], next(iter(self._found), None), self._expected[0][1])
        elif self._found:
            self._mismatch(self._end, self._found[0], None)

    def _mismatch(self, index: int, found: bytes | None, expected: bytes | None, *, altered: bool = False) -> None:
        if self.mismatch is None or index < self.mismatch.index:
            self.mismatch = Mismatch(index, found, expected, altered)

    def _served(self, served: Sequence[bytes], expected: Sequence[tuple[int, bytes]]) -> None:
        self._found.extend(served)
        self._expected.extend(expected)
        while self._found and self._expected:
            found, (index, true) = self._found.popleft(), self._expected.popleft()
            if found != true:
                self._mismatch(index, found, true)
                return
            self._end = index + 1
            self.seen += 1

    def _archived(self, bundle: Bundle, leaves: Leaves) -> set[int]:
        """Compare the archived rows of a tile, each by its own index; return which there are."""
        there: set[int] = set()
        for row in bundle.archived:
            offset = row.index - bundle.start
            true = leaves.hashes[offset] if 0 <= offset < len(leaves.hashes) else None
            if leaves.proven and (row.hash != true or not row.whole):
                altered = not row.whole or (bundle.served is not None and len(bundle.served) == len(leaves.hashes))
                self._mismatch(max(row.index, 0), row.hash, true, altered=altered)
            if row.index in there:
                _add(self.twice, row.index)
            there.add(row.index)
        if bundle.served is None or len(bundle.served) < len(leaves.hashes):
            self.seen += len(there)
        return there


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


def found_hashes(bundles: Callable[[], Iterator[Bundle]], size: int) -> Iterator[bytes]:
    """Give the hashes of all entries that there are, each index once: archived rows where they are not served."""
    for bundle in bundles():
        served = bundle.served or ()
        yield from served
        if len(served) < min(WIDTH, size - bundle.start):
            yield from (row.hash for row in bundle.archived)


def name_runs(comparison: Comparison, damaged: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Give what is not there and what is there twice; what is missing from a damaged archive was taken out of it."""
    for gap in comparison.gaps:
        taken = any(first <= gap.first <= last for first, last in damaged)
        yield Finding(Kind.REMOVED if taken else Kind.MISSING, gap.first, gap.last)
    for run in comparison.twice:
        yield Finding(Kind.TWICE, run.first, run.last)
