"""Steps of a batch in a database of their own: made ready, issued by the command (which is killed), looked at."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import CommandError, call_command  # noqa: E402

from audit.models import Entry, Pending  # noqa: E402
from licences.models import Batch, BatchChunk, Holder, Licence, NumberSequence, StatusList  # noqa: E402
from tests import factories as make  # noqa: E402


def ready() -> None:
    call_command("migrate", verbosity=0)
    make.city(keys="L")


def work(file: str, processes: str = "1") -> None:
    # The parent waits for this line, so that it stops the work and not the start of Python.
    sys.stdout.write("started\n")
    sys.stdout.flush()
    try:
        call_command("issue_batch", file, type=make.LAND, processes=int(processes))
    except CommandError as error:
        sys.stderr.write(str(error))
        sys.exit(error.returncode)


def look() -> None:
    (batch,) = Batch.objects.all()
    licences = list(Licence.objects.all())
    issued = Entry.objects.filter(action="issue", outcome="issued").values_list("subject", flat=True)
    results = batch.results.order_by("number").values_list("number", "licence__number", "attempts")
    found = {
        "rows": batch.rows,
        "results": [list(result) for result in results],
        "numbers": sorted(licence.number for licence in licences),
        "identifiers": sorted(licence.identifier for licence in licences),
        "serials": sorted(int(licence.serial[4:]) for licence in licences),
        "last": NumberSequence.objects.get().last,
        "entries": sorted(issued),
        "taken_in": Entry.objects.filter(action="take_in_batch").count(),
        "queued": Pending.objects.count() == Entry.objects.count(),
        "holders": Holder.objects.count(),
        "places": len({(licence.status_list_id, licence.status_index) for licence in licences}),
        "taken": StatusList.objects.get().taken,
        "left": sum(BatchChunk.objects.values_list("count", flat=True)),
    }
    json.dump(found, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    steps: dict[str, Callable[..., None]] = {"ready": ready, "work": work, "look": look}
    steps[sys.argv[1]](*sys.argv[2:])
