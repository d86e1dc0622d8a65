"""Saying where authorisations stand, and what the access decision answered, in few words."""

from collections.abc import Mapping
from typing import Any

from django import template

from exchange.access import Decision, Way
from exchange.authorising.terms import STATE_NAMES, State
from foundation.reasons import Both
from portal.templatetags.portal import badge

register = template.Library()
_KINDS: Mapping[State, tuple[str, str]] = {
    State.IN_FORCE: ("good", "check"),
    State.USED: ("none", "document"),
    State.REVOKED: ("bad", "stop"),
    State.ENDED: ("none", "clock"),
}
# What a cell of the matrix has room for; the explanation says the rest.
_WAYS: Mapping[Way, Both] = {
    Way.OWN: Both("本部门", "own"),
    Way.UNCONDITIONAL: Both("无条件", "open"),
    Way.HOLDER: Both("持证人", "holder"),
    Way.ENTRUSTMENT: Both("受托", "mandate"),
    Way.DUTY: Both("依职责", "duty"),
    Way.AGREEMENT: Both("协议", "agreement"),
}
_REFUSALS: Mapping[str, Both] = {
    "not_shared": Both("不共享", "not shared"),
    "authorisation_missing": Both("须授权", "ask the holder"),
    "agreement_missing": Both("无协议", "no agreement"),
    "agreement_ended": Both("协议已止", "ended"),
    "agreement_not_yet": Both("协议未起", "not yet"),
    "agreement_other_purpose": Both("他用协议", "other purpose"),
    "client_inactive": Both("已停用", "inactive"),
}


@register.inclusion_tag("portal/parts/badge.html")
def authorisation_badge(state: State) -> dict[str, Any]:
    """Show where an authorisation stands by word and shape."""
    kind, icon = _KINDS[state]
    return badge(kind, STATE_NAMES[state], icon)


@register.filter
def in_short(decision: Decision) -> Both:
    """Return by what right, or for what reason not, in a word or two."""
    if decision.way:
        return _WAYS[decision.way]
    return _REFUSALS.get(decision.grounds.code, Both("不许", "refused"))


@register.filter
def cell_kind(cell: Any) -> str:
    """Return how a cell of the matrix looks: permitted by itself, only where the holder presents it, or not at all."""
    if cell.decision.permitted:
        return "good"
    return "waiting" if cell.when_presented.permitted else "bad"


_SHARING: Mapping[str, Both] = {
    "unconditional": Both("无条件共享", "shared unconditionally"),
    "conditional": Both("有条件共享", "shared conditionally"),
    "not_shared": Both("不予共享", "not shared"),
}


@register.filter
def sharing_said(sharing: str) -> Both:
    """Return what a sharing class is called."""
    return _SHARING[sharing]
