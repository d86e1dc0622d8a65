"""Several workers at once, in a process and a database of their own: one of them takes and counts each entry."""

import json
import subprocess
import sys
from pathlib import Path

from tests.databases import own_database

SCRIPT = Path(__file__).with_name("taking.py")


def test_several_workers_count_each_entry_once(tmp_path: Path) -> None:
    with own_database(tmp_path) as environment:
        done = subprocess.run(
            [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sorted(found["taken"]) == list(range(120))
    assert (found["counted"], found["figures"], found["place"]) == (120, 120, 120)
    assert found["differences"] == 0
