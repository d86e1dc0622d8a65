"""What other apps may ask the record."""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.errors import EntriesArchived
from audit.leaf import Committed
from audit.models import Archive, Checkpoint, Entry, Pending, Personal, Sequenced
from audit.partitioning import Month
from audit.personal import open_values
from audit.tally import EITHER, LOOKS
from foundation.sealing import SealError

CHUNK = 2000
NARROWING: Mapping[str, str] = {
    "department": "actor_department",
    **{name: name for name in ("action", "outcome", "reason", "item", "licence_type", "purpose", "case", "subject")},
}
"""What entries are narrowed by, and the column that each narrows."""

__all__ = [
    "Checkpoint",
    "Entry",
    "checkpoint",
    "entries",
    "entries_about",
    "entry_by_id",
    "leaf_of",
    "leaves",
    "openings",
    "personal_values",
    "place_of",
    "waiting_since",
]

log = logging.getLogger(__name__)


def entries(**wanted: str) -> QuerySet[Entry]:
    """Return entries, newest first (their keys are ordered by time), narrowed by what is given of `NARROWING`.

    The action `tally.EITHER` stands for all looks.
    """
    columns: dict[str, Any] = {NARROWING[name]: value for name, value in wanted.items() if value}
    if columns.get("action") == EITHER:
        del columns["action"]
        columns["action__in"] = LOOKS
    return Entry.objects.order_by("-id").filter(**columns)


def during(found: QuerySet[Entry], since: dt.datetime, until: dt.datetime) -> QuerySet[Entry]:
    """Return those of the entries whose time is `since` or later, and before `until`."""
    return found.filter(at__gte=since, at__lt=until)


def entries_about(kind: str, identifiers: Iterable[str]) -> QuerySet[Entry]:
    """Return the entries about these subjects, newest first."""
    return Entry.objects.filter(subject_kind=kind, subject__in=list(identifiers)).order_by("-id")


def entry_by_id(key: UUID) -> Entry | None:
    """Return one entry."""
    return Entry.objects.filter(pk=key).first()


def leaf_of(entry: UUID) -> bytes | None:
    """Return the exact bytes of an entry that the tree hashes; raises `EntriesArchived` where a file alone has them."""
    leaf = Entry.objects.filter(pk=entry).values_list("leaf", flat=True).first()
    if leaf is not None:
        return bytes(leaf)
    index = place_of(entry)
    if index is not None:
        raise _archived(index)
    return None


def leaves(start: int, count: int) -> list[bytes]:
    """Return the leaves at `count` places of the tree from `start` on, fewer where it does not reach so far.

    Raises `EntriesArchived` where one of them stands in an archive file alone.
    """
    span = Sequenced.objects.filter(index__gte=start, index__lt=start + count)
    placed = dict(span.order_by("index").values_list("index", "entry"))
    found = dict(Entry.objects.filter(pk__in=placed.values()).values_list("pk", "leaf"))
    for index, entry in placed.items():
        if entry not in found:
            raise _archived(index)
    return [bytes(found[entry]) for entry in placed.values()]


def _archived(index: int) -> EntriesArchived:
    archive = archive_of(index)
    return EntriesArchived(archive.file if archive else "—")


def place_of(entry: UUID) -> int | None:
    """Return the index of an entry in the tree; None while it waits for one."""
    return Sequenced.objects.filter(entry=entry).values_list("index", flat=True).first()


def waiting_since() -> dt.datetime | None:
    """Return when the entry was made that waits the longest for its place; None where none waits."""
    first = Pending.objects.order_by("seq").values_list("entry", flat=True).first()
    return None if first is None else Entry.objects.filter(pk=first).values_list("at", flat=True).first()


def checkpoint() -> Checkpoint | None:
    """Return what was signed of the tree last."""
    return Checkpoint.objects.order_by("-size").first()


def personal_values(ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the personal values behind entries that have not been erased, by entry and name."""
    return {entry: {name: c.value for name, c in values.items()} for entry, values in openings(ids).items()}


def openings(ids: Iterable[UUID]) -> dict[UUID, dict[str, Committed]]:
    """Return what opens the commitments of entries, by entry and name, as far as it has not been erased or altered."""
    found: dict[UUID, dict[str, Committed]] = {}
    for row in Personal.objects.filter(entry__in=list(ids)):
        try:
            found[row.entry] = open_values(row)
        except SealError:
            log.exception("the personal values of entry %s do not open", row.entry)
    return found


def values_of(found: QuerySet[Entry], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Return these columns of entries and their `index` in the tree, newest first, a chunk in memory at a time.

    Those written meanwhile are left out: they are newer than the first.
    """
    page = found.order_by("-id")
    while rows := list(page.values(*{*columns, "id"})[:CHUNK]):
        index = dict(Sequenced.objects.filter(entry__in=[row["id"] for row in rows]).values_list("entry", "index"))
        yield from ({**row, "index": index.get(row["id"])} for row in rows)
        page = found.order_by("-id").filter(pk__lt=rows[-1]["id"])


def actions() -> list[str]:
    """Return the actions that stand in the record."""
    return list(Entry.objects.order_by("action").values_list("action", flat=True).distinct())


def archived_before() -> dt.date | None:
    """Return the day before which (by UTC) entries stand in archive files and no more in pages; None where all do."""
    newest = Archive.objects.order_by("-month").first()
    return Month(newest.month).plus(1).first if newest else None


def archive_of(index: int) -> Archive | None:
    """Return the archive that may hold the entry at this place of the tree; whether it does its file says."""
    return Archive.objects.filter(first_index__lte=index, last_index__gte=index).order_by("month").first()
