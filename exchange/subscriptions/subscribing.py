"""Subscribing: an endpoint is named, proves that it takes messages, may move, and ends; its secret rotates."""

import datetime as dt
import json
import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from audit.recording import Subject, record
from exchange.asking import Standing
from exchange.delivery import STEPS, Progress, State, can_step
from exchange.errors import AccessRefused
from exchange.keeping import anyone, keeper, kept_by
from exchange.models import Delivery, Subscription
from exchange.refusals import refusals_recorded
from exchange.subscriptions.addresses import check_address
from exchange.subscriptions.errors import (
    EndpointNotProven,
    SubscriptionExists,
    SubscriptionNotFound,
    SubscriptionWrongState,
    TooSoon,
)
from exchange.subscriptions.messages import challenge_message, seal_secret, secrets_of
from exchange.subscriptions.posting import Posted, post
from exchange.subscriptions.queries import subscription_of
from exchange.subscriptions.signing import new_secret, signed_headers, written
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Grounds, because
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Person

OVERLAP = dt.timedelta(hours=24)
"""How long a rotated secret goes on signing beside the new one."""
_BETWEEN = dt.timedelta(seconds=10)


def subscribe(*, address: str, standing: Standing, at: dt.datetime | None = None) -> tuple[Subscription, str]:
    """Subscribe for a client's department; return it, `pending`, with the secret, which is told this once."""
    at = at or now()
    key, secret = new_id(), new_secret()
    with refusals_recorded("subscribe", Subject("subscription"), standing.actor), transaction.atomic():
        department = registry.department_by_code(standing.asker.department)
        client = standing.actor.client
        if not standing.asker.active or department is None or client is None:
            raise AccessRefused(because("client_inactive"))
        made = Subscription(
            id=key,
            department=department,
            client_id=client,
            address=check_address(address, settings.SHARING),
            secret_sealed=seal_secret(key, secret),
            made_at=at,
        )
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:
            raise SubscriptionExists from None
        _note("subscribe", made, standing.actor, at)
        return made, written(secret)


def own_subscription(key: UUID, *, standing: Standing) -> Subscription:
    """Return a subscription of the caller's department; a refusal is recorded."""
    with refusals_recorded("open_subscription", Subject("subscription", str(key)), standing.actor):
        _check_active(standing)
        return subscription_of(key, [standing.asker.department])


def kept_subscription(key: UUID, *, person: "Person", at: dt.datetime | None = None) -> tuple[Subscription, Actor]:
    """Return a subscription with the person as a keeper of its department; a refusal is recorded."""
    at = at or now()
    with refusals_recorded("open_subscription", Subject("subscription", str(key)), anyone(person, at)):
        found = subscription_of(key, kept_by(person, at))
        actor = keeper(person, found.department.code, at)
        if actor is None:
            raise SubscriptionNotFound
        return found, actor


def _check_active(standing: Standing) -> None:
    if not standing.asker.active:
        raise AccessRefused(because("client_inactive"))


def open_deliveries(subscription: Subscription, *, actor: Actor, at: dt.datetime | None = None) -> None:
    """Record that somebody looks at what a subscription was sent."""
    with transaction.atomic():
        record(
            action="open_subscription", actor=actor, subject=_subject(subscription), outcome="opened", at=at or now()
        )


def move(subscription: Subscription, *, address: str, actor: Actor, at: dt.datetime | None = None) -> Subscription:
    """Send to another address from now on, once it is verified; what waits goes there too."""
    at = at or now()
    with refusals_recorded("move_subscription", _subject(subscription), actor), transaction.atomic():
        subscription = _locked(subscription)
        _take("move", subscription)
        subscription.address = check_address(address, settings.SHARING)
        subscription.reason, subscription.verified_at, subscription.failing_since = "", None, None
        try:
            with transaction.atomic():
                subscription.save(update_fields=["address", "state", "reason", "verified_at", "failing_since"])
        except IntegrityError:
            raise SubscriptionExists from None
        _note("move_subscription", subscription, actor, at)
        return subscription


