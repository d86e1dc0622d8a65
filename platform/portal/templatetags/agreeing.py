"""Saying where agreements stand, and showing their lights."""

from typing import Any

from django import template

from exchange.agreements.contents import WAYS
from exchange.agreements.procedure import (
    DRAFTING,
    GIVING,
    OPEN,
    PARTY_NAMES,
    STATE_NAMES,
    STEPS,
    Party,
    State,
)
from exchange.lights import Light, time_left
from foundation.clock import legal_day, now
from foundation.reasons import Both
from licences.fields import field_name
from portal.templatetags.portal import badge
from portal.templatetags.telling import LIGHTS

register = template.Library()
_HARSH = ("refuse", "withdraw", "uphold_refusal", "report_misuse", "suspend", "terminate", "agree_end", "give_up")


@register.inclusion_tag("portal/parts/badge.html")
def agreement_badge(row: Any) -> dict[str, Any]:
    """Show where an agreement stands by word and shape, in the colour of its light where a clock runs."""
    state = State(row.agreement.state)
    kind, icon = _kind(state, row.clock[0] if row.clock else None)
    return badge(kind, STATE_NAMES[state], icon)


def _kind(state: State, light: Light | None) -> tuple[str, str]:
    if state in GIVING:
        return ("good", "check") if light in (None, Light.GREEN) else LIGHTS[Light(light)]
    if light:
        return LIGHTS[light]
    if state in OPEN:
        return "waiting", "clock"
    return ("bad", "pause") if state is State.SUSPENDED else ("none", "stop")


@register.filter
def clock_left(clock: Any) -> Both:
    """Return how much time a clock has left, in words."""
    return time_left(clock[1], legal_day(now()))


@register.filter
def step_said(step: str) -> Both:
    """Return what a step is called."""
    return DRAFTING.get(step) or STEPS[step].name


@register.filter
def needs_words(step: str) -> bool:
    """Say whether a step needs a reason in words."""
    return STEPS[step].needs_text


@register.filter
def is_harsh(step: str) -> bool:
    """Say whether a step takes something from somebody."""
    return step in _HARSH


@register.filter
def side_said(side: str) -> Both:
    """Return whose interest a step served."""
    return PARTY_NAMES[Party(side)]


@register.filter
def state_said(state: str) -> Both:
    """Return what a state is called."""
    return STATE_NAMES[State(state)]


@register.filter
def way_said(way: str) -> Both:
    """Return what a way of use is called."""
    return WAYS.get(way, Both(way, way))


@register.filter
def field_said(name: str, titles: Any) -> Both:
    """Return what a field is called, by the titles of its type."""
    found: Both | None = titles.get(name)
    return found or field_name(name)
