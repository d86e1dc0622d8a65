"""One address for many at once, and one message for many workers, where transactions really commit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.databases import own_database

SCRIPT = Path(__file__).with_name("sharing_races.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with own_database(tmp_path_factory.mktemp("races")) as environment:
        done = subprocess.run(
            [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_of_many_who_come_with_one_address_at_once_one_gets_the_copy(found: dict[str, Any]) -> None:
    race = found["fetching"]
    assert race["answers"].pop("%PDF") == 1
    assert set(race["answers"]) == {"download_gone"}
    assert race["entries"] == {"done": 1, "refused": sum(race["answers"].values())}


def test_of_many_workers_one_sends_each_message(found: dict[str, Any]) -> None:
    assert found["delivering"] == {"rows": 4, "faults": [], "sent": 4, "ids": 4, "came": 4, "told": 4}
