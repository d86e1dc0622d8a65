"""Figures of use, kept up as entries are sequenced and never counted when somebody looks at them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from django.db import transaction

from audit.errors import FiguresWouldBeLost
from audit.feed import Placed, entries_before, hold, rewind, take
from audit.models import Seen, UsageHour
from audit.queries import archived_before
from audit.tally import Figure, Key, Tally, hour_of, marks_of

READER = "usage"
BATCH = 5000
_MEASURES = ("count", "first_time", "repeated", "papers_saved")


def count_next(limit: int = BATCH) -> int:
    """Count the next entries of the tree into the figures, all or none of them; return how many."""
    with take(READER, limit) as taken:
        if taken:
            _count(taken)
    return len(taken)


def _count(taken: list[Placed]) -> None:
    entries = [placed.entry for placed in taken]
    known = Tally(
        figures=_figures_of({hour_of(entry.at) for entry in entries}),
        seen=_seen({mark for entry in entries for mark in marks_of(entry)}),
    )
    known.count_all(entries)
    UsageHour.objects.bulk_create(
        [UsageHour(**key._asdict(), **asdict(known.figures[key])) for key in sorted(known.changed)],
        update_conflicts=True,
        unique_fields=Key._fields,
        update_fields=_MEASURES,
    )
    Seen.objects.bulk_create(Seen(mark=mark) for mark in sorted(known.new))


def _seen(marks: Iterable[bytes]) -> set[bytes]:
    return {bytes(mark) for mark in Seen.objects.filter(mark__in=list(marks)).values_list("mark", flat=True)}


def _figures_of(hours: Iterable[dt.datetime] | None = None) -> dict[Key, Figure]:
    rows = UsageHour.objects.all() if hours is None else UsageHour.objects.filter(hour__in=list(hours))
    width = len(Key._fields)
    found = rows.values_list(*Key._fields, *_MEASURES)
    return {Key(*row[:width]): Figure(*row[width:]) for row in found.iterator()}


def recount(stop: int) -> Mapping[Key, Figure]:
    """Count the first `stop` entries of the tree anew, from the entries alone.

    Its memory grows with the figures and with the pairs seen (about 0.1 kB each).
    """
    fresh = Tally()
    fresh.count_all(placed.entry for placed in entries_before(stop))
    return fresh.figures


def differences() -> dict[Key, tuple[Figure, Figure]]:
    """Return where the figures kept differ from a recount: (kept, recounted) for each such combination.

    Of hours whose entries were archived nothing is compared. What later entries repeat may then be archived too, so
    that counts alone are compared.
    """
    since = archived_before()
    with transaction.atomic():
        # Entries never change, so that only the figures need to stand still while they are read.
        stop, kept = hold(READER), _figures_of()
    counted = recount(stop)
    if since:
        kept, counted = _counts_since(kept, since), _counts_since(counted, since)
    pairs = {key: (kept.get(key, Figure()), counted.get(key, Figure())) for key in kept.keys() | counted.keys()}
    return {key: pairs[key] for key in sorted(pairs) if pairs[key][0] != pairs[key][1]}


def _counts_since(found: Mapping[Key, Figure], since: dt.date) -> dict[Key, Figure]:
    return {key: Figure(figure.count) for key, figure in found.items() if key.hour.date() >= since}


def forget() -> None:
    """Take all figures away and begin anew; the next runs count everything again, in batches.

    Raises `FiguresWouldBeLost` where that could not bring them all back.
    """
    if since := archived_before():
        raise FiguresWouldBeLost(since)
    with transaction.atomic():
        rewind(READER)
        UsageHour.objects.all().delete()
        Seen.objects.all().delete()
