"""The whole log as files (C2SP tlog-tiles), for whoever checks it apart from the platform."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.db import transaction

from audit.errors import EntriesArchived, HashesMissing
from audit.logkey import log_key, verifier_key
from audit.models import Checkpoint
from audit.proofs import tile_hashes
from audit.queries import checkpoint, leaves
from audit.recording import Subject, record
from audit.tiles import WIDTH, Place, entry_bundle, tiles_of
from audit.witnesses import cosigned
from foundation.context import Actor
from foundation.files import written_aside


def export(folder: Path, *, actor: Actor, progress: Callable[[int], object] = int) -> Checkpoint | None:
    """Write the log as last signed: tiles, bundles of entries, key, and at last the checkpoint; record it.

    Entries that are not in the database (archived, or gone) are left out; the check of the export tells which.
    What stands in the folder already as full tile or bundle is not written again, so that an export goes on where the
    last one ended. `progress` is told how many entries were written. None where nothing was signed yet.
    """
    signed = checkpoint()
    if signed is None:
        return None
    with transaction.atomic():
        record(action="export_record", actor=actor, subject=Subject("record", str(signed.size)), outcome="done")
    for place in tiles_of(signed.size):
        _write_new(folder, place, _hashes)
        if place.level == 0:
            # Archived entries stand in their archive files, which are checked beside the log.
            with suppress(EntriesArchived):
                _write_new(folder, Place(None, place.index, place.width), _entries)
            progress(place.width)
    (folder / "key").write_text(f"{verifier_key(log_key())}\n", "utf-8")
    (folder / "checkpoint").write_text(str(cosigned(signed)), "utf-8")
    return signed


def _hashes(place: Place) -> bytes:
    row = tile_hashes(place.level or 0, place.index, place.width)
    if row is None:
        raise HashesMissing(f"the tile {place.path} is not in the database")
    return row


def _entries(place: Place) -> bytes | None:
    return entry_bundle(leaves(place.index * WIDTH, place.width)) or None


def _write_new(folder: Path, place: Place, content: Callable[[Place], bytes | None]) -> None:
    path = folder / "tile" / place.path
    data = None if path.exists() else content(place)
    if data is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as partial:
        partial.write_bytes(data)
