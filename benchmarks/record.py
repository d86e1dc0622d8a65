"""The record's tree: a backlog sequenced, the lag beside writers, proofs of random leaves; and others in the same run.

    python benchmarks/record.py [--entries N] [--leaves N] [--seconds S] [--writers W] [--database URL]

1. Writing one entry a transaction: ours, a bare INSERT of the same bytes, and `django-auditlog`.
2. A backlog of N entries is sequenced and signed; `pymerkle` appends the same leaves to a tree in memory.
3. W writers at half of their greatest rate: how long an acknowledged entry waits for its place.
4. Inclusion proofs of 1,000 random leaves among --leaves, each read for the first time, and verified.

The database is made for the run and dropped afterwards: --database (or DATABASE_URL) names a PostgreSQL server. Without
one a small run on SQLite is made. Exit status 1 where a target is missed (on PostgreSQL only).
"""

import argparse
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "clients")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from benchmarks.issuing import database, say  # noqa: E402

RATE, LAG_SECONDS, PROOF_SECONDS = 20_000, 1.0, 0.005
PROOFS, CHUNK = 1_000, 5_000
SINGLE_SECONDS = 3.0


def setup() -> None:
    """Make Django ready, with `django-auditlog` where it is installed."""
    import django
    from django.conf import settings

    if auditlog():
        settings.INSTALLED_APPS.append("auditlog")
    django.setup()


def auditlog() -> bool:
    """Say whether `django-auditlog` is there to compare with."""
    from importlib.util import find_spec

    return find_spec("auditlog") is not None


def acts(count: int, start: int = 0) -> list[Any]:
    """Return so many acts as verifications make them."""
    from audit.recording import Act, Subject, Why
    from foundation.context import Actor

    actor = Actor(client=UUID(int=7), department="O", role="client", name="规划业务系统")
    why = Why("O2", "规划许可", "O2-2026-1")
    return [
        Act("verify", actor, Subject("licence", f"1.2.156.3005.2.{start + n}"), "valid", "valid", why)
        for n in range(count)
    ]


def write(count: int) -> None:
    """Record so many entries in large transactions."""
    from django.db import transaction

    from audit.recording import record_all

    for start in range(0, count, CHUNK):
        with transaction.atomic():
            record_all(acts(min(CHUNK, count - start), start))


# --- One entry a transaction -------------------------------------------------------------------------------------


def rate_of(act: Callable[[], object], seconds: float = SINGLE_SECONDS) -> float:
    """Return how often a second something can be done, each time in a transaction of its own."""
    from django.db import transaction

    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        with transaction.atomic():
            act()
        count += 1
    return count / (time.perf_counter() - begun)


def singles() -> float:
    """Compare writing one entry with others; return our rate."""
    from django.db import connection

    from audit.recording import record_all

    (act,) = acts(1)
    leaf = b"x" * 400
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (id serial PRIMARY KEY, leaf bytea)" if _postgresql() else
                       "CREATE TABLE plain (id integer PRIMARY KEY, leaf blob)")  # fmt: skip

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO plain (leaf) VALUES (%s)", [leaf])

    ours = rate_of(lambda: record_all([act]))
    others = {"a bare INSERT": rate_of(plain)}
    if auditlog():
        others["django-auditlog"] = rate_of(_auditlog_entry())
    say(f"one entry a transaction: {ours:,.0f}/s")
    for name, rate in others.items():
        say(f"  {name}: {rate:,.0f}/s; ours is {ours / rate:.2f} of it")
    return ours


def _auditlog_entry() -> Callable[[], object]:
    from auditlog.models import LogEntry
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get(app_label="licences", model="licence")
    changes = {"item": ["", "O2"], "purpose": ["", "规划许可"], "case": ["", "O2-2026-1"], "outcome": ["", "valid"]}
    return lambda: LogEntry.objects.create(
        content_type=kind, object_pk="1.2.156", object_repr="licence", action=3, changes=changes
    )


def _postgresql() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


