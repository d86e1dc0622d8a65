"""The periodic task that marks licences whose term has ended."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from foundation.clock import now
from licences import tasks
from licences.lifecycle import State
from licences.models import Licence
from licences.outcomes import Outcome
from licences.tasks import expire_due
from licences.verification import verify_found
from tests import factories as make

pytestmark = pytest.mark.django_db

LAST_DAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="LO")


def _states() -> set[str]:
    return set(Licence.objects.values_list("state", flat=True))


def test_it_marks_what_is_past_its_term_and_records_each() -> None:
    licence, living = make.expired(), make.issued()
    with make.recorded() as entries:
        assert expire_due() == 1
    licence.refresh_from_db()
    living.refresh_from_db()
    assert (licence.state, living.state) == (State.EXPIRED, State.VALID)
    assert [(e.action, e.subject, e.actor_role) for e in entries] == [("expire", licence.identifier, "platform")]
    assert verify_found([licence], at=now()).grounds.code == "expired"


def test_a_second_run_finds_nothing_to_do() -> None:
    make.expired()
    assert [expire_due(), expire_due()] == [1, 0]


@pytest.mark.parametrize(
    ("at", "done"),
    [
        (dt.datetime(2026, 11, 23, 15, 59, tzinfo=dt.UTC), 0),
        (dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC), 1),
    ],
)
def test_a_licence_lasts_to_the_end_of_its_last_day_in_shanghai(at: dt.datetime, done: int) -> None:
    make.issued(valid_from=dt.date(2026, 1, 1), valid_until=LAST_DAY)
    with time_machine.travel(at, tick=False):
        assert expire_due() == done


def test_a_suspended_licence_expires_too_and_a_revoked_one_stays_revoked() -> None:
    past: dict[str, Any] = {"valid_from": dt.date(2020, 1, 1), "valid_until": dt.date(2020, 2, 1)}
    make.operated("suspend", **past)
    assert expire_due() == 1
    make.operated("revoke", **past)
    assert expire_due() == 0
    assert _states() == {State.EXPIRED, State.REVOKED}


def test_an_edited_row_is_left_for_verification_to_report() -> None:
    licence = make.expired()
    make.edit(licence, valid_until=dt.date(2020, 1, 1))
    assert expire_due() == 0
    licence.refresh_from_db()
    assert licence.state == State.VALID
    assert verify_found([licence], at=now()).outcome is Outcome.SIGNATURE_INVALID


def test_a_full_batch_leaves_the_rest_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BATCH", 1)
    make.expired()
    make.expired()
    assert [expire_due(), expire_due(), expire_due()] == [1, 1, 0]


def test_edited_rows_do_not_keep_the_others_from_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BATCH", 1)
    edited, licence = make.expired(), make.expired()
    make.edit(edited, valid_until=dt.date(2020, 1, 1))
    for _ in range(3):
        expire_due()
    licence.refresh_from_db()
    assert licence.state == State.EXPIRED
