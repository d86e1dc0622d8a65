"""Accesses and steps of agreements at the same instant, where transactions really commit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.databases import own_database

SCRIPT = Path(__file__).with_name("agreement_races.py")
THREADS, ROUNDS, QUOTA = 8, 3, 7


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with own_database(tmp_path_factory.mktemp("races")) as environment:
        done = subprocess.run(
            [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("race", "answer", "refusal"),
    [("verifying", "valid", "daily_quota_used"), ("reading", "certificateHolderName", "total_quota_used")],
)
def test_however_many_come_at_once_exactly_the_quota_is_given(
    found: dict[str, Any], race: str, answer: str, refusal: str
) -> None:
    left = found[race]
    assert left["answers"] == {answer: QUOTA, refusal: THREADS * ROUNDS - QUOTA}
    assert left["used"] == [QUOTA]
    assert left["entries"] == THREADS * ROUNDS


def test_of_two_heads_who_decide_at_once_one_does(found: dict[str, Any]) -> None:
    race = found["deciding"]
    assert race["answers"] in (["agreement_wrong_state", "in_force"], ["agreement_wrong_state", "refused"])
    assert race["steps"] == [race["state"]]
    assert race["state"] in race["answers"]


def test_a_request_sent_several_times_at_once_is_one_agreement(found: dict[str, Any]) -> None:
    race = found["asking"]
    assert len(set(race["answers"])) == 1
    assert race["states"] == ["requested"]


def test_two_workers_remind_once(found: dict[str, Any]) -> None:
    assert found["watching"]["notices"] == 1
