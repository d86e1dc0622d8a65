"""Saying what the record holds in the words of the person concerned, and how much time an objection has left."""

from collections.abc import Mapping
from typing import Any

from django import template

from exchange import mending
from exchange.lights import Light, light, time_left
from exchange.redress import CAUSES, STATE_NAMES, Cause, State
from foundation.clock import legal_day, now
from foundation.reasons import Both
from portal.telling import role_name, what_was_done, what_was_told
from portal.templatetags.portal import badge

register = template.Library()
SOON = 3
"""Days before the last one at which a light turns yellow."""
LIGHTS: Mapping[Light, tuple[str, str]] = {
    Light.GREEN: ("good", "clock"),
    Light.YELLOW: ("waiting", "clock"),
    Light.RED: ("bad", "alert"),
}
"""The kind of badge and the shape of each light."""
_CLOSED_REPORTS: Mapping[mending.State, tuple[str, str]] = {
    mending.State.UPHELD: ("good", "check"),
    mending.State.REJECTED: ("none", "document"),
    mending.State.WITHDRAWN: ("none", "stop"),
}
_CLOSED: Mapping[State, tuple[str, str]] = {
    State.UPHELD: ("good", "check"),
    State.REJECTED: ("none", "document"),
    State.WITHDRAWN: ("none", "stop"),
}


@register.filter
def role_said(role: str) -> Both:
    """Return who looked, by their role."""
    return role_name(role)


@register.filter
def done_said(action: str) -> Both:
    """Return what was done with a licence."""
    return what_was_done(action)


@register.filter
def told_said(entry: Any) -> Both:
    """Return what came of a look."""
    return what_was_told(entry.outcome, entry.reason)


@register.filter
def cause_said(cause: str) -> Both:
    """Return why somebody objects."""
    return CAUSES[Cause(cause)]


@register.inclusion_tag("portal/parts/badge.html")
def objection_badge(objection: Any) -> dict[str, Any]:
    """Show where an objection stands by word and shape: its light is green, yellow near the last day, red past it."""
    state = State(objection.state)
    kind, icon = _CLOSED.get(state) or LIGHTS[light(objection.answer_by, legal_day(now()), SOON)]
    return badge(kind, STATE_NAMES[state], icon)


@register.inclusion_tag("portal/parts/badge.html")
def correction_badge(correction: Any) -> dict[str, Any]:
    """Show where a report of a wrong field stands, by word, shape and light as `objection_badge` does."""
    state = mending.State(correction.state)
    kind, icon = _CLOSED_REPORTS.get(state) or LIGHTS[light(correction.answer_by, legal_day(now()), SOON)]
    return badge(kind, mending.STATE_NAMES[state], icon)


@register.filter
def light_said(objection: Any) -> Both:
    """Return how much time an open objection or report has left, in words, for those who do not see the colour."""
    return time_left(objection.answer_by, legal_day(now()))
