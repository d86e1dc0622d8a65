"""Archiving: a month's entries that are past their retention move to a signed file, and their partition is dropped.

Each step leaves what a repeated command goes on from: a file without its note is written anew, one with its note is
read back against the database, and only then the rows go, in one transaction with the entry that says so. On SQLite,
which has no partitions and whose triggers refuse every DELETE, the rows stay; only their personal values go.
"""

import hashlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from audit import notes
from audit.errors import ArchiveStopped
from audit.logkey import log_key, signer_of, verifier_key
from audit.models import Archive, Entry, LogKey, Personal, Sequenced
from audit.parquet import ArchiveDamaged, Row, read_rows, write_rows
from audit.partitioning import Month, drop_partition, is_partitioned, make_partitions, months_kept
from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.files import written_aside

SUFFIX = ".note"
_AT_ONCE = 2_000
_ROWS = """
SELECT s."index", s.leaf_hash, e.leaf FROM audit_entry e JOIN audit_sequenced s ON s.entry = e.id
WHERE e.id >= %s AND e.id < %s ORDER BY s."index"
"""


def months_due(before: Month) -> list[Month]:
    """Return the months before `before` whose entries stand in the database and in no archive, the oldest first."""
    done = {Month(archive.month) for archive in Archive.objects.all()}
    return [month for month in _months(before) if month not in done]


def _months(before: Month) -> Iterator[Month]:
    if is_partitioned(connection):
        make_partitions(connection, at=now())
        yield from (month for month in months_kept(connection) if month < before)
        return
    above = UUID(int=0)
    while first := Entry.objects.filter(pk__gte=above, pk__lt=before.lowest).order_by("pk").first():
        month = Month.of_key(first.pk)
        if month is None:
            raise ArchiveStopped(f"entry {first.pk} has no time of its own")
        yield month
        above = month.after


def archive_month(month: Month, *, folder: Path, actor: Actor = PLATFORM) -> Archive | None:
    """Write a month's entries to `record-YYYY-MM.parquet` in `folder` with its note, read it back, and let them go.

    None where the month has no entries. Raises `ArchiveStopped` or `ArchiveDamaged`, and then no row is gone.
    """
    count = _entries(month).count()
    placed = Sequenced.objects.filter(entry__gte=month.lowest, entry__lt=month.after).count()
    if count != placed:
        raise ArchiveStopped(f"{month}: {count} entries, of which {placed} have their place in the tree")
    if count == 0:
        _let_go(month, 0)
        return None
    path, key = folder / f"record-{month}.parquet", log_key()
    if not note_path(path).exists():
        _write(path, month)
        _put(note_path(path), str(_note(path, key)).encode())
    archive = _read_back(path, month, key)
    return _finish(archive, month, actor)


def _entries(month: Month) -> QuerySet[Entry]:
    return Entry.objects.filter(pk__gte=month.lowest, pk__lt=month.after)


# --- The file ----------------------------------------------------------------------------------------------------


def note_path(path: Path) -> Path:
    """Return where the note of a file stands."""
    return path.with_name(path.name + SUFFIX)


def _write(path: Path, month: Month) -> None:
    with written_aside(path) as partial:
        write_rows(partial, _rows(month))


def _put(path: Path, content: bytes) -> None:
    with written_aside(path) as partial:
        partial.write_bytes(content)


def _rows(month: Month) -> Iterator[Row]:
    """Yield the month's entries as the database has them, by their place in the tree."""
    keys = [month.lowest, month.after]
    span = keys if connection.vendor == "postgresql" else [key.hex for key in keys]
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, span)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from ((index, bytes(hashed), bytes(leaf)) for index, hashed, leaf in rows)


# --- Its note ----------------------------------------------------------------------------------------------------


def _note(path: Path, key: LogKey) -> notes.Note:
    count = first = last = 0
    for count, (index, _, _) in enumerate(read_rows(path), start=1):
        first, last = index if count == 1 else first, index
    text = note_text(key.origin, path.name, _digest(path), rows=count, first=first, last=last)
    return notes.sign_note(text, name=key.origin, public=bytes(key.public), sign=signer_of(key).sign)


def note_text(origin: str, name: str, digest: bytes, *, rows: int, first: int, last: int) -> str:
    """Return what the log signs of an archive: origin, file name, SHA-256, how many rows, first and last index."""
    return f"{origin}/archive\n{name}\n{digest.hex()}\n{rows}\n{first}\n{last}\n"


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _read_back(path: Path, month: Month, key: LogKey) -> Archive:
    """Return what the file and its note say, once they are found to say just what the database does."""
    note = notes.parse_note(note_path(path).read_text("utf-8"))
    notes.verify_note(note, [verifier_key(key)])
    count = first = last = 0
    for count, (kept, row) in enumerate(zip_longest(read_rows(path), _rows(month)), start=1):
        if kept != row:
            raise ArchiveDamaged(f"{path} is not what the database has of {month}: move it away, and look into it")
        first, last = row[0] if count == 1 else first, row[0]
    digest = _digest(path)
    if note.text != note_text(key.origin, path.name, digest, rows=count, first=first, last=last):
        raise ArchiveDamaged(f"{note_path(path)} is not the note of {path}")
    return Archive(
        month=month.first, file=path.name, digest=digest, rows=count, first_index=first, last_index=last, made_at=now()
    )


# --- Letting go --------------------------------------------------------------------------------------------------


@transaction.atomic
def _finish(archive: Archive, month: Month, actor: Actor) -> Archive:
    Personal.objects.filter(entry__gte=month.lowest, entry__lt=month.after).delete()
    _let_go(month, archive.rows)
    archive.save(force_insert=True)
    record(
        action="archive_record",
        actor=actor,
        subject=Subject("archive", archive.file),
        outcome="done",
        fields=[archive.digest.hex(), str(archive.rows), str(archive.first_index), str(archive.last_index)],
    )
    return archive


@transaction.atomic
def _let_go(month: Month, archived: int) -> None:
    """Drop the month's partition, where there are any, if it holds just so many rows."""
    if not is_partitioned(connection):
        return
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {month.partition} IN ACCESS EXCLUSIVE MODE")
        if _entries(month).count() != archived:
            raise ArchiveStopped(f"{month}: entries have come meanwhile")
        drop_partition(cursor, month)
