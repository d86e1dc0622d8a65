"""Many writers at once: no number, identifier, version, place or code is given twice, and none is left out.

In a process and a database of its own, where transactions really commit.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.databases import own_database

SCRIPT = Path(__file__).with_name("writers.py")


@pytest.fixture(scope="module")
def size() -> tuple[int, int]:
    """Return writers and licences: SQLite has one writer at a time, whoever waits."""
    return (32, 10_000) if connection.vendor == "postgresql" else (8, 400)


@pytest.fixture(scope="module")
def found(size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    writers, licences = size
    with own_database(tmp_path_factory.mktemp("writers")) as environment:
        done = subprocess.run(
            [sys.executable, SCRIPT, str(writers), str(licences)],
            env={**environment, "LICENCE_EXCHANGE_DATABASE_POOL": str(writers + 2)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_every_licence_was_issued(found: dict[str, Any], size: tuple[int, int]) -> None:
    assert found["written"] == size[1]
    # One more from paper, before the writers began.
    assert len(found["identifiers"]) == size[1] + 1


def test_no_number_identifier_or_code_was_given_twice(found: dict[str, Any]) -> None:
    for kind in ("serials", "numbers", "identifiers"):
        assert [value for value, count in Counter(found[kind]).items() if count > 1] == []
    assert found["check_codes"] == len(found["identifiers"])
    assert found["versions"] == [1]


def test_the_count_has_one_gap_and_a_paper_licence_that_has_the_number_explains_it(
    found: dict[str, Any], size: tuple[int, int]
) -> None:
    missing = set(range(1, found["serials"][-1] + 1)) - set(found["serials"])
    assert missing == {size[1] // 2}
    assert found["reached"] in found["numbers"]


def test_every_place_in_the_status_list_is_taken_once_and_none_is_lost(found: dict[str, Any]) -> None:
    places = [tuple(place) for place in found["places"]]
    assert len(set(places)) == len(places) == found["taken"]
    assert found["lists"] == 1
    # In random order, so that an index tells nothing.
    assert [index for _, index in places] != list(range(len(places)))


def test_every_licence_has_its_entry_and_no_entry_is_without_a_licence(found: dict[str, Any]) -> None:
    assert found["entries"] == found["identifiers"]


def test_one_request_sent_by_many_at_once_issues_once_and_answers_all_the_same(found: dict[str, Any]) -> None:
    assert len({answer.split()[0] for answer in found["same"]}) == 1
    assert Counter(answer.split()[1] for answer in found["same"])["issued"] == 1
    assert all(answer.endswith(("issued", "replayed")) for answer in found["same"])


def test_of_different_requests_with_one_key_one_issues(found: dict[str, Any]) -> None:
    kinds = Counter(answer.rsplit(" ", maxsplit=1)[-1] for answer in found["others"])
    assert kinds == {"issued": 1, "idempotency_key_reused": len(found["others"]) - 1}
