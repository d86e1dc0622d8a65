"""What other apps may ask the record."""

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from audit.errors import EntriesArchived
from audit.leaf import Committed
from audit.models import Archive, Checkpoint, Entry, Pending, Personal, Sequenced
from audit.partitioning import Month
from audit.personal import open_values
from foundation.sealing import SealError

__all__ = [
    "Checkpoint",
    "Entry",
    "Usage",
    "checkpoint",
    "entries",
    "entries_about",
    "entry_by_id",
    "leaf_of",
    "leaves",
    "openings",
    "personal_values",
    "place_of",
    "usage",
    "waiting_since",
]

log = logging.getLogger(__name__)


def entries(
    *, action: str = "", outcome: str = "", department: str = "", case: str = "", subject: str = ""
) -> QuerySet[Entry]:
    """Return entries, newest first (their keys are ordered by time), narrowed by what is given."""
    found = Entry.objects.order_by("-id")
    if action:
        found = found.filter(action=action)
    if outcome:
        found = found.filter(outcome=outcome)
    if department:
        found = found.filter(actor_department=department)
    if case:
        found = found.filter(case=case)
    if subject:
        found = found.filter(subject=subject)
    return found


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
    """Return the leaves at `count` places of the tree from `start` on; none where it does not reach so far.

    Entries that are archived, or gone, are left out: whoever checks the log sees by the hashes which they are. Raises
    `EntriesArchived` where that are all of them.
    """
    span = Sequenced.objects.filter(index__gte=start, index__lt=start + count)
    placed = list(span.order_by("index").values_list("entry", flat=True))
    if len(placed) < count:
        return []
    found = dict(Entry.objects.filter(pk__in=placed).values_list("pk", "leaf"))
    if placed and not found:
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


def actions() -> list[str]:
    """Return the actions that stand in the record."""
    return list(Entry.objects.order_by("action").values_list("action", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Usage:
    """Accesses of one department since a time."""

    department: str
    verified: int
    disclosed: int
    refused: int


def usage(since: dt.datetime) -> list[Usage]:
    """Return how much each department asked since `since`, the busiest first."""
    looked = Q(action__in=["verify", "disclose"])
    rows = (
        Entry.objects.filter(looked, at__gte=since)
        .values("actor_department")
        .annotate(
            verified=Count("id", filter=Q(action="verify") & ~Q(outcome="refused")),
            disclosed=Count("id", filter=Q(action="disclose") & ~Q(outcome="refused")),
            refused=Count("id", filter=Q(outcome="refused")),
            total=Count("id"),
        )
        .order_by("-total", "actor_department")
    )
    return [Usage(r["actor_department"], r["verified"], r["disclosed"], r["refused"]) for r in rows]


def archived_before() -> dt.date | None:
    """Return the day before which (by UTC) entries stand in archive files and no more in pages; None where all do."""
    newest = Archive.objects.order_by("-month").first()
    return Month(newest.month).plus(1).first if newest else None


def archive_of(index: int) -> Archive | None:
    """Return the archive that may hold the entry at this place of the tree; whether it does its file says."""
    return Archive.objects.filter(first_index__lte=index, last_index__gte=index).order_by("month").first()


def counts() -> dict[str, int]:
    """Return how many entries stand in the record, how many of them are sequenced and how many wait."""
    return {
        "entries": Entry.objects.count(),
        "sequenced": Sequenced.objects.count(),
        "pending": Pending.objects.count(),
        "refused": Entry.objects.filter(outcome="refused").count(),
    }
