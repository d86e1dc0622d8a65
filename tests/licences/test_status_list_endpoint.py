"""Status lists as everybody gets them: what rows say is signed, and published anew when it changes."""

import datetime as dt
import json
from typing import Any

import pytest
import time_machine
from django.test import Client

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.ids import new_id
from licences import publishing
from licences.keystore import key_in_force, make_key, retire_key
from licences.lifecycle import State
from licences.models import Licence, RevokedCredential, SigningKey, StatusList
from licences.publishing import TERM, publish, publish_changed
from licences.statuslist import INVALID, SUSPENDED, VALID, StatusBits, read_token
from licences.tasks import publish_status_lists
from registry.models import Department
from tests import factories as make

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="LD")


def _list(department: str = "L", size: int = 1000) -> StatusList:
    # A full one, so that issuing leaves it alone and the tests place licences on it themselves.
    issuer = Department.objects.get(code=department)
    return StatusList.objects.create(issuer=issuer, size=size, taken=size, order_sealed=b"", changed_at=now())


def _placed(of: StatusList, index: int, state: State = State.VALID) -> Licence:
    licence = make.issued()
    make.edit(licence, status_list=of, status_index=index, state=state)
    return licence


def _changed(of: StatusList, at: dt.datetime | None = None) -> None:
    StatusList.objects.filter(pk=of.pk).update(changed_at=at or now())


def _get(of: StatusList, **headers: str) -> Any:
    return Client().get(f"/status-lists/{of.pk}", headers=headers)


def _read(of: StatusList) -> StatusBits:
    key = key_in_force(of.issuer_id)
    assert key
    return read_token(_get(of).content.decode(), key.public_jwk, uri=publishing.address(of.pk), at=now())


@pytest.mark.parametrize(
    ("state", "value"),
    [
        (State.VALID, VALID),
        (State.EXPIRED, VALID),
        (State.SUSPENDED, SUSPENDED),
        (State.SEALED, SUSPENDED),
        (State.REPLACED, INVALID),
        (State.TRANSFERRED, INVALID),
        (State.CANCELLED, INVALID),
        (State.REVOKED, INVALID),
        (State.WITHDRAWN, INVALID),
        (State.ANNULLED, INVALID),
        (State.DISCARDED, INVALID),
    ],
)
def test_a_list_says_of_each_state_what_a_verifier_must_know(state: State, value: int) -> None:
    of = _list()
    _placed(of, 7, state)
    publish_changed()
    read = _read(of)
    assert [read.value(index) for index in (6, 7, 8)] == [VALID, value, VALID]


def test_a_revoked_credential_is_invalid_though_its_licence_goes_on() -> None:
    of = _list()
    licence = _placed(of, 3)
    RevokedCredential.objects.create(
        licence=licence, signing_key=licence.signing_key, status_list=of, status_index=4, credential_digest=b"",
        revoked_at=now(),
    )  # fmt: skip
    publish(of)
    assert (_read(of).value(3), _read(of).value(4)) == (VALID, INVALID)


def test_a_list_speaks_of_its_own_licences_only() -> None:
    one, other = _list(), _list()
    _placed(other, 7, State.REVOKED)
    publish_changed()
    assert (_read(one).value(7), _read(other).value(7)) == (VALID, INVALID)


def test_everybody_gets_it_and_may_keep_it_for_a_minute() -> None:
    of = publish(_list())
    answer = _get(of)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/statuslist+jwt")
    assert set(answer["Cache-Control"].split(", ")) == {"public", "max-age=60"}
    again = _get(of, if_none_match=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    publish(of)
    assert _get(of, if_none_match=answer["ETag"]).status_code == 200


def test_a_list_that_is_not_there_is_a_problem_in_both_languages() -> None:
    for missing in (StatusList(pk=new_id()), _list()):
        answer = _get(missing)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert json.loads(answer.content)["reason"] == "status_list_not_found"


def test_a_list_is_only_read() -> None:
    assert Client().post(f"/status-lists/{publish(_list()).pk}").status_code == 405


def test_the_addresses_of_published_lists_are_listed() -> None:
    of = publish(_list())
    _list("D")
    assert Client().get("/status-lists").json() == {"status_lists": [publishing.address(of.pk)]}


def test_a_change_is_published_by_the_next_run_once_more_by_the_one_after_and_then_left_alone() -> None:
    with time_machine.travel(dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC), tick=False) as clock:
        of = _list()
        licence = _placed(of, 5)
        clock.shift(60)
        # Both: this one, and that on which the licence was issued.
        assert publish_status_lists() == 2
        clock.shift(60)
        assert publish_status_lists() == 0
        make.edit(licence, state=State.REVOKED)
        _changed(of)
        assert publish_status_lists() == 1
        assert _read(of).value(5) == INVALID
        clock.shift(60)
        assert [publish_status_lists(), publish_status_lists()] == [1, 0]


def test_a_change_noted_by_a_clock_that_is_behind_is_published_all_the_same() -> None:
    with time_machine.travel(dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC), tick=False) as clock:
        of = _list()
        clock.shift(60)
        publish_changed()
        _changed(of, now() - 20 * SECOND)
        assert publish_changed() == 1


def test_a_list_is_renewed_in_the_second_half_of_its_term() -> None:
    with time_machine.travel(dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC), tick=False) as clock:
        of = _list()
        clock.shift(60)
        publish_changed()
        clock.shift(TERM / 2)
        assert publish_changed() == 0
        clock.shift(SECOND)
        assert publish_changed() == 1
        assert _read(of).expires_at == now() + TERM


def test_a_list_under_a_key_reported_as_compromised_is_signed_anew() -> None:
    with time_machine.travel(dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC), tick=False) as clock:
        of = _list()
        clock.shift(60)
        publish_changed()
        clock.shift(3600)
        SigningKey.objects.filter(department=of.issuer).update(compromised_at=now())
        make_key(department=of.issuer_id, actor=PLATFORM)
        clock.shift(60)
        assert publish_changed() == 1
        assert _read(of).value(0) == VALID
        clock.shift(60)
        assert publish_changed() == 0


def test_a_department_without_a_key_does_not_hold_up_the_others() -> None:
    without, of = _list("D"), _list("L")
    key = key_in_force(without.issuer_id)
    assert key
    retire_key(key.key_id, actor=PLATFORM)
    assert publish_changed() == 1
    assert _get(of).status_code == 200
    assert _get(without).status_code == 404


def test_publishing_is_recorded() -> None:
    of = _list()
    with make.recorded() as entries:
        publish(of)
    assert [(entry.action, entry.subject, entry.outcome) for entry in entries] == [
        ("publish_status_list", str(of.pk), "published")
    ]