def rotate(subscription: Subscription, *, actor: Actor, at: dt.datetime | None = None) -> tuple[Subscription, str]:
    """Give the subscription a new secret, told this once; the former goes on signing beside it for `OVERLAP`."""
    at, secret = at or now(), new_secret()
    with refusals_recorded("rotate_signing_secret", _subject(subscription), actor), transaction.atomic():
        subscription = _locked(subscription)
        if subscription.state == State.ENDED:
            raise SubscriptionWrongState(State.ENDED)
        subscription.former_sealed = subscription.secret_sealed
        subscription.former_until = at + OVERLAP
        subscription.secret_sealed = seal_secret(subscription.pk, secret)
        subscription.save(update_fields=["secret_sealed", "former_sealed", "former_until"])
        _note("rotate_signing_secret", subscription, actor, at)
        return subscription, written(secret)


def end(subscription: Subscription, *, actor: Actor, at: dt.datetime | None = None) -> Subscription:
    """End the subscription: nothing is sent any more, what waits is not delivered."""
    at = at or now()
    with refusals_recorded("end_subscription", _subject(subscription), actor), transaction.atomic():
        subscription = _locked(subscription)
        _take("end", subscription)
        subscription.save(update_fields=["state"])
        waiting = Delivery.objects.filter(subscription=subscription, progress=Progress.WAITING)
        waiting.update(progress=Progress.DEAD, ended_at=at)
        _note("end_subscription", subscription, actor, at)
        return subscription


# --- Proving that the endpoint takes messages -----------------------------------------------------------------------


def verify_endpoint(subscription: Subscription, *, actor: Actor, at: dt.datetime | None = None) -> Subscription:
    """Send a signed challenge, which the endpoint answers with `{"challenge": …}`; then the subscription is active.

    At most once in ten seconds. The network is waited for outside of any transaction.
    """
    at, challenge = at or now(), secrets.token_urlsafe(32)
    with refusals_recorded("verify_endpoint", _subject(subscription), actor):
        subscription = _begin(subscription, at)
        body = challenge_message(challenge, at)
        headers = signed_headers(new_id(), body, by=secrets_of(subscription, at), at=at)
        _check_echo(post(subscription.address, body, headers), challenge)
        with transaction.atomic():
            proven = _locked(subscription)
            _take("verify", proven)
            if proven.address != subscription.address:
                raise EndpointNotProven(because("challenge_not_echoed"))
            proven.reason, proven.verified_at, proven.failing_since = "", at, None
            proven.save(update_fields=["state", "reason", "verified_at", "failing_since"])
            _note("verify_endpoint", proven, actor, at)
            return proven


@transaction.atomic
def _begin(subscription: Subscription, at: dt.datetime) -> Subscription:
    subscription = _locked(subscription)
    if not can_step("verify", State(subscription.state)):
        raise SubscriptionWrongState(State(subscription.state))
    if subscription.challenged_at and at < subscription.challenged_at + _BETWEEN:
        raise TooSoon(int((subscription.challenged_at + _BETWEEN - at).total_seconds()) + 1)
    subscription.challenged_at = at
    subscription.save(update_fields=["challenged_at"])
    return subscription


def _check_echo(posted: Posted, challenge: str) -> None:
    grounds: Grounds | None = None if posted.is_taken else posted.grounds
    if grounds is None:
        try:
            told = json.loads(posted.body)
        except (ValueError, RecursionError):
            told = None
        echoed = told.get("challenge") if isinstance(told, dict) else None
        if not isinstance(echoed, str) or not secrets.compare_digest(echoed.encode(), challenge.encode()):
            grounds = because("challenge_not_echoed")
    if grounds is not None:
        raise EndpointNotProven(grounds)


# --- What all steps share ---------------------------------------------------------------------------------------------


def _locked(subscription: Subscription) -> Subscription:
    found = Subscription.objects.select_for_update(of=("self",)).select_related("department", "client")
    locked = found.filter(pk=subscription.pk).first()
    if locked is None:
        raise SubscriptionNotFound
    return locked


def _subject(subscription: Subscription) -> Subject:
    return Subject("subscription", str(subscription.pk))


def _take(step: str, subscription: Subscription) -> None:
    state = State(subscription.state)
    if not can_step(step, state):
        raise SubscriptionWrongState(state)
    subscription.state = STEPS[step].target


def _note(action: str, subscription: Subscription, actor: Actor, at: dt.datetime) -> None:
    record(action=action, actor=actor, subject=_subject(subscription), outcome=subscription.state, at=at)
