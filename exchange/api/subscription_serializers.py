"""What the calls for subscriptions take and give."""

from typing import Any

from rest_framework import serializers

from exchange.delivery import Progress, State
from exchange.models import Delivery, Subscription
from exchange.subscriptions.signing import message_id
from foundation.reasons import REASONS
from licences.lifecycle import State as LicenceState
from registry.api.problems import BothSerializer

STATES = [str(state) for state in State]
PROGRESS = [str(progress) for progress in Progress]
LICENCE_STATES = [str(state) for state in LicenceState]


class SubscriptionRequest(serializers.Serializer[Any]):
    """Where messages are sent."""

    address = serializers.CharField(max_length=500, help_text="By https; inside a closed network as its settings say.")


class SubscriptionAnswer(serializers.Serializer[Any]):
    """A subscription of the caller's department."""

    id = serializers.UUIDField()
    address = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    reason = serializers.CharField(allow_blank=True, help_text="Why it was disabled, if it was.")
    explanation = BothSerializer(allow_null=True)
    made_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    waiting = serializers.IntegerField(min_value=0)
    dead = serializers.IntegerField(min_value=0, help_text="Dead letters, which can be sent again.")


class SecretAnswer(serializers.Serializer[Any]):
    """A secret, told this once."""

    id = serializers.UUIDField()
    secret = serializers.CharField(help_text="`whsec_…` by Standard Webhooks; it signs every message.")
    former_until = serializers.DateTimeField(allow_null=True, help_text="Until when the former one signs too.")


class SubscriptionMade(SubscriptionAnswer):
    """A new subscription with its secret, told this once."""

    secret = serializers.CharField(help_text="`whsec_…` by Standard Webhooks; it signs every message.")


class DeliveryQuery(serializers.Serializer[Any]):
    """Which deliveries."""

    progress = serializers.ChoiceField(choices=PROGRESS, required=False, default="")


class DeliveryAnswer(serializers.Serializer[Any]):
    """One message; the licence and its state only once the message was permitted."""

    id = serializers.UUIDField()
    webhook_id = serializers.CharField()
    identifier = serializers.CharField(allow_null=True)
    licence_state = serializers.ChoiceField(choices=LICENCE_STATES, allow_null=True)
    changed_at = serializers.DateTimeField()
    progress = serializers.ChoiceField(choices=PROGRESS)
    attempts = serializers.IntegerField(min_value=0)
    status = serializers.IntegerField(allow_null=True, help_text="HTTP status of the last answer.")
    reason = serializers.CharField(allow_blank=True)
    explanation = BothSerializer(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class ResendRequest(serializers.Serializer[Any]):
    """Which dead letters are sent again; all of them where none is named."""

    deliveries = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=500, allow_empty=True
    )


class ResendAnswer(serializers.Serializer[Any]):
    """How many wait again."""

    resent = serializers.IntegerField(min_value=0)


def _explained(code: str) -> dict[str, str] | None:
    reason = REASONS.get(code)
    return {"zh": reason.text("zh"), "en": reason.text("en")} if reason else None


def _told(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.pk,
        "address": subscription.address,
        "state": subscription.state,
        "reason": subscription.reason,
        "explanation": _explained(subscription.reason),
        "made_at": subscription.made_at,
        "verified_at": subscription.verified_at,
        "failing_since": subscription.failing_since,
        "waiting": getattr(subscription, "waiting", 0),
        "dead": getattr(subscription, "dead", 0),
    }


def subscription_answer(subscription: Subscription) -> dict[str, Any]:
    """Return the body that tells of a subscription."""
    return SubscriptionAnswer(_told(subscription)).data


def made_answer(subscription: Subscription, secret: str) -> dict[str, Any]:
    """Return the body that tells of a new subscription."""
    return SubscriptionMade({**_told(subscription), "secret": secret}).data


def secret_answer(subscription: Subscription, secret: str) -> dict[str, Any]:
    """Return the body that tells of a rotated secret."""
    body = {"id": subscription.pk, "secret": secret, "former_until": subscription.former_until}
    return SecretAnswer(body).data


def delivery_answer(delivery: Delivery) -> dict[str, Any]:
    """Return the body that tells of a delivery."""
    told = delivery.told_at is not None
    body = {
        "id": delivery.pk,
        "webhook_id": message_id(delivery.pk),
        "identifier": delivery.identifier if told else None,
        "licence_state": delivery.licence_state if told else None,
        "changed_at": delivery.changed_at,
        "progress": delivery.progress,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "reason": delivery.reason,
        "explanation": _explained(delivery.reason),
        "next_at": delivery.next_at if delivery.progress == Progress.WAITING else None,
        "ended_at": delivery.ended_at,
    }
    return DeliveryAnswer(body).data
