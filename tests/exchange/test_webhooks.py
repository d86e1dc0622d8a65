"""What subscribers are told: whose licences, by which ground, and signed how."""

import datetime as dt
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from audit.models import Entry
from audit.sequencing import keep_up
from exchange.asking import Standing, standing_of_client
from exchange.deciding import verify_references
from exchange.delivery import Progress
from exchange.looking import looks_at
from exchange.models import Reliance
from exchange.subscriptions.delivering import deliver_due
from exchange.subscriptions.following import follow_changes
from exchange.subscriptions.subscribing import rotate
from exchange.tasks import tell_subscribers
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.sealing import Ring, key_name
from registry.models import Succession
from tests import factories as make
from tests.exchange.receiving import Answering, Endpoint
from tests.exchange.subscribed import CASE, Subscribed, change, relied, tell

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback_city")]


# --- Who is told what ----------------------------------------------------------------------------------------------


def test_a_change_of_a_licence_relied_on_is_told_signed_so_that_another_implementation_agrees(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    licence = relied(planning_system)
    change(licence)
    assert tell() == 1
    (came,) = subscribed.receiver.changes
    told = Webhook(subscribed.secret).verify(came.body, dict(came.headers))
    assert told["data"] == {"identifier": licence.identifier, "state": "suspended"}
    assert set(told) == {"type", "timestamp", "data"}
    assert subscribed.delivery().progress == Progress.DELIVERED


def test_a_tampered_body_another_id_and_an_old_time_do_not_verify(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    change(relied(planning_system))
    tell()
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
        lambda standing, licence: relied(standing_of_client(make.client("D")[0]), licence, "D2", case="D2-1"),
    ],
    ids=["nobody looked", "without a case", "another department"],
)
def test_a_licence_on_which_the_department_does_not_rely_is_not_told(
    subscribed: Subscribed, planning_system: Standing, look: Any
) -> None:
    licence = make.issued()
    look(planning_system, licence)
    change(licence)
    assert tell() == 0
    assert subscribed.receiver.changes == []


def test_what_was_found_invalid_is_not_relied_on(subscribed: Subscribed, planning_system: Standing) -> None:
    licence = make.operated("suspend")
    relied(planning_system, licence)
    change(licence, "resume")
    assert tell() == 0


def test_a_change_before_the_subscription_is_not_told(receiver: Endpoint, planning_system: Standing) -> None:
    licence = relied(planning_system)
    change(licence)
    Subscribed(receiver, planning_system)
    assert tell() == 0


