"""/api/v1/subscriptions/, as a department's system calls it."""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from rest_framework.test import APIClient
from standardwebhooks.webhooks import Webhook

from audit.sequencing import keep_up
from config.sharing import Sharing
from exchange.models import Delivery, Subscription
from exchange.subscriptions.delivering import deliver_due
from exchange.subscriptions.following import follow_changes
from licences.operating import operate
from tests import factories as make
from tests.exchange.receiving import Answering, Endpoint, endpoint

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
URL = "/api/v1/subscriptions/"


@pytest.fixture(autouse=True)
def _city(settings: "Settings") -> None:
    settings.SHARING = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
    make.city()


@pytest.fixture
def receiver() -> Iterator[Endpoint]:
    with endpoint() as here:
        yield here


@pytest.fixture
def caller() -> APIClient:
    return make.api("O", "verify subscriptions")


def _made(caller: APIClient, receiver: Endpoint) -> Any:
    answer = caller.post(URL, {"address": receiver.address}, format="json")
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    return answer.json()


def _steps(caller: APIClient, key: str, step: str, body: Any = None) -> Any:
    return caller.post(f"{URL}{key}/{step}/", body, format="json")


def test_an_endpoint_is_pending_until_it_answers_its_challenge(caller: APIClient, receiver: Endpoint) -> None:
    made = _made(caller, receiver)
    assert made["state"] == "pending"
    assert made["secret"].startswith("whsec_")
    receiver.answer = Answering(200)
    refused = _steps(caller, made["id"], "verify")
    assert (refused.status_code, refused.json()["reason"]) == (409, "endpoint_not_proven")
    too_soon = _steps(caller, made["id"], "verify")
    assert (too_soon.status_code, too_soon.json()["reason"]) == (429, "rate_exceeded")
    Subscription.objects.update(challenged_at=None)
    receiver.answer = Endpoint("").answer
    verified = _steps(caller, made["id"], "verify")
    assert (verified.status_code, verified.json()["state"]) == (200, "active")
    (challenge, _) = receiver.received
    assert Webhook(made["secret"]).verify(challenge.body, dict(challenge.headers))


def test_the_secret_is_told_once(caller: APIClient, receiver: Endpoint) -> None:
    made = _made(caller, receiver)
    for answer in (caller.get(URL), caller.get(f"{URL}{made['id']}/")):
        assert made["secret"] not in answer.content.decode()
    rotated = _steps(caller, made["id"], "rotate").json()
    assert rotated["secret"] != made["secret"]
    assert rotated["former_until"]


def test_a_subscription_is_listed_moved_and_ended(caller: APIClient, receiver: Endpoint) -> None:
    made = _made(caller, receiver)
    assert [one["id"] for one in caller.get(URL).json()["results"]] == [made["id"]]
    moved = caller.patch(f"{URL}{made['id']}/", {"address": receiver.address + "/2"}, format="json")
    assert (moved.status_code, moved.json()["state"]) == (200, "pending")
    assert caller.delete(f"{URL}{made['id']}/").status_code == 204
    assert caller.get(URL).json()["count"] == 0
    assert caller.get(f"{URL}{made['id']}/").status_code == 404


def test_the_same_address_twice_makes_no_second(caller: APIClient, receiver: Endpoint) -> None:
    _made(caller, receiver)
    again = caller.post(URL, {"address": receiver.address}, format="json")
    assert (again.status_code, again.json()["reason"]) == (409, "subscription_exists")
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize("address", ["https://169.254.169.254/", "http://example.cn/", "x"])
def test_an_address_inside_is_refused_at_its_field(caller: APIClient, address: str) -> None:
    answer = caller.post(URL, {"address": address}, format="json")
    assert (answer.status_code, answer.json()["reason"]) == (400, "address_not_allowed")
    assert answer.json()["errors"][0]["field"] == "address"


