"""Web, worker and sequencer killed at moments of chance under load; `benchmarks/crashes.py` plays it for longer."""

import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_acknowledged_access_is_without_its_entry_and_the_checker_accepts_the_log() -> None:
    seed = str(random.SystemRandom().randrange(1 << 30))
    command = [sys.executable, "benchmarks/crashes.py", "--seconds", "25", "--seed", seed]
    played = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = played.communicate(timeout=300)
    finally:
        # On this it ends what it started.
        played.terminate()
        played.wait(60)
    assert played.returncode == 0, said
    assert "audit-check accepts the log" in said
