"""A batch whose command is killed at moments of chance: nothing is lost, nothing doubled."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import backlog_files as paper
from tests.databases import counted, own_database

SCRIPT = Path(__file__).with_name("crashing.py")
ROWS, KILLS = 3500, 3


def _run(environment: Mapping[str, str], *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, SCRIPT, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def _kill_at_work(environment: Mapping[str, str], file: Path, *, more_than: int, after: float) -> int:
    """Let the command work until there are more licences, and a moment longer; kill it, and count the licences."""
    work = subprocess.Popen(
        [sys.executable, SCRIPT, "work", str(file)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert work.stdout
    assert work.stdout.readline() == b"started\n"
    while work.poll() is None and counted(environment, "licences_licence") <= more_than:
        time.sleep(0.02)
    time.sleep(after)
    work.send_signal(signal.SIGKILL)
    work.stdout.close()
    work.wait()
    return counted(environment, "licences_licence")


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Issue a batch by the command, killed again and again at moments of chance, and once more to its end."""
    folder = tmp_path_factory.mktemp("crash")
    file = paper.csv_file(folder / "backlog.csv", paper.rows(ROWS))
    moments = random.Random(4)
    counts = [0]
    with own_database(folder) as environment:
        _run(environment, "ready")
        # First while the file is taken in, then in the middle of issuing.
        counts.append(_kill_at_work(environment, file, more_than=-1, after=moments.uniform(0, 0.2)))
        for _ in range(KILLS):
            moment = moments.uniform(0, 0.3)
            counts.append(_kill_at_work(environment, file, more_than=counts[-1], after=moment))
        _run(environment, "work", str(file))
        found: dict[str, Any] = json.loads(_run(environment, "look"))
    return {**found, "counts": counts}


def test_after_crashes_every_row_has_exactly_one_licence(crashed: dict[str, Any]) -> None:
    assert len({count for count in crashed["counts"] if 0 < count < ROWS}) >= 2
    assert crashed["results"] == [[n + 1, f"蓉国土〔2016〕{n}号", 1] for n in range(1, ROWS + 1)]
    assert len(set(crashed["numbers"])) == len(crashed["numbers"]) == crashed["rows"] == ROWS
    assert crashed["left"] == 0


def test_after_crashes_no_serial_or_place_is_lost_or_doubled(crashed: dict[str, Any]) -> None:
    assert crashed["serials"] == list(range(1, ROWS + 1))
    assert crashed["last"] == ROWS
    assert crashed["places"] == crashed["taken"] == ROWS
    assert crashed["holders"] == ROWS


def test_after_crashes_every_licence_has_its_entry_and_the_record_no_other(crashed: dict[str, Any]) -> None:
    assert crashed["entries"] == crashed["identifiers"]
    assert crashed["taken_in"] == 1
    assert crashed["queued"]
