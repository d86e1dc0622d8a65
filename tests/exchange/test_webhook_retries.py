"""When a message is sent again, and when no more."""

import datetime as dt

import pytest

from audit.models import Entry
from audit.sequencing import keep_up
from exchange.asking import Standing
from exchange.delivery import ATTEMPTS, FAILING_FOR, Progress, State
from exchange.models import Delivery
from exchange.subscriptions.delivering import deliver_due, resend
from exchange.subscriptions.following import follow_changes
from exchange.subscriptions.subscribing import end, move, verify_endpoint
from foundation.clock import now
from tests.exchange.receiving import Answering, Endpoint, echoing, endpoint
from tests.exchange.subscribed import Subscribed, change, relied, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback_city")]


def test_a_failure_is_tried_again_later_and_later_with_the_same_id_and_is_a_dead_letter_in_the_end(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    change(relied(planning_system))
    subscribed.receiver.answer = Answering(500)
    at, waits = now() + dt.timedelta(minutes=1), []
    tell(at)
    for _ in range(ATTEMPTS - 1):
        delivery = subscribed.delivery()
        assert (delivery.progress, delivery.status, delivery.reason) == (Progress.WAITING, 500, "delivery_answered")
        assert deliver_due(at=delivery.next_at - dt.timedelta(seconds=1)) == 0
        waits.append(delivery.next_at - at)
        at = delivery.next_at
        assert deliver_due(at=at) == 1
    assert subscribed.delivery().progress == Progress.DEAD
    assert waits[0] < waits[1] < waits[2] < waits[4]
    assert len({one.headers["webhook-id"] for one in subscribed.receiver.changes}) == 1
    assert deliver_due(at=at + dt.timedelta(days=9)) == 0
    subscribed.receiver.answer = Answering(200)
    assert resend(subscribed.row, actor=planning_system.actor) == 1
    assert deliver_due() == 1
    assert len({one.headers["webhook-id"] for one in subscribed.receiver.changes}) == 1
    assert subscribed.delivery().progress == Progress.DELIVERED


def test_the_endpoints_own_wish_to_wait_is_heeded(subscribed: Subscribed, planning_system: Standing) -> None:
    change(relied(planning_system))
    subscribed.receiver.answer = Answering(503, {"Retry-After": "1800"})
    at = now() + dt.timedelta(minutes=1)
    tell(at)
    assert subscribed.delivery().next_at == at + dt.timedelta(seconds=1800)


def test_an_endpoint_that_fails_for_days_is_disabled_and_what_comes_then_can_be_resent(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    licence = relied(planning_system)
    change(licence)
    subscribed.receiver.answer = Answering(500)
    at = now() + dt.timedelta(minutes=1)
    tell(at)
    deliver_due(at=at + FAILING_FOR + dt.timedelta(minutes=1))
    assert (subscribed.refreshed().state, subscribed.row.reason) == (State.DISABLED, "endpoint_failing")
    assert Entry.objects.filter(action="disable_subscription").count() == 1
    change(licence, "resume")
    assert tell() == 0
    dead = Delivery.objects.filter(progress=Progress.DEAD, reason="endpoint_failing")
    assert dead.count() == 2
    subscribed.receiver.answer = Answering(body=echoing)
    verify_endpoint(subscribed.row, actor=planning_system.actor, at=now() + dt.timedelta(minutes=1))
    resend(subscribed.row, actor=planning_system.actor)
    assert [deliver_due(), deliver_due()] == [1, 1]
    assert [one.told["data"]["state"] for one in subscribed.receiver.changes[-2:]] == ["suspended", "valid"]


def test_410_disables_at_once(subscribed: Subscribed, planning_system: Standing) -> None:
    change(relied(planning_system))
    subscribed.receiver.answer = Answering(410)
    tell()
    assert (subscribed.refreshed().state, subscribed.row.reason) == (State.DISABLED, "endpoint_gone")


def test_a_redirect_is_a_failure_and_is_not_followed(subscribed: Subscribed, planning_system: Standing) -> None:
    change(relied(planning_system))
    with endpoint() as other:
        subscribed.receiver.answer = Answering(302, {"Location": other.address})
        tell()
        assert other.received == []
    assert subscribed.delivery().status == 302


def test_after_a_failure_the_others_of_the_endpoint_wait_for_the_next_run(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    for _ in range(3):
        change(relied(planning_system))
    subscribed.receiver.answer = Answering(500)
    assert tell() == 1
    assert len(subscribed.receiver.changes) == 1
    subscribed.receiver.answer = Answering(200)
    assert deliver_due() == 2


def test_one_dead_endpoint_does_not_hold_up_another(receiver: Endpoint, planning_system: Standing) -> None:
    first = Subscribed(receiver, planning_system)
    with endpoint() as other:
        Subscribed(other, planning_system)
        change(relied(planning_system))
        first.receiver.answer = Answering(500)
        assert tell() == 2
        assert len(other.changes) == 1


def test_a_worker_that_died_leaves_a_lease_that_ends(subscribed: Subscribed, planning_system: Standing) -> None:
    change(relied(planning_system))
    keep_up()
    follow_changes()
    Delivery.objects.update(next_at=now() + dt.timedelta(seconds=60))
    assert deliver_due() == 0
    assert deliver_due(at=now() + dt.timedelta(seconds=61)) == 1


def test_an_ended_subscription_is_told_nothing(subscribed: Subscribed, planning_system: Standing) -> None:
    licence = relied(planning_system)
    change(licence)
    keep_up()
    follow_changes()
    end(subscribed.row, actor=planning_system.actor)
    change(licence, "resume")
    assert tell() == 0
    assert subscribed.receiver.changes == []


def test_one_that_moved_waits_until_the_new_address_is_verified(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    licence = relied(planning_system)
    with endpoint() as other:
        move(subscribed.row, address=other.address, actor=planning_system.actor)
        change(licence)
        assert tell() == 0
        verify_endpoint(subscribed.row, actor=planning_system.actor, at=now() + dt.timedelta(minutes=1))
        assert deliver_due() == 1
        assert len(other.changes) == 1
    assert subscribed.receiver.changes == []
