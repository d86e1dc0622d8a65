"""Periodic work beside a running server: embedded without Redis, by Celery's worker and beat with it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journeys.conftest import City

COUNT = "from audit.models import Entry; print(Entry.objects.filter(action='expire').count())"


@pytest.fixture
def _worker(city: "City") -> Iterator[None]:
    """Start worker and beat where there is Redis; without it the server itself works the schedule."""
    if not os.environ.get("REDIS_URL"):
        yield
        return
    schedule = str(city.folder / "beat")
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat", "--schedule", schedule, "-c", "1"]
    with (city.folder / "worker.log").open("w") as log:
        worker = subprocess.Popen(command, env=city.environment, stdout=log, stderr=subprocess.STDOUT)
        yield
        worker.terminate()
        worker.wait(20)


@pytest.mark.usefixtures("_worker")
def test_licences_past_their_term_are_marked_without_anybody_asking(city: "City") -> None:
    for _ in range(90):
        if int(city.manage("shell", "--no-imports", "-c", COUNT).stdout or 0) > 0:
            return
        time.sleep(1)
    pytest.fail("no licence past its term was marked as expired")
