"""Saying where an application stands, how much time is left, and how a need is met."""

from collections.abc import Mapping
from typing import Any

from django import template

from exchange.applications.assisting import STATE_NAMES as ASSISTANCE_STATES
from exchange.causes import CAUSE_NAMES, Cause
from exchange.clocks import CLOCKS, STANDSTILLS, Light, days_until, light
from exchange.procedure import IN_HAND, STATE_NAMES, WAY_NAMES, State, Way
from foundation.clock import legal_day, now
from foundation.reasons import Both
from portal.naming import OUTCOMES
from portal.templatetags.portal import badge

register = template.Library()
_BADGES: Mapping[State, tuple[str, str]] = {
    State.DRAFT: ("none", "document"),
    State.MISSING: ("waiting", "alert"),
    State.NOT_ACCEPTED: ("bad", "cross"),
    State.APPROVED: ("good", "check"),
    State.ISSUED: ("good", "check"),
    State.REFUSED: ("bad", "cross"),
    State.WITHDRAWN: ("none", "stop"),
}
_LIGHTS: Mapping[Light, tuple[str, str]] = {
    Light.GREEN: ("good", "clock"),
    Light.YELLOW: ("waiting", "clock"),
    Light.RED: ("bad", "alert"),
    Light.STILL: ("none", "pause"),
}
# What an applicant is told of a number that was not confirmed: not whether it is somebody else's.
_ALIKE = ("mismatch", "ambiguous")


@register.inclusion_tag("portal/parts/badge.html")
def case_badge(application: Any) -> dict[str, Any]:
    """Show where an application stands by word and shape."""
    state = State(application.state)
    kind, icon = _BADGES.get(state, ("waiting", "clock"))
    return badge(kind, STATE_NAMES[state], icon)


def _term(application: Any) -> tuple[str, Any]:
    """Return which clock runs, and its last day; nothing where none does."""
    if application.state == State.SUBMITTED:
        return "accept", application.accept_by
    if application.state in IN_HAND:
        return "decide", application.decide_by
    return ("deliver", application.deliver_by) if application.state == State.APPROVED else ("", None)


@register.inclusion_tag("portal/cases/term.html")
def term(application: Any, *, long: bool = False) -> dict[str, Any]:
    """Show the light of the term that runs, with its last day and how many working days are left."""
    clock, day = _term(application)
    if day is None:
        return {}
    still = clock == "decide" and application.stands_still
    left = days_until(day, legal_day(now()))
    kind, icon = _LIGHTS[light(left, still=still)]
    words = Both("期限中止计算", "the clock stands still") if still else _left(left)
    return {"kind": kind, "words": words, "icon": icon, "day": day, "still": still, "of": CLOCKS[clock], "long": long}


def _left(days: int) -> Both:
    if days < 0:
        return Both(f"已逾期{-days}个工作日", f"overdue by {-days} working day{'s' if days < -1 else ''}")
    return Both(f"还剩{days}个工作日", f"{days} working day{'' if days == 1 else 's'} left")


@register.inclusion_tag("portal/parts/badge.html")
def assistance_badge(assistance: Any) -> dict[str, Any]:
    """Show where a request to an issuer stands: its light while it waits, else the answer."""
    if assistance.state == "asked":
        left = days_until(assistance.answer_by, legal_day(now()))
        kind, icon = _LIGHTS[light(left)]
        return badge(kind, _left(left), icon)
    kind, icon = {"confirmed": ("good", "check")}.get(assistance.state, ("bad", "cross"))
    return badge(kind, ASSISTANCE_STATES[assistance.state], icon)


@register.filter
def way_said(way: str) -> Both:
    """Return how a need is met."""
    return WAY_NAMES[Way(way)]


@register.filter
def paper_cause(cause: str) -> Both:
    """Return why paper was seen."""
    return CAUSE_NAMES[Cause(cause)]


@register.filter
def standstill_said(kind: str) -> Both:
    """Return why a clock stood still."""
    return STANDSTILLS[kind]  # type: ignore[index]


@register.inclusion_tag("portal/parts/badge.html")
def told_badge(reference: Any) -> dict[str, Any]:
    """Show an applicant what was found of a reference; of a number that is not theirs no more than of an absent one."""
    outcome = "not_found" if reference.outcome in _ALIKE else reference.outcome
    text, kind, icon = OUTCOMES[outcome]
    return badge(kind, text, icon)


@register.filter
def share_of(part: int, whole: int) -> float | None:
    """Return a share of 0 to 1; None of nothing."""
    return part / whole if whole else None
