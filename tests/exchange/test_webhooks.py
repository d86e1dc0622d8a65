"""What subscribers are told: whose licences, signed how, when again, and when no more."""

import datetime as dt
import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from audit.models import Entry
from audit.sequencing import keep_up
from config.sharing import Sharing
from exchange.asking import Standing, standing_of_client
from exchange.deciding import verify_references
from exchange.delivery import ATTEMPTS, FAILING_FOR, Progress, State
from exchange.looking import looks_at
from exchange.models import Delivery, Reliance, Subscription
from exchange.subscriptions.delivering import deliver_due, resend
from exchange.subscriptions.following import follow_changes
from exchange.subscriptions.messages import seal_anew
from exchange.subscriptions.subscribing import end, move, rotate, subscribe, verify_endpoint
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.sealing import Ring, key_name
from licences.models import Licence
from licences.operating import operate
from registry.models import Succession
from tests import factories as make
from tests.exchange.receiving import Answering, Endpoint, echoing, endpoint

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
LOOPBACK = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
CASE = "O2-外部-1"


@pytest.fixture(autouse=True)
def _city(settings: "Settings") -> None:
    settings.SHARING = LOOPBACK
    make.city()


@pytest.fixture
def receiver() -> Iterator[Endpoint]:
    with endpoint() as here:
        yield here


@pytest.fixture
def planning() -> Standing:
    return standing_of_client(make.client("O")[0])


class Subscribed:
    """An active subscription of the planning bureau, and its secret."""

    def __init__(self, receiver: Endpoint, standing: Standing) -> None:
        self.receiver, self.standing = receiver, standing
        self.row, self.secret = subscribe(address=receiver.address, standing=standing)
        verify_endpoint(self.row, actor=standing.actor)

    def refreshed(self) -> Subscription:
        self.row.refresh_from_db()
        return self.row

    def delivery(self) -> Delivery:
        return Delivery.objects.get(subscription=self.row)


@pytest.fixture
def subscribed(receiver: Endpoint, planning: Standing) -> Subscribed:
    return Subscribed(receiver, planning)


def _relied(standing: Standing, licence: Licence | None = None, item: str = "O2", **values: str) -> Licence:
    licence = licence or make.issued()
    verify_number(make.ask(licence.number, item, **{"case": CASE, **values}), standing=standing)
    return licence


def _change(licence: Licence, operation: str = "suspend") -> None:
    operate(licence, operation, reason="测试", actor=make.PLATFORM)


def _tell(at: dt.datetime | None = None) -> int:
    keep_up()
    follow_changes()
    return deliver_due(at=at)


# --- Who is told what ----------------------------------------------------------------------------------------------


def test_a_change_of_a_licence_relied_on_is_told_signed_so_that_another_implementation_agrees(
    subscribed: Subscribed, planning: Standing
) -> None:
    licence = _relied(planning)
    _change(licence)
    assert _tell() == 1
    (came,) = subscribed.receiver.changes
    told = Webhook(subscribed.secret).verify(came.body, dict(came.headers))
    assert told["data"] == {"identifier": licence.identifier, "state": "suspended"}
    assert set(told) == {"type", "timestamp", "data"}
    assert subscribed.delivery().progress == Progress.DELIVERED


def test_a_tampered_body_another_id_and_an_old_time_do_not_verify(subscribed: Subscribed, planning: Standing) -> None:
    _change(_relied(planning))
    _tell()
    (came,) = subscribed.receiver.changes
    headers = dict(came.headers)
    changed = [
        (came.body.replace(b"suspended", b"valid"), headers),
        (came.body, headers | {"webhook-id": "msg_other"}),
        (came.body, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 3600)}),
    ]
    for body, given in changed:
        with pytest.raises(WebhookVerificationError):
            Webhook(subscribed.secret).verify(body, given)


