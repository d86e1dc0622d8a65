"""Exports of the record and counting of its use: time, and memory that stays flat however many rows there are.

    python benchmarks/exporting.py [--rows N] [--database URL]

N looks by 40 departments are written and given their places, the first of them are counted into the figures of use, and
all are exported as CSV and as XLSX through the page that administrators use. The database is made for the run and
dropped afterwards: PostgreSQL where --database (or DATABASE_URL) names a server, else SQLite.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from issuing import ROOT, database, say

assert ROOT  # noqa: S101 - importing it has set the paths and the settings up
CHUNK = 20_000
MOST_COUNTED = 50_000
MOST_GROWTH = 64  # MiB


def memory() -> float:
    """Return the memory that this process holds now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def one_entry() -> Mapping[str, Any]:
    """Record one look and return its row."""
    from django.db import transaction

    from audit.models import Entry
    from audit.recording import Subject, Why, record
    from foundation.context import Actor
    from foundation.ids import new_id

    actor = Actor(client=new_id(), department="A", role="client", name="系统")
    with transaction.atomic():
        key = record(
            action="verify",
            actor=actor,
            subject=Subject("licence", "1.2.156.3005.2.11100000000013338W011.11430000006122244L.1.001.U", "T1"),
            outcome="valid",
            why=Why("O2", "建设用地规划许可审批", "O2-20261124-0001"),
        )
    return dict(Entry.objects.filter(pk=key).values()[0])


def entries(like: Mapping[str, Any], start: int, count: int) -> Iterator[dict[str, Any]]:
    """Return the rows of entries like one, by many departments, about many licences."""
    from foundation.ids import new_id

    for n in range(start, start + count):
        yield {
            **like,
            "id": new_id(),
            "actor_department": f"D{n % 40}",
            "subject": f"S{n % 9973}",
            "item": f"I{n % 500}",
            "case": f"C{n % 4001}",
        }


def fill(rows: int) -> None:
    """Write entries and give them their places, by chunks."""
    from django.db import transaction

    from audit.inserting import insert_all
    from audit.models import Entry, Sequenced

    like, leaf_hash = one_entry(), bytes(32)
    for start in range(0, rows, CHUNK):
        made = list(entries(like, start, min(CHUNK, rows - start)))
        with transaction.atomic():
            insert_all(Entry, made)
            insert_all(
                Sequenced,
                ({"index": start + n, "entry": row["id"], "leaf_hash": leaf_hash} for n, row in enumerate(made)),
            )


def count() -> tuple[int, float]:
    """Count the first entries into the figures; return how many and how long it took."""
    from audit.usage import count_next

    begun, done = time.perf_counter(), 0
    while done < MOST_COUNTED and (counted := count_next()):
        done += counted
    return done, time.perf_counter() - begun


def administrator() -> Any:
    """Return a browser signed in as an auditor."""
    from django.test import Client

    from foundation.context import PLATFORM
    from registry.enrolling import enrol_person, grant_role

    person = enrol_person(username="auditor", password="a password for the run", name="审计", actor=PLATFORM)  # noqa: S106
    grant_role(person=person, role="auditor", department=None, actor=PLATFORM)
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def export(browser: Any, kind: str) -> float:
    """Export everything as the page does; say time and size; return how much memory grew at the most, in MiB."""
    begun = time.perf_counter()
    answer = browser.get(f"/overview/record/export/{kind}/?action=looks")
    pieces = iter(answer.streaming_content)
    size = len(next(pieces))
    first, before, most = time.perf_counter() - begun, memory(), 0.0
    for number, piece in enumerate(pieces):
        size += len(piece)
        if number % 50 == 0:
            most = max(most, memory())
    seconds, grown = time.perf_counter() - begun, max(most, memory()) - before
    megabytes = size / 2**20
    say(f"  {kind}: {megabytes:,.0f} MiB in {seconds:.1f} s, the first byte after {first:.2f} s, {grown:+.1f} MiB")
    return grown


def run(rows: int) -> bool:
    """Measure counting and exporting; return whether memory stayed flat."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("prepare", verbosity=0)
    begun = time.perf_counter()
    fill(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself after a while
    say(f"{rows:,} entries on {connection.vendor}, written in {time.perf_counter() - begun:.0f} s")
    before = memory()
    counted, seconds = count()
    grown = [memory() - before]
    say(f"  figures: {counted / seconds:,.0f} entries/s, {grown[0]:+.1f} MiB")
    browser = administrator()
    grown += [export(browser, kind) for kind in ("csv", "xlsx")]
    return max(grown) <= MOST_GROWTH


def main() -> int:
    """Run it in a database of its own; 1 where memory was not flat."""
    parser = argparse.ArgumentParser(description="Counting and exporting the record.")
    parser.add_argument("--rows", type=int, default=100_000, help="rows to export")
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, database(options.database, Path(name)) as url:
        os.environ |= {"DATABASE_URL": url, "LICENCE_EXCHANGE_DATA_DIR": name}
        flat = run(options.rows)
        from django.db import connections

        connections.close_all()
        return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