# --- A backlog ---------------------------------------------------------------------------------------------------


def backlog(entries: int) -> bool:
    """Sequence a backlog; say its rate and memory, and what a tree in memory takes for as many leaves."""
    from audit.publishing import publish
    from audit.queries import checkpoint
    from audit.sequencing import sequence_batch

    begun = time.perf_counter()
    write(entries)
    say(f"backlog of {entries:,} entries, written in large transactions at {entries / _since(begun):,.0f}/s")
    sequence_batch()
    before, begun, done = memory(), time.perf_counter(), 0
    while batch := sequence_batch():
        done += batch
    publish()
    rate = done / _since(begun)
    signed = checkpoint()
    if signed is None or signed.size < entries:
        raise RuntimeError("entries are missing from the tree")
    say(f"  sequenced at {rate:,.0f}/s (target {RATE:,}), signed at {signed.size:,}")
    say(f"  memory {before:.0f} MiB after the first batch, {memory():.0f} MiB at the end")
    _in_memory(min(entries, 200_000), rate)
    return rate >= RATE


def _in_memory(count: int, rate: float) -> None:
    try:
        from pymerkle import InmemoryTree
    except ImportError:
        return
    tree, leaf, begun = InmemoryTree(algorithm="sha256"), b"x" * 400, time.perf_counter()
    for _ in range(count):
        tree.append_entry(leaf)
    other = count / _since(begun)
    say(f"  pymerkle, {count:,} leaves in memory, nothing stored: {other:,.0f}/s; ours is {rate / other:.2f} of it")


def memory() -> float:
    """Return the most memory this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _since(begun: float) -> float:
    return time.perf_counter() - begun


# --- The lag beside writers --------------------------------------------------------------------------------------


def _write_at(rate: float, seconds: float, go: Any, results: Any) -> None:
    """Record one entry a transaction at a rate (0: as fast as it goes); give back when each was acknowledged."""
    setup()
    from django.db import transaction

    from audit.recording import record_all

    (act,) = acts(1)
    done: list[tuple[float, UUID]] = []
    with transaction.atomic():
        record_all([act])
    go.wait()
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        if rate and len(done) / rate > passed:
            time.sleep(len(done) / rate - passed)
        with transaction.atomic():
            (entry,) = record_all([act])
        done.append((time.monotonic(), entry))
    results.put(done)


def writing(writers: int, rate: float, seconds: float) -> list[tuple[float, UUID]]:
    """Let processes write at a rate each; return what was acknowledged, and when."""
    context = multiprocessing.get_context("spawn")
    go, results = context.Event(), context.Queue()
    processes = [context.Process(target=_write_at, args=(rate, seconds, go, results)) for _ in range(writers)]
    for process in processes:
        process.start()
    time.sleep(4)
    go.set()
    done = [row for _ in processes for row in results.get()]
    for process in processes:
        process.join()
    return done


def lag(writers: int, seconds: float) -> bool:
    """Say how long entries wait for their places while writers write at half of their greatest rate."""
    from audit.models import Sequenced
    from audit.sequencing import sequence_until

    most = len(writing(writers, 0, 3.0)) / 3.0
    seen: list[tuple[float, int]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            last = Sequenced.objects.order_by("-index").values_list("index", flat=True).first()
            seen.append((time.monotonic(), -1 if last is None else last))
            stop.wait(0.01)

    workers = [threading.Thread(target=sequence_until, args=(stop,)), threading.Thread(target=watch)]
    for worker in workers:
        worker.start()
    done = writing(writers, most / 2 / writers, seconds)
    time.sleep(2)
    stop.set()
    for worker in workers:
        worker.join()
    places = dict(Sequenced.objects.filter(entry__in=[e for _, e in done]).values_list("entry", "index"))
    waits = sorted(_waits(done, places, seen))
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    say(f"{writers} writers: at most {most:,.0f}/s; lag at {len(done) / seconds:,.0f}/s for {seconds:.0f} s:")
    say(
        f"  median {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms, most {1000 * waits[-1]:.0f} ms; target {LAG_SECONDS} s"
    )
    return p99 < LAG_SECONDS and len(places) == len(done)


def _waits(done: list[tuple[float, UUID]], places: dict[UUID, int], seen: list[tuple[float, int]]) -> Iterator[float]:
    from bisect import bisect_left

    reached = [last for _, last in seen]
    for acknowledged, entry in done:
        look = bisect_left(reached, places[entry])
        yield max(0.0, seen[look][0] - acknowledged)


# --- Proofs ------------------------------------------------------------------------------------------------------


def grow(leaves: int) -> None:
    """Fill an empty tree with so many places of leaves that are none, by the sequencer's own steps."""
    from django.db import transaction

    from audit.inserting import insert_all
    from audit.models import Sequenced, Tile
    from audit.proofs import partial_hashes
    from audit.tiles import completed

    step = 65_536
    for start in range(0, leaves, step):
        hashes = [sha256(b"%d" % index).digest() for index in range(start, min(start + step, leaves))]
        with transaction.atomic():
            insert_all(
                Sequenced,
                ({"index": start + n, "entry": UUID(int=start + n), "leaf_hash": h} for n, h in enumerate(hashes)),
            )
            tiles = completed(start, hashes, lambda level, start=start: partial_hashes(level, start))  # type: ignore[misc]
            insert_all(Tile, ({"level": t.level, "index": t.index, "hashes": t.hashes, "root": t.root} for t in tiles))