def test_another_departments_subscription_is_answered_like_none(caller: APIClient, receiver: Endpoint) -> None:
    key, other = _made(caller, receiver)["id"], make.api("D", "subscriptions")
    absent = "01a209dc-d650-74ef-85ba-ea626a7b5867"
    for call in (
        lambda k: other.get(f"{URL}{k}/"),
        lambda k: other.patch(f"{URL}{k}/", {"address": receiver.address}, format="json"),
        lambda k: other.delete(f"{URL}{k}/"),
        lambda k: other.get(f"{URL}{k}/deliveries/"),
        *(lambda k, step=step: _steps(other, k, step) for step in ("verify", "rotate", "resend")),
    ):
        bodies = [call(k).json() for k in (key, absent)]
        assert [b["status"] for b in bodies] == [404, 404]
        assert bodies[0]["reason"] == bodies[1]["reason"] == "subscription_not_found"
    assert other.get(URL).json()["count"] == 0


def test_it_takes_a_scope_of_its_own() -> None:
    answer = make.api("O").get(URL)
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")


def _changed(caller: APIClient) -> str:
    licence = make.issued()
    ask = {"number": licence.number, "item": "O2", "purpose": "规划许可", "case": "1"}
    assert caller.post("/api/v1/verifications/", ask, format="json").json()["outcome"] == "valid"
    operate(licence, "suspend", reason="测试", actor=make.PLATFORM)
    keep_up()
    follow_changes()
    return licence.identifier


def test_dead_letters_are_seen_and_resent(caller: APIClient, receiver: Endpoint) -> None:
    key = _made(caller, receiver)["id"]
    _steps(caller, key, "verify")
    identifier = _changed(caller)
    receiver.answer = Answering(410)
    deliver_due()
    (dead,) = caller.get(f"{URL}{key}/deliveries/", {"progress": "dead"}).json()["results"]
    assert (dead["identifier"], dead["licence_state"], dead["status"]) == (identifier, "suspended", 410)
    assert dead["webhook_id"] == receiver.changes[0].headers["webhook-id"]
    assert caller.get(f"{URL}{key}/").json()["reason"] == "endpoint_gone"
    Subscription.objects.update(challenged_at=None)
    receiver.answer = Endpoint("").answer
    _steps(caller, key, "verify")
    assert _steps(caller, key, "resend", {"deliveries": [dead["id"]]}).json() == {"resent": 1}
    assert _steps(caller, key, "resend").json() == {"resent": 0}
    assert deliver_due() == 1
    assert receiver.changes[1].headers["webhook-id"] == dead["webhook_id"]


def test_what_was_not_permitted_yet_names_neither_licence_nor_state(caller: APIClient, receiver: Endpoint) -> None:
    key = _made(caller, receiver)["id"]
    identifier = _changed(caller)
    (waiting,) = caller.get(f"{URL}{key}/deliveries/").json()["results"]
    assert (waiting["identifier"], waiting["licence_state"], waiting["progress"]) == (None, None, "waiting")
    assert identifier not in caller.get(f"{URL}{key}/deliveries/").content.decode()


def test_another_departments_dead_letters_are_not_resent(caller: APIClient, receiver: Endpoint) -> None:
    key = _made(caller, receiver)["id"]
    _changed(caller)
    Delivery.objects.update(progress="dead")
    foreign = Delivery.objects.get().pk
    other = make.api("D", "subscriptions")
    with endpoint() as theirs:
        own = _made(other, theirs)["id"]
    assert _steps(other, own, "resend", {"deliveries": [str(foreign)]}).json() == {"resent": 0}
    assert _steps(caller, key, "resend").json() == {"resent": 1}


def test_each_step_stands_in_the_record(caller: APIClient, receiver: Endpoint) -> None:
    with make.recorded() as entries:
        key = _made(caller, receiver)["id"]
        _steps(caller, key, "verify")
        _steps(caller, key, "rotate")
        caller.get(f"{URL}{key}/deliveries/")
        _steps(caller, key, "resend")
        caller.delete(f"{URL}{key}/")
    assert [e.action for e in entries] == [
        "subscribe", "verify_endpoint", "rotate_signing_secret", "open_subscription", "resend", "end_subscription",
    ]  # fmt: skip
    assert {e.subject for e in entries} == {key}
    assert receiver.address not in b"".join(bytes(e.leaf) for e in entries).decode()
