"""`make run`: fills once, keeps its data, and says in one sentence what stands in its way."""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journeys.conftest import City

ROOT = Path(__file__).resolve().parents[2]


def test_a_second_start_keeps_the_data_and_prints_the_same_accounts(city: "City") -> None:
    before = city.demonstration
    again = city.manage("first_look", "--no-serve")
    assert again.returncode == 0, again.stderr
    assert "Filling" not in again.stdout
    assert before == city.demonstration
    for account in before["accounts"].values():
        assert account["password"] in again.stdout
    assert before["client"]["secret"] in again.stdout


def test_the_accounts_are_readable_by_their_owner_only(city: "City") -> None:
    assert (city.folder / "demonstration.json").stat().st_mode & 0o077 == 0


def test_a_busy_port_gives_one_sentence_that_names_another_way(city: "City") -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = city.manage("first_look", "--port", port)
    assert refused.returncode != 0
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "make run PORT=" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_in_production_the_reference_city_is_refused(city: "City") -> None:
    key = "bm90LXRoZS1wdWJsaXNoZWQta2V5LW9mLWEtdGVzdCE="
    production = {
        "LICENCE_EXCHANGE_ENV": "production",
        "LICENCE_EXCHANGE_SECRET_KEY": "x" * 60,
        "LICENCE_EXCHANGE_SEALING_KEYS": f"k1:{key}",
        "LICENCE_EXCHANGE_INDEX_KEY": key,
        "LICENCE_EXCHANGE_ALLOWED_HOSTS": "city.example",
    }
    refused = city.manage("first_look", "--no-serve", **production)
    assert refused.returncode != 0
    assert "first look only" in refused.stderr


def _setup_in(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", folder / "bin" / "setup"], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as small as `bin/setup` needs to get to its first checks."""
    folder = tmp_path / "checkout"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "bin" / "setup", folder / "bin" / "setup")
    return folder


def test_a_too_old_python_gives_one_sentence_that_names_the_version_needed(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo "is 3.9";; *) exit 1;; esac\n')
    old.chmod(0o755)
    refused = _setup_in(checkout, PYTHON=str(old))
    assert refused.returncode != 0
    assert refused.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed" in refused.stderr
    assert "is 3.9" in refused.stderr


def test_a_folder_that_cannot_be_written_gives_one_sentence(checkout: Path) -> None:
    # A file where the folder should be refuses even root, whom permissions do not stop.
    (checkout / ".venv").write_text("")
    refused = _setup_in(checkout)
    assert refused.returncode != 0
    assert refused.stderr.count("\n") == 1
    assert "cannot be written to" in refused.stderr


def test_a_data_folder_that_cannot_be_made_gives_one_sentence(city: "City", tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = city.manage("first_look", "--no-serve", LICENCE_EXCHANGE_DATA_DIR=str(tmp_path / "file" / "data"))
    assert refused.returncode != 0
    assert "LICENCE_EXCHANGE_DATA_DIR" in refused.stderr
    assert "Traceback" not in refused.stderr