@pytest.mark.parametrize(
    "look",
    [
        lambda standing, licence: None,
        lambda standing, licence: verify_number(
            make.ask(licence.number), standing=standing_of_client(make.client("O")[0], operator="李")
        ),
        lambda standing, licence: _relied(standing_of_client(make.client("D")[0]), licence, "D2", case="D2-1"),
    ],
    ids=["nobody looked", "without a case", "another department"],
)
def test_a_licence_on_which_the_department_does_not_rely_is_not_told(
    subscribed: Subscribed, planning: Standing, look: Any
) -> None:
    licence = make.issued()
    look(planning, licence)
    _change(licence)
    assert _tell() == 0
    assert subscribed.receiver.changes == []


def test_what_was_found_invalid_is_not_relied_on(subscribed: Subscribed, planning: Standing) -> None:
    licence = make.operated("suspend")
    _relied(planning, licence)
    _change(licence, "resume")
    assert _tell() == 0


def test_a_change_before_the_subscription_is_not_told(receiver: Endpoint, planning: Standing) -> None:
    licence = _relied(planning)
    _change(licence)
    Subscribed(receiver, planning)
    assert _tell() == 0


def test_an_agreement_that_ended_since_withholds_the_message_and_its_state(
    subscribed: Subscribed, planning: Standing
) -> None:
    agreement = make.agreement()
    deed = _relied(planning, make.issued(make.DEED), "O3")
    _change(deed)
    make.edit(agreement, until=now())
    assert _tell() == 0
    delivery = subscribed.delivery()
    assert (delivery.progress, delivery.reason, delivery.told_at) == (Progress.WITHHELD, "agreement_missing", None)


def test_the_holder_sees_that_the_department_was_told(subscribed: Subscribed, planning: Standing) -> None:
    licence = _relied(planning)
    _change(licence)
    _tell()
    entry = Entry.objects.get(action="tell_change")
    assert (entry.actor_department, entry.subject, entry.case) == ("O", licence.identifier, CASE)
    assert entry.pk in {e.pk for e in looks_at([make.company().pk], at=now())}


def test_the_entry_is_there_before_the_first_byte(subscribed: Subscribed, planning: Standing) -> None:
    _change(_relied(planning))
    keep_up()
    follow_changes()
    subscribed.receiver.answer = Answering(503)
    deliver_due()
    assert Entry.objects.filter(action="tell_change").count() == 1
    deliver_due(at=now() + dt.timedelta(hours=1))
    assert len(subscribed.receiver.changes) == 2
    assert Entry.objects.filter(action="tell_change").count() == 1


def test_each_change_is_told_once_however_often_the_record_is_followed(
    subscribed: Subscribed, planning: Standing
) -> None:
    licence = _relied(planning)
    _relied(planning, licence)
    _change(licence)
    assert [_tell(), _tell(), _tell()] == [1, 0, 0]
    assert Reliance.objects.count() == 1


def test_changes_of_one_licence_come_in_their_order(subscribed: Subscribed, planning: Standing) -> None:
    licence = _relied(planning)
    for operation in ("suspend", "resume", "revoke"):
        _change(licence, operation)
    subscribed.receiver.answer = Answering(500)
    assert _tell() == 1
    subscribed.receiver.answer = Answering(200)
    later = now() + dt.timedelta(hours=1)
    assert [deliver_due(at=later) for _ in range(4)] == [1, 1, 1, 0]
    told = [one.told["data"]["state"] for one in subscribed.receiver.changes]
    assert told == ["suspended", "suspended", "valid", "revoked"]


def test_a_newer_version_in_its_place_is_a_change(subscribed: Subscribed, planning: Standing) -> None:
    licence = _relied(planning)
    make.issued(replaces=licence, operation="change")
    assert _tell() == 1
    assert subscribed.receiver.changes[0].told["data"]["state"] == "replaced"


def test_a_department_that_took_anothers_place_is_told_what_that_relied_on(
    receiver: Endpoint, planning: Standing
) -> None:
    licence = _relied(planning)
    Succession.objects.create(kind="department", old="O", new="D", since=dt.date(2020, 1, 1))
    Subscribed(receiver, standing_of_client(make.client("D")[0]))
    _change(licence)
    assert _tell() == 1
    assert len(receiver.changes) == 1


