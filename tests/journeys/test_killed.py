"""Web, worker and sequencer killed at moments of chance under load; `benchmarks/crashes.py` plays it for longer."""

import os
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_acknowledged_access_is_without_its_entry_and_the_checker_accepts_the_log() -> None:
    seed = str(random.SystemRandom().randrange(1 << 30))
    command = [sys.executable, "benchmarks/crashes.py", "--seconds", "25", "--seed", seed]
    played = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False)
    said = f"{played.stdout}{played.stderr}"
    assert played.returncode == 0, said
    assert "audit-check accepts the log" in said
