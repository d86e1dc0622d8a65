"""The check of a whole log: checkpoint, tiles, entries and archives, in one pass and with flat memory."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from audit_check.archives import Archive, check_archive
from audit_check.comparing import Comparison, classify, found_hashes, name_runs
from audit_check.entries import Bundle, Entries
from audit_check.findings import Finding, Kind
from audit_check.layout import WIDTH, tile_path, width_of
from audit_check.merkle import EMPTY_ROOT, Frontier
from audit_check.notes import (
    Checkpoint,
    Note,
    NoteError,
    VerifierKey,
    Witnessed,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    witnessed,
)
from audit_check.sources import ClosedError, Source, UnreadableError
from audit_check.tree import Leaves, Tree


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked beside the log itself.

    `since` holds older checkpoints that whoever asks has kept. Without `entries` only tiles are read; `must_open` says
    that entries are expected to be open. A `quorum` of None asks for every witness named.
    """

    key: VerifierKey
    since: Sequence[bytes] = ()
    witnesses: Sequence[VerifierKey] = ()
    quorum: int | None = None
    archives: Sequence[Archive] = ()
    entries: bool = True
    must_open: bool = True


@dataclass(slots=True)
class Report:
    """What a check of a log found; the findings in their order."""

    checkpoint: Checkpoint
    findings: list[Finding] = field(default_factory=list)
    entries: int | None = None
    continued: list[Checkpoint] = field(default_factory=list)
    witnesses: dict[str, dt.datetime] = field(default_factory=dict)

    @property
    def proven(self) -> bool:
        """Whether all that was asked is proven."""
        return not self.findings


def check_log(source: Source, asked: Asked, progress: Callable[[int], object] = int) -> Report:
    """Check a log; `progress` is told of so many entries more. Raises `UnreadableError` where it cannot be read."""
    data = source.read("checkpoint")
    if data is None:
        raise UnreadableError("there is no checkpoint")
    try:
        note, checkpoint = open_checkpoint(data, asked.key)
    except NoteError as error:
        return Report(_claimed(data), [Finding(Kind.CHECKPOINT, where=str(error))])
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return Report(checkpoint, [Finding(Kind.CHECKPOINT, where="a log without entries has another root")])
    report = Report(checkpoint)
    report.findings += _witnesses(report, note, asked)
    history = _History(asked, checkpoint)
    _walk(source, asked, report, history, progress)
    report.findings += history.findings(report)
    for archive in asked.archives:
        report.findings += _archive_findings(archive, report.findings)
    report.findings = sorted(map(history.narrowed, report.findings), key=lambda finding: finding.order)
    return report


def _archive_findings(archive: Archive, known: Sequence[Finding]) -> list[Finding]:
    """Return what is wrong with an archive's file; where no entry of it is known to be wrong, by a look at its rows."""
    if not archive.findings or any(archive.first <= (found.first or 0) <= archive.last for found in known):
        return list(archive.findings)
    return list(check_archive(archive))


def _claimed(data: bytes) -> Checkpoint:
    """Return what an untrusted checkpoint claims."""
    try:
        return parse_checkpoint(parse_note(data).text)
    except NoteError:
        return Checkpoint("?", 0, b"")


def _witnesses(report: Report, note: Note, asked: Asked) -> Iterator[Finding]:
    try:
        found: Witnessed = witnessed(note, asked.witnesses)
    except NoteError as error:
        yield Finding(Kind.CHECKPOINT, where=str(error))
        return
    report.witnesses = found.times
    quorum = len(asked.witnesses) if asked.quorum is None else asked.quorum
    if len(found.times) < quorum:
        yield Finding(Kind.WITNESSES, where=f"{len(found.times)} < {quorum}; {', '.join(found.absent)}")


def _walk(source: Source, asked: Asked, report: Report, history: "_History", progress: Callable[[int], object]) -> None:
    size, root = report.checkpoint.size, report.checkpoint.root
    entries = Entries(source, size, [archive for archive in asked.archives if archive.rows])
    with_entries = asked.entries and _open(source, size, must=asked.must_open)

    def bundle(number: int) -> list[bytes] | None:
        return entries.served(number) if with_entries else None

    tree = Tree(source, size, root, bundle)
    bundles = entries.bundles() if with_entries else _unseen(size)
    comparison = Comparison()
    for leaves, one in zip(tree.leaves(), bundles, strict=True):
        if with_entries:
            comparison.take(one, leaves)
        history.take(leaves)
        progress(len(leaves.hashes))
    comparison.settle()
    report.findings += tree.faults
    if not with_entries:
        return
    report.entries = comparison.seen
    report.findings += [
        *entries.faults,
        *name_runs(comparison, [(a.first, a.last) for a in asked.archives if a.findings]),
    ]
    if comparison.mismatch:
        again = Tree(source, size, root, bundle)
        true = (one for leaves in again.leaves() for one in leaves.hashes if one is not None)
        kind = classify(comparison.mismatch, found_hashes(entries.bundles, size), true)
        report.findings.append(Finding(kind, comparison.mismatch.index, comparison.mismatch.index))


def _open(source: Source, size: int, *, must: bool) -> bool:
    """Return whether the entries may be read."""
    try:
        if size:
            source.read(tile_path("entries", 0, width_of(size, 0, 0)))
    except ClosedError:
        if must:
            raise
        return False
    return True


def _unseen(size: int) -> Iterator[Bundle]:
    yield from (Bundle(start, None) for start in range(0, size, WIDTH))


class _History:
    """Older checkpoints that were kept: does the log still begin with what each of them says?"""

    def __init__(self, asked: Asked, latest: Checkpoint) -> None:
        self._wrong: list[Finding] = []
        self._kept: list[Checkpoint] = []
        for data in asked.since:
            try:
                self._kept.append(open_checkpoint(data, asked.key)[1])
            except NoteError as error:
                raise UnreadableError(f"a checkpoint that was kept: {error}") from error
        self._latest = latest
        self._frontier = Frontier()
        self._known = True
        self._roots: dict[int, bytes | None] = {0: self._frontier.root()}
        self._sizes = {one.size for one in self._kept}

    def take(self, leaves: Leaves) -> None:
        """Note the roots at the sizes that were kept."""
        if not self._sizes:
            return
        for one in leaves.hashes:
            self._known = self._known and one is not None
            self._frontier.append(one or b"")
            if self._frontier.size in self._sizes:
                self._roots[self._frontier.size] = self._frontier.root() if self._known else None

    def findings(self, report: Report) -> Iterator[Finding]:
        """Give what does not continue; the checkpoints that are continued go into the report."""
        for one in self._kept:
            if one.size > self._latest.size:
                yield Finding(Kind.SHRUNK, self._latest.size, one.size - 1)
            elif self._roots[one.size] == one.root:
                report.continued.append(one)
        bad = self._first_bad
        if bad is not None:
            yield Finding(Kind.REWRITTEN, self._last_good, bad - 1)

    @property
    def _last_good(self) -> int:
        """The largest size up to which the log is what it was."""
        return max((one.size for one in self._kept if self._roots.get(one.size) == one.root), default=0)

    @property
    def _first_bad(self) -> int | None:
        known = (one for one in self._kept if one.size <= self._latest.size)
        return min((one.size for one in known if self._roots[one.size] != one.root), default=None)

    def narrowed(self, finding: Finding) -> Finding:
        """Return what is said of a range of entries, without those that a kept checkpoint vouches for."""
        if finding.kind is not Kind.UNPROVEN or finding.first is None or finding.last is None:
            return finding
        first = max(finding.first, min(self._last_good, finding.last))
        return Finding(finding.kind, first, finding.last, finding.where)