def test_what_a_clerk_verifies_for_an_application_is_relied_on(receiver: Endpoint) -> None:
    application, clerk = make.submitted(), make.clerk("D")
    Subscribed(receiver, standing_of_client(make.client("D")[0]))
    verify_references(application, person=clerk)
    for reference in application.references.select_related("licence"):
        assert reference.licence
        _change(reference.licence)
    assert _tell() == application.references.count()


def test_a_client_that_was_stopped_is_told_nothing(subscribed: Subscribed, planning: Standing) -> None:
    _change(_relied(planning))
    make.edit(subscribed.row.client, active=False)
    assert _tell() == 0
    assert subscribed.delivery().reason == "client_inactive"


# --- When again, and when no more ----------------------------------------------------------------------------------


def test_a_failure_is_tried_again_later_and_later_with_the_same_id_and_is_a_dead_letter_in_the_end(
    subscribed: Subscribed, planning: Standing
) -> None:
    _change(_relied(planning))
    subscribed.receiver.answer = Answering(500)
    at, waits = now() + dt.timedelta(minutes=1), []
    _tell(at)
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
    assert resend(subscribed.row, actor=planning.actor) == 1
    assert deliver_due() == 1
    assert len({one.headers["webhook-id"] for one in subscribed.receiver.changes}) == 1
    assert subscribed.delivery().progress == Progress.DELIVERED


def test_the_endpoints_own_wish_to_wait_is_heeded(subscribed: Subscribed, planning: Standing) -> None:
    _change(_relied(planning))
    subscribed.receiver.answer = Answering(503, {"Retry-After": "1800"})
    at = now() + dt.timedelta(minutes=1)
    _tell(at)
    assert subscribed.delivery().next_at == at + dt.timedelta(seconds=1800)


def test_an_endpoint_that_fails_for_days_is_disabled_and_what_comes_then_can_be_resent(
    subscribed: Subscribed, planning: Standing
) -> None:
    licence = _relied(planning)
    _change(licence)
    subscribed.receiver.answer = Answering(500)
    at = now() + dt.timedelta(minutes=1)
    _tell(at)
    deliver_due(at=at + FAILING_FOR + dt.timedelta(minutes=1))
    assert (subscribed.refreshed().state, subscribed.row.reason) == (State.DISABLED, "endpoint_failing")
    assert Entry.objects.filter(action="disable_subscription").count() == 1
    _change(licence, "resume")
    assert _tell() == 0
    dead = Delivery.objects.filter(progress=Progress.DEAD, reason="endpoint_failing")
    assert dead.count() == 2
    subscribed.receiver.answer = Answering(body=echoing)
    verify_endpoint(subscribed.row, actor=planning.actor, at=now() + dt.timedelta(minutes=1))
    resend(subscribed.row, actor=planning.actor)
    assert [deliver_due(), deliver_due()] == [1, 1]
    assert [one.told["data"]["state"] for one in subscribed.receiver.changes[-2:]] == ["suspended", "valid"]


def test_410_disables_at_once(subscribed: Subscribed, planning: Standing) -> None:
    _change(_relied(planning))
    subscribed.receiver.answer = Answering(410)
    _tell()
    assert (subscribed.refreshed().state, subscribed.row.reason) == (State.DISABLED, "endpoint_gone")


def test_a_redirect_is_a_failure_and_is_not_followed(subscribed: Subscribed, planning: Standing) -> None:
    _change(_relied(planning))
    with endpoint() as other:
        subscribed.receiver.answer = Answering(302, {"Location": other.address})
        _tell()
        assert other.received == []
    assert subscribed.delivery().status == 302


