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

__all__ = [
    "Checkpoint",
    "Entry",
    "checkpoint",
    "entries",
    "entries_about",
    "entries_by_id",
    "entry_by_id",
    "leaf_of",
    "leaves",
    "openings",
    "personal_values",
    "place_of",
    "waiting_since",
]

CHUNK = 2000
NARROWING: Mapping[str, str] = {
    "department": "actor_department",
    **{name: name for name in ("action", "outcome", "reason", "item", "licence_type", "purpose", "case", "subject")},
}
"""What entries are narrowed by, and the column that each narrows."""

log = logging.getLogger(__name__)
_BESIDE_WITHIN = 10_000  # milliseconds


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


def entries_on(subjects: Iterable[str], actions: Iterable[str]) -> QuerySet[Entry]:
    """Return the entries of these actions about these subjects, whatever their kinds, newest first."""
    return Entry.objects.filter(subject__in=list(subjects), action__in=list(actions)).order_by("-id")


def entries_of(departments: Iterable[str] | None, actions: Iterable[str]) -> QuerySet[Entry]:
    """Return the entries of these actions by these departments (codes), or by anybody where None, newest first."""
    found = Entry.objects.filter(action__in=list(actions)).order_by("-id")
    return found if departments is None else found.filter(actor_department__in=list(departments))


def entries_beside(entry: Entry, action: str) -> list[Entry]:
    """Return the entries of an action that stand beside another: written with it, and naming it among their fields."""
    # Keys are ordered by time (RFC 9562, milliseconds above 80 bits), so that few rows are read.
    soon = UUID(int=entry.pk.int + (_BESIDE_WITHIN << 80))
    near = Entry.objects.filter(actor_department=entry.actor_department, pk__gt=entry.pk, pk__lt=soon, action=action)
    return [found for found in near.order_by("pk") if found.fields == [str(entry.pk)]]


def entries_by_id(keys: Iterable[UUID]) -> list[Entry]:
    """Return those of these entries that there are, the newest first."""
    return list(Entry.objects.filter(pk__in=list(keys)).order_by("-pk"))


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
    """Return the leaves at `count` places of the tree from `start` on; none where it does not reach so far.

    Entries that are archived, or gone, are left out: whoever checks the log sees by the hashes which they are. Raises
    `EntriesArchived` where archive files alone have all of them.
    """
    span = Sequenced.objects.filter(index__gte=start, index__lt=start + count)
    placed = list(span.order_by("index").values_list("entry", flat=True))
    if len(placed) < count:
        return []
    found = dict(Entry.objects.filter(pk__in=placed).values_list("pk", "leaf"))
    if not found and archive_of(start):
        raise _archived(start)
    return [bytes(found[entry]) for entry in placed if entry in found]


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
