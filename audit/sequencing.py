"""Giving entries their places in the tree: in batches, the first to wait first, by one process at a time.

A batch is one transaction: places, tiles and the tree's state come with the entries' leaving the queue or not at all.
An entry whose transaction commits late stays in the queue until then, so that no gap arises and no writer waits.
"""

import logging
import threading
import time
from collections.abc import Sequence
from uuid import UUID

from django.db import close_old_connections, connection, transaction

from audit.errors import TreeMoved
from audit.inserting import insert_all
from audit.merkle import append, leaf_hash
from audit.models import Pending, Sequenced, Tile, Tree
from audit.proofs import partial_hashes
from audit.publishing import publish
from audit.tiles import completed, split_hashes
from audit.turns import take_turn

BATCH = 2_000
# How long a sequencer rests when nothing waits: an entry has its place within half a second.
PAUSE_SECONDS = 0.4
_RETRY_SECONDS = 1.0

Waiting = tuple[int, UUID, bytes]
"""An entry in the queue: its number there, its id, its leaf."""

log = logging.getLogger(__name__)


def sequence_batch(limit: int = BATCH) -> int:
    """Give the entries that wait the longest their places; return how many: 0 also where another has its turn."""
    if not Pending.objects.exists():
        return 0
    with transaction.atomic():
        waiting = _first_waiting(limit) if take_turn() else []
        if waiting:
            _place(waiting)
    return len(waiting)


def _first_waiting(limit: int) -> list[Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.seq, p.entry, e.leaf FROM (SELECT seq, entry FROM audit_pending ORDER BY seq LIMIT %s) p "
            "JOIN audit_entry e ON e.id = p.entry ORDER BY p.seq",
            [limit],
        )
        # SQLite keeps a UUID as text.
        return [(seq, entry if isinstance(entry, UUID) else UUID(entry), bytes(leaf)) for seq, entry, leaf in cursor]


def _place(waiting: Sequence[Waiting]) -> None:
    tree, _ = Tree.objects.get_or_create(pk=Tree.ONLY)
    size, hashes = tree.size, [leaf_hash(leaf) for _, _, leaf in waiting]
    insert_all(
        Sequenced,
        (
            {"index": index, "entry": entry, "leaf_hash": hashed}
            for index, ((_, entry, _), hashed) in enumerate(zip(waiting, hashes, strict=True), start=size)
        ),
    )
    tiles = completed(size, hashes, lambda level: partial_hashes(level, size))
    insert_all(Tile, ({"level": t.level, "index": t.index, "hashes": t.hashes, "root": t.root} for t in tiles))
    edge = split_hashes(bytes(tree.edge))
    for count, hashed in enumerate(hashes, start=size):
        append(edge, count, hashed)
    grown = {"size": size + len(hashes), "edge": b"".join(edge)}
    if Tree.objects.filter(pk=Tree.ONLY, size=size).update(**grown) != 1:
        raise TreeMoved("the tree has grown meanwhile")
    if _leave_queue([seq for seq, _, _ in waiting]) != len(waiting):
        raise TreeMoved("entries have left the queue meanwhile")


def _leave_queue(numbers: list[int]) -> int:
    if connection.vendor != "postgresql":
        return Pending.objects.filter(seq__in=numbers).delete()[0]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_pending WHERE seq = ANY(%s)", [numbers])
        return int(cursor.rowcount)


# --- Keeping up --------------------------------------------------------------------------------------------------


def keep_up(*, seconds: float = 1.0) -> int:
    """Sequence what waits, for about so many seconds at most, and sign the tree; return how many entries."""
    until, placed = time.monotonic() + seconds, 0
    while batch := sequence_batch():
        placed += batch
        if batch < BATCH or time.monotonic() >= until:
            break
    publish()
    return placed


def sequence_until(stop: threading.Event) -> None:
    """Keep up until `stop` is set. A failure (no database, say) is logged and tried again."""
    while not stop.is_set():
        rest = PAUSE_SECONDS
        try:
            close_old_connections()
            if keep_up() >= BATCH:
                rest = 0.0
        except Exception:
            log.exception("the sequencer could not go on; it tries again")
            rest = _RETRY_SECONDS
        stop.wait(rest)
