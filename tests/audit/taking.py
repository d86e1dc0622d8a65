"""Played in a process and a database of its own, where transactions really commit: figures counted by several at once.

Prints one JSON object; test_usage_at_once.py asserts about it.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from audit.feed import take, taken_by  # noqa: E402
from audit.models import UsageHour  # noqa: E402
from audit.usage import count_next, differences  # noqa: E402
from tests.audit.histories import entry, sequence  # noqa: E402

ENTRIES, THREADS = 120, 4
taken: list[int] = []
start = threading.Barrier(THREADS)


def work() -> int:
    start.wait()
    counted = 0
    try:
        for _ in range(ENTRIES):
            with take("reader", 5) as found:
                taken.extend(placed.index for placed in found)
            counted += count_next(7)
    finally:
        connection.close()
    return counted


call_command("migrate", verbosity=0)
for n in range(ENTRIES):
    entry(subject=str(n % 9), case=f"C{n % 5}")
sequence()
with ThreadPoolExecutor(THREADS) as pool:
    counted = [future.result() for future in [pool.submit(work) for _ in range(THREADS)]]
answer = {
    "taken": taken,
    "counted": sum(counted),
    "figures": sum(UsageHour.objects.values_list("count", flat=True)),
    "place": taken_by("usage"),
    "differences": len(differences()),
}
sys.stdout.write(json.dumps(answer))
