"""The committed reference city is what its seeded generator writes, on any machine and in any hash order."""

import os
import subprocess
import sys

import pytest

from tests import factories as make


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_generator_writes_what_is_committed_and_its_figures_hold(seed: str) -> None:
    checked = subprocess.run(
        [sys.executable, make.SHIPPED / "complete.py", "--check"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