def proofs(leaves: int) -> bool:
    """Read proofs of random leaves, each for the first time; say how long that takes."""
    from django.db import connection

    from audit.merkle import verify_inclusion
    from audit.proofs import inclusion, root_at

    begun = time.perf_counter()
    grow(leaves)
    say(f"tree of {leaves:,} leaves, made in {_since(begun):.0f} s")
    root, took = root_at(leaves), []
    connection.close()
    # Leaves of chance, the same in each run.
    for index in random.Random(1).sample(range(leaves), min(PROOFS, leaves)):  # noqa: S311
        begun = time.perf_counter()
        proof = inclusion(index, leaves)
        took.append(_since(begun))
        verify_inclusion(index=index, size=leaves, leaf_hash=sha256(b"%d" % index).digest(), proof=proof, root=root)
    took.sort()
    p50, p95 = (1000 * took[int(len(took) * part)] for part in (0.5, 0.95))
    say(f"  {len(took):,} proofs: median {p50:.1f} ms, p95 {p95:.1f} ms; target {1000 * PROOF_SECONDS:.0f} ms")
    return p95 < 1000 * PROOF_SECONDS


# --- The run -----------------------------------------------------------------------------------------------------


def in_a_database(url: str, act: Callable[[], bool]) -> bool:
    """Run one part in a process and a database of its own."""
    with tempfile.TemporaryDirectory() as name, database(url, Path(name)) as own:
        process = os.fork()
        if process == 0:
            os.environ |= {"DATABASE_URL": own, "LICENCE_EXCHANGE_DATA_DIR": name}
            setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            met = act()
            sys.stdout.flush()
            os._exit(0 if met else 1)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def main() -> int:
    """Run all parts; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="The record's tree: backlog, lag, proofs, and others beside it.")
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""))
    large = parser.parse_known_args()[0].database.startswith("postgres")
    parser.add_argument("--entries", type=int, default=1_000_000 if large else 50_000)
    parser.add_argument("--leaves", type=int, default=10_000_000 if large else 300_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--writers", type=int, default=2)
    options = parser.parse_args()
    met = in_a_database(options.database, lambda: bool(singles()) and backlog(options.entries))
    if large:
        met &= in_a_database(options.database, lambda: lag(options.writers, options.seconds))
    met &= in_a_database(options.database, lambda: proofs(options.leaves))
    return 0 if met or not large else 1


if __name__ == "__main__":
    sys.exit(main())
