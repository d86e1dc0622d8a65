"""Archives: entries that left the log for a Parquet file, beside which a note signed by the log says what it holds.

Columns are `index` (int64), `leaf_hash` (32 bytes) and `leaf` (binary). The note's text has six lines: ORIGIN/archive,
the file's name, its SHA-256 in hex, the number of rows, the first index and the last. Rows stand in the order of their
index; an index between first and last may be missing, for where two archives meet their entries may be interleaved.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit_check.findings import Finding, Kind
from audit_check.merkle import leaf_hash
from audit_check.notes import LONGEST_NOTE, MalformedError, NoteError, VerifierKey, number, parse_note
from audit_check.sources import UnreadableError

_COLUMNS = ["index", "leaf_hash", "leaf"]
_ROWS_AT_ONCE = 4096


class ArchiveError(Exception):
    """The file cannot be read as an archive."""


@dataclass(frozen=True, slots=True)
class Archived:
    """One row; `whole` says whether the leaf hash in it is the leaf's."""

    index: int
    hash: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """What the signed note says of a file, and the findings where that does not hold."""

    path: Path
    rows: int
    first: int
    last: int
    findings: tuple[Finding, ...] = ()

    def entries(self) -> Iterator[Archived]:
        """Give the rows in their order; raises `ArchiveError` where the file is none."""
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(_ROWS_AT_ONCE, columns=_COLUMNS):
                    yield from _rows(batch)
        except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError) as error:
            # What Arrow raises where a file is damaged depends on the place of the damage.
            raise ArchiveError(f"{self.path.name}: {error}") from error


def _rows(batch: pa.RecordBatch) -> Iterator[Archived]:
    columns = (batch.column(name).to_pylist() for name in _COLUMNS)
    for index, said, leaf in zip(*columns, strict=True):
        if not (isinstance(index, int) and isinstance(said, bytes) and isinstance(leaf, bytes)):
            raise ArchiveError("a row is not what a row of an archive is")
        found = leaf_hash(leaf)
        yield Archived(index, found, found == said)


def open_archive(path: Path, key: VerifierKey) -> Archive:
    """Return what the note beside a file says, checked against the file's bytes; `UnreadableError` without a note.

    Where the note is not the log's, nothing that it says is taken: it then speaks of no entry.
    """
    note_path = path.with_name(f"{path.name}.note")
    try:
        with note_path.open("rb") as file:
            data = file.read(LONGEST_NOTE + 1)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from error
    try:
        note = parse_note(data)
        note.check(key)
        name, said, rows, first, last = _said(note.text, key)
    except NoteError as error:
        return Archive(path, 0, 0, -1, (Finding(Kind.ARCHIVE, where=f"{note_path.name}: {error}"),))
    wrong = [
        where
        for where, holds in ((f"{path.name} ≠ {name}", path.name == name), ("SHA-256", said == digest))
        if not holds
    ]
    findings = tuple(Finding(Kind.ARCHIVE, first, last, f"{path.name}: {where}") for where in wrong)
    return Archive(path, rows, first, last, findings)


def _said(text: str, key: VerifierKey) -> tuple[str, str, int, int, int]:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != 6 or lines[0] != f"{key.name}/archive":
        raise MalformedError(f"this is no note on an archive of {key.name}")
    rows, first, last = map(number, lines[3:])
    if not 0 < rows <= last - first + 1:
        raise MalformedError(f"{rows} rows cannot be from {first} to {last}")
    return lines[1], lines[2], rows, first, last


def check_archive(archive: Archive) -> Iterator[Finding]:
    """Give what is wrong with one archive by itself: first the row where that can be told, then the file."""
    if archive.rows:
        try:
            yield from _check_rows(archive)
        except ArchiveError as error:
            yield Finding(Kind.ARCHIVE, archive.first, archive.last, str(error))
    yield from archive.findings


def _check_rows(archive: Archive) -> Iterator[Finding]:
    where, lowest, count = archive.path.name, archive.first, 0
    # Where no index is left out, each row has its place, and the row that is missing can be told.
    dense = archive.rows == archive.last - archive.first + 1
    for row in archive.entries():
        if (dense or count == 0) and lowest < row.index <= archive.last:
            moved = any(later.index == lowest for later in archive.entries())
            last = row.index - 1 if dense and not moved else lowest
            yield Finding(Kind.REORDERED if moved else Kind.REMOVED, lowest, last, where)
            return
        if not lowest <= row.index <= archive.last:
            yield Finding(Kind.INSERTED, lowest, lowest, where)
            return
        if not row.whole:
            yield Finding(Kind.ALTERED, row.index, row.index, where)
            return
        lowest, count = row.index + 1, count + 1
    if lowest <= archive.last:
        yield Finding(Kind.REMOVED, lowest if dense else archive.last, archive.last, where)
    elif count != archive.rows:
        yield Finding(Kind.REMOVED, archive.first, archive.last, where)


def find_archives(folder: Path, key: VerifierKey) -> list[Archive]:
    """Return the archives in a folder, by their first entry."""
    if not folder.is_dir():
        raise UnreadableError(f"{folder} is no folder")
    paths = (note.with_name(note.name.removesuffix(".note")) for note in sorted(folder.glob("*.note")))
    return sorted((open_archive(path, key) for path in paths), key=lambda archive: archive.first)
