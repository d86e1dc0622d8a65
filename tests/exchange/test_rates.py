"""How often departments' systems may ask: the buckets, who shares one, and what happens over the limit."""

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as conf
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from exchange.rates import charging
from exchange.rates.buckets import Bucket, Limit, Taken, refilled, take
from exchange.rates.charging import seconds_to_wait
from exchange.rates.leases import KEPT, Leases
from exchange.rates.stores import OwnStore, RedisStore, Store, TableStore
from tests import factories as make

if TYPE_CHECKING:
    from pytest_django import Settings

VERIFY = "/api/v1/verifications/"
WHY = {"item": "O2", "purpose": "规划许可", "case": "1"}
ONCE = Limit(0.001, 3)  # three at once, and practically nothing after that


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # In Redis what was counted stays after a test.
    monkeypatch.setattr("exchange.rates.stores._PREFIX", f"rate-{uuid.uuid4()}:")
    charging.forget()
    yield
    charging.forget()


@pytest.fixture
def limited(settings: "Settings") -> Callable[..., None]:
    """Return a way to set the limits."""

    def set_them(**values: int) -> None:
        none = replace(conf.RATES, sign_in=0, client=0, department=0, licence_type=0, burst_seconds=1)
        settings.RATES = replace(none, **values)
        charging.forget()

    return set_them


# --- The rule --------------------------------------------------------------------------------------------------------


@given(
    limit=st.builds(Limit, st.floats(0.1, 1000), st.floats(1, 1000)),
    asked=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 50), st.integers(0, 50)), max_size=60),
)
def test_in_no_span_of_time_does_more_pass_than_the_capacity_and_what_was_gained(
    limit: Limit, asked: list[tuple[float, int, int]]
) -> None:
    bucket, at, passed = Bucket(limit.capacity, 0.0), 0.0, 0
    for later, least, more in asked:
        at += later
        taken, left = take({"k": (refilled(bucket, limit, at), limit)}, least, least + more)
        bucket = left["k"]
        passed += taken.taken
        # One that is larger than the bucket passes when it is full, and is owed.
        assert passed <= limit.capacity + limit.per_second * at + max(least, limit.capacity) + 1e-3
        assert (taken.wait == 0) == (taken.taken >= least)


@given(limit=st.builds(Limit, st.floats(0.1, 1000), st.floats(1, 1000)), least=st.integers(1, 2000))
def test_whoever_waits_as_long_as_told_is_served(limit: Limit, least: int) -> None:
    told, left = take({"k": (Bucket(-5.0, 100.0), limit)}, least, least)
    assert told.wait > 0
    served, _ = take({"k": (refilled(left["k"], limit, 100.0 + told.wait), limit)}, least, least)
    assert served.wait == 0


def test_all_buckets_pay_or_none_does() -> None:
    full, empty = Bucket(5.0, 0.0), Bucket(0.0, 0.0)
    taken, left = take({"a": (full, Limit(1, 5)), "b": (empty, Limit(2, 5))}, 4, 4)
    assert (taken, left) == (Taken(2), {"a": full, "b": empty})


def test_a_clock_that_goes_back_takes_nothing_away_and_gives_nothing() -> None:
    assert refilled(Bucket(2.0, 100.0), Limit(1, 10), 90.0) == Bucket(2.0, 100.0)


# --- The stores ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["own", "table", pytest.param("redis", marks=pytest.mark.about("redis"))])
def store(request: pytest.FixtureRequest, db: None) -> Store:
    if request.param == "redis":
        return RedisStore(os.environ["REDIS_URL"])
    return OwnStore() if request.param == "own" else TableStore()


def _key() -> str:
    return f"test:{uuid.uuid4()}"


def test_a_store_gives_what_there_is_and_then_says_when_to_come_back(store: Store) -> None:
    key = _key()
    limits = {key: Limit(0.1, 10)}
    assert store.take(limits, least=1, wished=4) == Taken(0, 4)
    assert store.take(limits, least=1, wished=9) == Taken(0, 6)
    assert store.take(limits, least=2, wished=9) == Taken(20)
    # More at once than it can hold is never had from an empty one, and owed by a full one.
    other = {_key(): Limit(0.1, 10)}
    assert store.take(other, least=30, wished=30) == Taken(0, 30)
    assert 200 <= store.take(other, least=1, wished=1).wait <= 210