def test_an_agreement_that_ended_since_withholds_the_message_and_its_state(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    agreement = make.agreement()
    deed = relied(planning_system, make.issued(make.DEED), "O3")
    change(deed)
    make.edit(agreement, until=now())
    assert tell() == 0
    delivery = subscribed.delivery()
    assert (delivery.progress, delivery.reason, delivery.told_at) == (Progress.WITHHELD, "agreement_ended", None)


def test_the_holder_sees_that_the_department_was_told(subscribed: Subscribed, planning_system: Standing) -> None:
    licence = relied(planning_system)
    change(licence)
    tell()
    entry = Entry.objects.get(action="tell_change")
    assert (entry.actor_department, entry.subject, entry.case) == ("O", licence.identifier, CASE)
    assert entry.pk in {e.pk for e in looks_at([make.company().pk], at=now())}


def test_the_entry_is_there_before_the_first_byte(subscribed: Subscribed, planning_system: Standing) -> None:
    change(relied(planning_system))
    keep_up()
    follow_changes()
    subscribed.receiver.answer = Answering(503)
    deliver_due()
    assert Entry.objects.filter(action="tell_change").count() == 1
    deliver_due(at=now() + dt.timedelta(hours=1))
    assert len(subscribed.receiver.changes) == 2
    assert Entry.objects.filter(action="tell_change").count() == 1


def test_each_change_is_told_once_however_often_the_record_is_followed(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    licence = relied(planning_system)
    relied(planning_system, licence)
    change(licence)
    assert [tell(), tell(), tell()] == [1, 0, 0]
    assert Reliance.objects.count() == 1


def test_changes_of_one_licence_come_in_their_order(subscribed: Subscribed, planning_system: Standing) -> None:
    licence = relied(planning_system)
    for operation in ("suspend", "resume", "revoke"):
        change(licence, operation)
    subscribed.receiver.answer = Answering(500)
    assert tell() == 1
    subscribed.receiver.answer = Answering(200)
    later = now() + dt.timedelta(hours=1)
    assert [deliver_due(at=later) for _ in range(4)] == [1, 1, 1, 0]
    told = [one.told["data"]["state"] for one in subscribed.receiver.changes]
    assert told == ["suspended", "suspended", "valid", "revoked"]


def test_the_periodic_job_follows_the_record_and_sends(subscribed: Subscribed, planning_system: Standing) -> None:
    change(relied(planning_system))
    keep_up()
    assert [tell_subscribers(), tell_subscribers()] == [1, 0]


def test_a_newer_version_in_its_place_is_achange(subscribed: Subscribed, planning_system: Standing) -> None:
    licence = relied(planning_system)
    make.issued(replaces=licence, operation="change")
    assert tell() == 1
    assert subscribed.receiver.changes[0].told["data"]["state"] == "replaced"


def test_a_department_that_took_anothers_place_is_told_what_that_relied_on(
    receiver: Endpoint, planning_system: Standing
) -> None:
    licence = relied(planning_system)
    Succession.objects.create(kind="department", old="O", new="D", since=dt.date(2020, 1, 1))
    Subscribed(receiver, standing_of_client(make.client("D")[0]))
    change(licence)
    assert tell() == 1
    assert len(receiver.changes) == 1


def test_what_a_clerk_verifies_for_an_application_is_relied_on(receiver: Endpoint) -> None:
    application, clerk = make.submitted(), make.clerk("D")
    Subscribed(receiver, standing_of_client(make.client("D")[0]))
    verify_references(application, person=clerk)
    for reference in application.references.select_related("licence"):
        assert reference.licence
        change(reference.licence)
    assert tell() == application.references.count()


def test_a_client_that_was_stopped_is_told_nothing(subscribed: Subscribed, planning_system: Standing) -> None:
    change(relied(planning_system))
    make.edit(subscribed.row.client, active=False)
    assert tell() == 0
    assert subscribed.delivery().reason == "client_inactive"


# --- Secrets -------------------------------------------------------------------------------------------------------


def test_after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone(
    subscribed: Subscribed, planning_system: Standing
) -> None:
    licence = relied(planning_system)
    _, newer = rotate(subscribed.row, actor=planning_system.actor)
    assert newer != subscribed.secret
    change(licence)
    tell()
    came = subscribed.receiver.changes[-1]
    for secret in (subscribed.secret, newer):
        assert Webhook(secret).verify(came.body, dict(came.headers))
    change(licence, "resume")
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
    subscribed: Subscribed, planning_system: Standing, settings: "Settings"
) -> None:
    settings.SEALING_RING = Ring({"newer": b"n" * 32, **settings.SEALING_RING.keys})
    call_command("reseal", stdout=StringIO())
    assert key_name(bytes(subscribed.refreshed().secret_sealed)) == "newer"
    licence = relied(planning_system)
    change(licence)
    tell()
    came = subscribed.receiver.changes[0]
    assert Webhook(subscribed.secret).verify(came.body, dict(came.headers))


def test_a_secret_whose_key_is_lost_holds_up_nobody_else(
    subscribed: Subscribed, planning_system: Standing, settings: "Settings"
) -> None:
    make.edit(subscribed.row, secret_sealed=b"lost\0" + b"x" * 60)
    change(relied(planning_system))
    assert tell() == 0
    assert subscribed.delivery().progress == Progress.WAITING
