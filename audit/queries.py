"""What other apps may ask the record."""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.leaf import Committed
from audit.models import Archive, Entry, Personal, Sequenced
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

__all__ = ["Entry", "entries", "entries_about", "entry_by_id", "openings", "personal_values"]

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