def test_after_a_failure_the_others_of_the_endpoint_wait_for_the_next_run(
    subscribed: Subscribed, planning: Standing
) -> None:
    for _ in range(3):
        _change(_relied(planning))
    subscribed.receiver.answer = Answering(500)
    assert _tell() == 1
    assert len(subscribed.receiver.changes) == 1
    subscribed.receiver.answer = Answering(200)
    assert deliver_due() == 2


def test_one_dead_endpoint_does_not_hold_up_another(receiver: Endpoint, planning: Standing) -> None:
    first = Subscribed(receiver, planning)
    with endpoint() as other:
        Subscribed(other, planning)
        _change(_relied(planning))
        first.receiver.answer = Answering(500)
        assert _tell() == 2
        assert len(other.changes) == 1


def test_a_worker_that_died_leaves_a_lease_that_ends(subscribed: Subscribed, planning: Standing) -> None:
    _change(_relied(planning))
    keep_up()
    follow_changes()
    Delivery.objects.update(next_at=now() + dt.timedelta(seconds=60))
    assert deliver_due() == 0
    assert deliver_due(at=now() + dt.timedelta(seconds=61)) == 1


def test_an_ended_subscription_is_told_nothing(subscribed: Subscribed, planning: Standing) -> None:
    licence = _relied(planning)
    _change(licence)
    keep_up()
    follow_changes()
    end(subscribed.row, actor=planning.actor)
    _change(licence, "resume")
    assert _tell() == 0
    assert subscribed.receiver.changes == []


def test_one_that_moved_waits_until_the_new_address_is_verified(subscribed: Subscribed, planning: Standing) -> None:
    licence = _relied(planning)
    with endpoint() as other:
        move(subscribed.row, address=other.address, actor=planning.actor)
        _change(licence)
        assert _tell() == 0
        verify_endpoint(subscribed.row, actor=planning.actor, at=now() + dt.timedelta(minutes=1))
        assert deliver_due() == 1
        assert len(other.changes) == 1
    assert subscribed.receiver.changes == []


# --- Secrets -------------------------------------------------------------------------------------------------------


def test_after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone(
    subscribed: Subscribed, planning: Standing
) -> None:
    licence = _relied(planning)
    _, newer = rotate(subscribed.row, actor=planning.actor)
    assert newer != subscribed.secret
    _change(licence)
    _tell()
    came = subscribed.receiver.changes[-1]
    for secret in (subscribed.secret, newer):
        assert Webhook(secret).verify(came.body, dict(came.headers))
    _change(licence, "resume")
    keep_up()
    follow_changes()
    deliver_due(at=now() + dt.timedelta(hours=25))
    came = subscribed.receiver.changes[-1]
    assert Webhook(newer).verify(came.body, dict(came.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(subscribed.secret).verify(came.body, dict(came.headers))


def test_no_secret_stands_in_the_database(subscribed: Subscribed) -> None:
    stored = make.every_byte()
    assert subscribed.secret.encode() not in stored
    assert subscribed.secret.removeprefix("whsec_").encode() not in stored


def test_secrets_are_sealed_anew_under_a_new_key_and_go_on_signing(
    subscribed: Subscribed, planning: Standing, settings: "Settings"
) -> None:
    settings.SEALING_RING = Ring({"newer": b"n" * 32, **settings.SEALING_RING.keys})
    assert (seal_anew(), seal_anew()) == (1, 0)
    assert key_name(bytes(subscribed.refreshed().secret_sealed)) == "newer"
    licence = _relied(planning)
    _change(licence)
    _tell()
    came = subscribed.receiver.changes[0]
    assert Webhook(subscribed.secret).verify(came.body, dict(came.headers))


def test_a_secret_whose_key_is_lost_holds_up_nobody_else(
    subscribed: Subscribed, planning: Standing, settings: "Settings"
) -> None:
    make.edit(subscribed.row, secret_sealed=b"lost\0" + b"x" * 60)
    _change(_relied(planning))
    assert _tell() == 0
    assert subscribed.delivery().progress == Progress.WAITING
