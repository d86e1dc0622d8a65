"""Parts of a play in a database of their own, where transactions really commit: make ready, write, look.

`write STOP SEED` goes on until there is a file STOP, and prints a line for each acknowledged entry: when it began, when
it was acknowledged, its id. `sequence KILLS SEED` lets two sequencers work and kills one at a time, in the end both.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from audit.logkey import log_key, verifier_key  # noqa: E402
from audit.merkle import leaf_hash, tree_root  # noqa: E402
from audit.models import Checkpoint, Entry, Pending, Sequenced, Tile  # noqa: E402
from audit.notes import parse_checkpoint, parse_note, verify_note  # noqa: E402
from audit.recording import Act, Subject, record_all  # noqa: E402
from audit.sequencing import sequence_until  # noqa: E402
from audit.tiles import WIDTH, tiles_of  # noqa: E402
from foundation.context import PLATFORM  # noqa: E402
from tests.databases import counted  # noqa: E402

# On SQLite writers take turns, and many that wait would leave none to the sequencer.
THREADS = 4 if connection.vendor == "postgresql" else 1
_printing = threading.Lock()


def ready() -> None:
    call_command("migrate", verbosity=0)
    log_key()


def write(stop: str, seed: str) -> None:
    threads = [threading.Thread(target=_write, args=(Path(stop), int(seed) * 100 + n)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _write(stop: Path, seed: int) -> None:
    """Record in transactions of all lengths, some undone: many commit later than others that began after them."""
    chance = random.Random(seed)
    longest = 0.05 if connection.vendor == "postgresql" else 0.002
    while not stop.exists():
        began = time.monotonic()
        with transaction.atomic():
            acts = [Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(chance.randint(1, 9))]
            entries = record_all(acts)
            time.sleep(chance.random() ** 3 * longest)
            undone = chance.random() < 0.1
            if undone:
                transaction.set_rollback(True)
        acknowledged = time.monotonic()
        if not undone:
            lines = "".join(f"{json.dumps([began, acknowledged, str(entry)])}\n" for entry in entries)
            with _printing:
                sys.stdout.write(lines)
                sys.stdout.flush()
        time.sleep(chance.random() * longest)
    connection.close()


def sequence(kills: str, seed: str) -> None:
    """Fork sequencers, which start at once, and kill them at work; print how far the tree was at each kill."""
    chance, sequencers, sizes = random.Random(int(seed)), [_forked(), _forked()], [0]
    try:
        for _ in range(int(kills)):
            while counted(os.environ, "audit_sequenced") <= sizes[-1]:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.3))
            _kill(sequencers.pop(chance.randrange(2)))
            sequencers.append(_forked())
            sizes.append(counted(os.environ, "audit_sequenced"))
    finally:
        for process in sequencers:
            _kill(process)
    json.dump(sizes, sys.stdout)


def _forked() -> int:
    process = os.fork()
    if process == 0:
        try:
            sequence_until(threading.Event())
        finally:
            os._exit(1)  # never into the parent's code
    return process


def _kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def look() -> None:
    entries = dict(Entry.objects.values_list("pk", "leaf"))
    places = list(Sequenced.objects.order_by("index").values_list("index", "entry", "leaf_hash"))
    hashes = [bytes(hashed) for *_, hashed in places]
    signed = list(Checkpoint.objects.order_by("size"))
    key = verifier_key(log_key())
    full = {(p.level, p.index) for p in tiles_of(len(places)) if p.width == WIDTH}
    tiles = {(t.level, t.index): bytes(t.hashes) for t in Tile.objects.all()}
    found = {
        "entries": sorted(map(str, entries)),
        "places": {str(entry): index for index, entry, _ in places},
        "contiguous": [index for index, *_ in places] == list(range(len(places))),
        "hashes_right": all(leaf_hash(bytes(entries[entry])) == bytes(hashed) for _, entry, hashed in places),
        "tiles_right": tiles.keys() == full
        and all(
            row == b"".join(hashes[index * WIDTH : (index + 1) * WIDTH])
            for (level, index), row in tiles.items()
            if level == 0
        ),
        "signed": [c.size for c in signed],
        "roots_right": all(tree_root(hashes[: c.size]) == bytes(c.root) for c in signed),
        "notes_right": all(
            verify_note(parse_note(c.note), [key]) and parse_checkpoint(parse_note(c.note).text).size == c.size
            for c in signed
        ),
        "waiting": Pending.objects.count(),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    steps: dict[str, Callable[..., None]] = {"ready": ready, "write": write, "sequence": sequence, "look": look}
    steps[sys.argv[1]](*sys.argv[2:])
