"""What endpoints are sent, and the secrets that sign it: sealed at rest, two of them while one takes the other's place.

A message about a licence says its identifier, its new state and when it changed: no more than verifying tells.
"""

import datetime as dt
import json
import logging
from uuid import UUID

from django.conf import settings

from exchange.models import Delivery, Subscription

CHANGED, VERIFICATION = "licence.status_changed", "subscription.verification"
PURPOSE = "webhook-secret"
log = logging.getLogger(__name__)


def seal_secret(subscription: UUID, secret: bytes) -> bytes:
    """Seal a secret for the row of this subscription alone."""
    return settings.SEALING_RING.seal(secret, purpose=PURPOSE, bound_to=subscription.bytes)


def _open(subscription: Subscription, sealed: bytes | memoryview) -> bytes:
    return settings.SEALING_RING.open(bytes(sealed), purpose=PURPOSE, bound_to=subscription.pk.bytes)


def secrets_of(subscription: Subscription, at: dt.datetime) -> list[bytes]:
    """Return the secrets that sign at `at`, the present one first."""
    found = [_open(subscription, subscription.secret_sealed)]
    if subscription.former_sealed and subscription.former_until and at < subscription.former_until:
        found.append(_open(subscription, subscription.former_sealed))
    return found


def change_message(delivery: Delivery) -> bytes:
    """Return the body of a message about a licence's change."""
    data = {"identifier": delivery.identifier, "state": delivery.licence_state}
    return _body(CHANGED, delivery.changed_at, data)


def challenge_message(challenge: str, at: dt.datetime) -> bytes:
    """Return the body of a message whose answer must hold the challenge again."""
    return _body(VERIFICATION, at, {"challenge": challenge})


def _body(kind: str, at: dt.datetime, data: dict[str, str]) -> bytes:
    time = f"{at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    return json.dumps({"type": kind, "timestamp": time, "data": data}, separators=(",", ":")).encode()