def test_a_store_takes_from_all_or_none(store: Store) -> None:
    key, other = _key(), _key()
    assert store.take({key: ONCE}, least=3, wished=3).taken == 3
    assert store.take({key: ONCE, other: ONCE}, least=1, wished=1).wait > 0
    assert store.take({other: ONCE}, least=3, wished=3).taken == 3


@pytest.mark.about("redis")
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12)), max_size=15), st.integers(1, 20))
def test_redis_counts_as_the_rule_says(asked: list[tuple[int, int]], capacity: int) -> None:
    there, key, limit = RedisStore(os.environ["REDIS_URL"]), _key(), Limit(0.001, capacity)
    bucket = Bucket(float(capacity), 0.0)
    for least, more in asked:
        here, left = take({"k": (bucket, limit)}, least, least + more)
        bucket = left["k"]
        answer = there.take({key: limit}, least=least, wished=least + more)
        assert answer.taken == here.taken
        assert abs(answer.wait - here.wait) <= 2


def _at_once(count: int, work: Callable[[], None]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.about("redis")
def test_workers_at_once_get_no_more_from_redis_than_there_is() -> None:
    key = _key()
    got: list[int] = []
    # Each with leases of its own, as processes are.
    _at_once(
        8,
        lambda: got.extend(_spend_ten(Leases(RedisStore(os.environ["REDIS_URL"])), {key: Limit(0.001, 20)})),
    )
    assert got.count(0) == 20


def _spend_ten(leases: Leases, limits: dict[str, Limit]) -> list[int]:
    return [leases.spend(limits, 1) for _ in range(10)]


# --- Leases ----------------------------------------------------------------------------------------------------------


class _Counting(OwnStore):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def take(self, *args: Any, **values: Any) -> Taken:
        self.calls += 1
        return super().take(*args, **values)


def test_a_process_asks_once_for_a_share_of_a_second() -> None:
    store = _Counting()
    leases = Leases(store)
    limits = {"k": Limit(1000, 1000)}
    assert [leases.spend(limits, 1) for _ in range(500)] == [0] * 500
    assert store.calls == 10


def test_who_was_told_to_wait_is_told_again_without_asking_the_store() -> None:
    store = _Counting()
    leases = Leases(store)
    answers = [leases.spend({"k": ONCE}, 1) for _ in range(50)]
    assert answers[:3] == [0, 0, 0]
    assert all(answers[3:])
    assert store.calls == 4


def test_threads_of_a_process_spend_no_token_twice() -> None:
    leases = Leases(OwnStore())
    got: list[int] = []
    limits = {"a": Limit(1000, 400), "b": Limit(0.001, 100)}
    _at_once(6, lambda: got.extend(leases.spend(limits, 1) for _ in range(50)))
    assert got.count(0) == 100


def test_what_is_leased_and_not_spent_is_lost_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("exchange.rates.leases.time.monotonic", lambda: clock[0])
    store = _Counting()
    leases = Leases(store)
    limits = {"k": Limit(100, 100)}
    leases.spend(limits, 1)
    clock[0] += KEPT + 0.1
    leases.spend(limits, 1)
    assert store.calls == 2


@pytest.mark.django_db
def test_while_redis_is_down_each_process_limits_by_itself_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    leases = Leases(RedisStore("redis://127.0.0.1:1/0"))
    assert [bool(leases.spend({"k": ONCE}, 1)) for _ in range(5)] == [False, False, False, True, True]
    assert [r.getMessage()[:30] for r in caplog.records] == ["Redis keeps no rates at presen"]


# --- The calls -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_client_over_its_limit_is_told_when_to_come_back_and_that_is_recorded(limited: Callable[..., None]) -> None:
    make.city()
    licence = make.issued()
    caller = make.api("O")
    limited(client=2)
    body = {**WHY, "number": licence.number}
    assert [caller.post(VERIFY, body, format="json").status_code for _ in range(2)] == [200, 200]
    with make.recorded() as entries:
        answer = caller.post(VERIFY, body, format="json", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Retry-After"] == "1"
    assert (answer.json()["reason"], answer.json()["record"]) == ("rate_exceeded", str(entries[0].pk))
    assert "try again in 1 seconds" in answer.json()["detail"]
    assert [(e.action, e.outcome, e.reason) for e in entries] == [("verify", "refused", "rate_exceeded")]
    # Another call of the same client is its own as well.
    reading = caller.get(f"/api/v1/licences/{licence.identifier}/", WHY)
    assert (reading.status_code, "number" in reading.json()) == (429, False)


@pytest.mark.django_db
def test_a_flood_by_one_client_locks_nobody_else_out(limited: Callable[..., None]) -> None:
    make.city()
    licence = make.issued()
    flooding, beside, other = make.api("O"), make.api("O"), make.api("D")
    limited(client=5, department=8, licence_type=8)
    body = {**WHY, "number": licence.number}
    answers = [flooding.post(VERIFY, body, format="json").status_code for _ in range(40)]
    assert answers == [200] * 5 + [429] * 35
    assert beside.post(VERIFY, body, format="json").status_code == 200
    assert other.post(VERIFY, {**body, "item": "D2"}, format="json").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["department", "licence_type"])
def test_the_clients_of_a_department_share_its_limits(limited: Callable[..., None], which: str) -> None:
    make.city()
    body = {**WHY, "number": make.issued().number, "licence_type": make.LAND}
    one, two = make.api("O"), make.api("O")
    limited(**{which: 2})
    answers = [caller.post(VERIFY, body, format="json").status_code for caller in (one, two, one, two)]
    assert answers == [200, 200, 429, 429]


@pytest.mark.django_db
def test_a_limit_of_one_type_leaves_the_others_open(limited: Callable[..., None]) -> None:
    make.city()
    caller = make.api("O")
    limited(licence_type=1)
    land, approval = ({**WHY, "number": "某1号", "licence_type": name} for name in (make.LAND, make.APPROVAL))
    answers = [caller.post(VERIFY, body, format="json").status_code for body in (land, land, approval)]
    assert answers == [200, 429, 200]


@pytest.mark.django_db
def test_what_is_refused_is_charged_too(limited: Callable[..., None]) -> None:
    make.city()
    caller = make.api("O")
    limited(client=3)
    # Another department's item: refused each time, which must not be a way to ask without end.
    answers = [caller.post(VERIFY, {**WHY, "item": "D2", "number": "1"}, format="json") for _ in range(3)]
    assert {a.json()["reason"] for a in answers} == {"item_of_other_department"}
    assert caller.post(VERIFY, {**WHY, "number": "1"}, format="json").json()["reason"] == "rate_exceeded"


@pytest.mark.django_db
def test_a_clients_own_rate_takes_the_place_of_the_setting(limited: Callable[..., None]) -> None:
    limited(client=1)
    client = uuid.uuid4()
    assert [seconds_to_wait(client=client, department="D", own_rate=3) for _ in range(4)] == [0, 0, 0, 1]
    other = uuid.uuid4()
    assert [seconds_to_wait(client=other, department="D") for _ in range(2)] == [0, 1]


@pytest.mark.django_db
def test_a_batch_counts_as_many_looks_as_it_holds(limited: Callable[..., None]) -> None:
    limited(client=100)
    client = uuid.uuid4()
    assert seconds_to_wait(client=client, department="D", count=60) == 0
    assert seconds_to_wait(client=client, department="D", count=60) == 1
    # One larger than what comes in the whole burst is served when there is most, and paid off before the next.
    other = uuid.uuid4()
    assert seconds_to_wait(client=other, department="D", count=1000) == 0
    assert seconds_to_wait(client=other, department="D", count=1) == 10


@pytest.mark.django_db
def test_without_limits_nothing_is_counted(limited: Callable[..., None]) -> None:
    limited()
    assert {seconds_to_wait(client=uuid.uuid4(), department="D", types=["x"], count=10**6) for _ in range(3)} == {0}
