"""Acts at the same instant, in a process and a database of their own where transactions really commit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.databases import own_database

SCRIPT = Path(__file__).with_name("races.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with own_database(tmp_path_factory.mktemp("races")) as environment:
        done = subprocess.run(
            [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_applications_submitted_at_once_get_different_numbers_without_a_gap(found: dict[str, Any]) -> None:
    numbers = found["submitting"]["numbers"]
    assert [n.rsplit("-", 1)[1] for n in numbers] == [f"{n:04}" for n in range(1, len(numbers) + 1)]
    assert found["submitting"]["entries"] == {"submitted": len(numbers)}


def test_licences_issued_at_once_get_different_numbers(found: dict[str, Any]) -> None:
    numbers = found["issuing"]["numbers"]
    assert len(set(numbers)) == len(numbers)
    assert all(n.startswith("成环保局〔") for n in numbers)


def test_of_two_clerks_who_approve_at_once_one_does_and_one_licence_is_issued(found: dict[str, Any]) -> None:
    race = found["approving"]
    assert race["answers"] == ["issued", "wrong_state"]
    assert race["results"] == 1
    assert race["entries"] == {"issued": 1, "refused": 1}


def test_an_application_is_approved_or_withdrawn_and_never_both(found: dict[str, Any]) -> None:
    race = found["approving_and_withdrawing"]
    assert race["answers"] in (["issued", "wrong_state"], ["withdrawn", "wrong_state"])
    assert race["state"] in race["answers"]
    assert race["results"] == (1 if race["state"] == "issued" else 0)


def test_of_two_changes_of_one_licence_one_is_issued(found: dict[str, Any]) -> None:
    race = found["changing"]
    # The loser learns it when it verifies, or when it replaces; either way it is refused and issues nothing.
    assert race["answers"] in (["issued", "references_not_valid"], ["issued", "operation_not_allowed"])
    assert race["versions"] == [1, 2]


def test_workers_who_sign_anew_at_once_do_each_licence_once_under_one_new_key(found: dict[str, Any]) -> None:
    race = found["resigning"]
    count = race.pop("licences")
    assert count >= 24
    assert race == {"treated": count, "left": 0, "revoked": count, "keys_made": 1, "entries": count}


def test_keys_made_at_once_are_certified_by_one_root(found: dict[str, Any]) -> None:
    assert found["certifying"] == {"roots": 1, "agree": True}


def test_forms_defined_at_once_become_versions_of_their_own(found: dict[str, Any]) -> None:
    numbers = found["defining"]["numbers"]
    assert numbers == found["defining"]["months"] == list(range(1, len(numbers) + 1))
    assert len(numbers) > 1


def test_a_holder_registered_at_once_is_one_and_a_number_goes_to_one_holder(found: dict[str, Any]) -> None:
    race = found["registering"]
    assert race["holders"] == 1
    assert race["taken"] == ["done", "holder_number_taken"]
    assert race["same"] == ["done", "done"]
    # Two of the beginning, one for whoever got the common number, and one that was given twice at once.
    assert race["numbers"] == 4


def test_nobody_acts_twice_and_a_company_has_one_legal_representative_whatever_happens_at_once(
    found: dict[str, Any],
) -> None:
    race = found["registering"]
    assert race["acting"] == ["company", "represents_already"]
    assert race["led"]
    assert race["leading"] == ["legal_representative"]


def test_sealing_anew_beside_running_servers_loses_nothing_they_write(found: dict[str, Any]) -> None:
    race = found["resealing"]
    count = len(race["numbers"])
    assert race["answers"] == {"0": 2, "done": count}
    assert race["outcomes"] == {"valid": count}
    assert race["needed"] == {}
    assert race["numbers"] == [True] * count


def test_an_entry_outside_of_a_transaction_or_of_an_undone_act_is_not_written(found: dict[str, Any]) -> None:
    assert found["recording"] == {"outside": "record_unavailable", "left": 0}


def test_every_entry_waits_for_its_place_in_the_tree(found: dict[str, Any]) -> None:
    assert found["queue"] == {"complete": True}


def test_of_many_who_ask_at_once_no_more_than_allowed_pass(found: dict[str, Any]) -> None:
    assert found["counting"] == {"passed": 12, "waits": 24}


def test_of_many_workers_that_are_shown_the_same_assertion_one_takes_it(found: dict[str, Any]) -> None:
    assert found["once"]["used"] == [False] * 7 + [True]


def test_workers_at_once_get_no_more_from_the_table_of_rates_than_there_is(found: dict[str, Any]) -> None:
    assert found["once"]["taken"] == [0] * 7 + [1] * 5
