"""The sequenced record as a feed: each named reader takes every entry once, in the order of the tree.

A reader's place moves in the transaction of what it writes, so that whatever crashes, no entry is taken twice or left
out. Apps above learn of changes below in this way, never by signals.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from audit.models import Cursor, Entry, Sequenced

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry with its index in the tree. Its leaf is not loaded until it is asked for."""

    index: int
    entry: Entry


@contextmanager
def take(name: str, limit: int = CHUNK) -> Iterator[list[Placed]]:
    """Give the next entries that `name` has not taken, at most `limit`, in a transaction of its own or the caller's.

    Where the block raises nothing is taken. A second reader of the same name waits for the first (by PostgreSQL's row
    lock, SQLite's write lock). An entry that was archived meanwhile is passed over.
    """
    with transaction.atomic():
        start = hold(name)
        stop, taken = _page(start, None, limit)
        yield taken
        if stop > start:
            _move(name, stop)


def taken_by(name: str) -> int:
    """Return how many entries of the tree `name` has taken: the index of the first that it has not."""
    return Cursor.objects.filter(name=name).values_list("next_index", flat=True).first() or 0


def hold(name: str) -> int:
    """Return what `taken_by` does, and let nobody move it before the caller's transaction ends."""
    Cursor.objects.get_or_create(name=name)
    return Cursor.objects.select_for_update().get(name=name).next_index


def rewind(name: str) -> None:
    """Let `name` begin anew; the caller removes in the same transaction what it made of the entries."""
    hold(name)
    _move(name, 0)


def _move(name: str, index: int) -> None:
    Cursor.objects.filter(name=name).update(next_index=index)


def entries_before(stop: int) -> Iterator[Placed]:
    """Return the entries whose index is below `stop`, in the order of the tree, a chunk in memory at a time."""
    start = 0
    while start < stop:
        reached, found = _page(start, stop, CHUNK)
        if reached == start:
            return
        yield from found
        start = reached


def _page(start: int, stop: int | None, limit: int) -> tuple[int, list[Placed]]:
    """Return the index after the last of a page, and the page's entries."""
    places = Sequenced.objects.filter(index__gte=start, **({} if stop is None else {"index__lt": stop}))
    found = list(places.order_by("index").values_list("index", "entry")[:limit])
    entries = Entry.objects.defer("leaf").in_bulk([entry for _, entry in found])
    placed = [Placed(index, entries[entry]) for index, entry in found if entry in entries]
    return (found[-1][0] + 1 if found else start), placed
