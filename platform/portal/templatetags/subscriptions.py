"""Saying where a subscription and a delivery stand."""

from typing import Any

from django import template

from exchange.delivery import PROGRESS_NAMES, STATE_NAMES, Progress, State
from exchange.subscriptions.signing import message_id
from foundation.reasons import REASONS, Both
from licences.lifecycle import STATE_NAMES as LICENCE_STATES
from licences.lifecycle import State as LicenceState
from portal.templatetags.portal import badge

register = template.Library()
_KINDS = {State.ACTIVE: "good", State.PENDING: "waiting", State.DISABLED: "bad", State.ENDED: "none"}
_PROGRESS = {Progress.DELIVERED: "good", Progress.WAITING: "waiting", Progress.DEAD: "bad", Progress.WITHHELD: "none"}


@register.inclusion_tag("portal/parts/badge.html")
def subscription_badge(subscription: Any) -> dict[str, Any]:
    """Show where a subscription stands by word and shape."""
    state = State(subscription.state)
    return badge(_KINDS[state], STATE_NAMES[state])


@register.inclusion_tag("portal/parts/badge.html")
def delivery_badge(delivery: Any) -> dict[str, Any]:
    """Show where a delivery stands by word and shape."""
    progress = Progress(delivery.progress)
    return badge(_PROGRESS[progress], PROGRESS_NAMES[progress])


@register.filter
def reason_said(code: str) -> Both:
    """Return what a reason's code says; what it leaves open stays so."""
    reason = REASONS.get(code)
    return Both(reason.text("zh"), reason.text("en")) if reason else Both(code, code)


@register.filter
def licence_state_said(state: str) -> Both:
    """Return what a licence's state is called."""
    return LICENCE_STATES[LicenceState(state)]


@register.filter
def webhook_id(delivery: Any) -> str:
    """Return the id under which an endpoint knows a message."""
    return message_id(delivery.pk)
