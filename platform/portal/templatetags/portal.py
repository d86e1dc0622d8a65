"""Saying things in the page's language, and marking what stays Chinese on an English page."""

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from foundation.clock import now
from foundation.reasons import Both, Language
from licences import queries as licences
from licences.documents import can_give
from licences.holders import masked_name, masked_number
from licences.lifecycle import OPERATIONS
from licences.outcomes import Outcome
from portal.naming import OUTCOMES, RESULTS, SIGNATURES, VALIDITIES, action_name

register = template.Library()
_CHINESE = re.compile(r"[㐀-鿿〔〕]")


class Bilingual(Protocol):
    """Whatever has a Chinese and an English text."""

    @property
    def zh(self) -> str:
        """The Chinese text."""

    @property
    def en(self) -> str:
        """The English text."""


def page_language() -> Language:
    """Return the language of the page."""
    return "en" if (get_language() or "").startswith("en") else "zh"


@register.filter
def plain(text: Bilingual) -> str:
    """Say a bilingual text in the page's language, for attributes and titles."""
    return text.en if page_language() == "en" else text.zh


@register.filter
def said(text: Bilingual) -> str | SafeString:
    """Say a bilingual text in the page's language; what stays Chinese is marked."""
    return zh(plain(text))


@register.filter
def zh(text: object) -> str | SafeString:
    """Mark a text that holds Chinese on a page that is not (WCAG 3.1.2)."""
    text = str(text)
    if page_language() == "zh" or not _CHINESE.search(text):
        return text
    return format_html('<span lang="zh-Hans">{}</span>', text)


@register.filter
def holder_name(holder: Any) -> str | SafeString:
    """Return a holder's name, masked where it is a natural person's."""
    return zh(masked_name(holder))


@register.filter
def holder_number(holder: Any) -> str:
    """Return a holder's masked number."""
    return masked_number(holder)


@register.filter
def state_now(licence: Any) -> Both:
    """Return a licence's state as of now, by its dates too."""
    return licences.state_now(licence, now())


@register.filter
def state_kind(licence: Any) -> str:
    """Return the kind of badge for a licence: good, waiting or bad."""
    if licences.is_valid_now(licence, now()):
        return "good"
    return "waiting" if licence.state == "suspended" else "bad"


@register.filter
def issuer_kind(licence: Any) -> str:
    """Return the kind of badge for a licence among its issuer's, where one that is not issued yet waits."""
    return "waiting" if licence.state == "sealed" else state_kind(licence)


@register.filter
def capital(text: Bilingual) -> str | SafeString:
    """Say a bilingual name where a sentence begins."""
    name = plain(text)
    return zh(name[:1].upper() + name[1:])


@register.filter
def operation(code: str) -> Both:
    """Return what an operation on a licence is called."""
    return OPERATIONS[code].name if code in OPERATIONS else Both(code, code)


@register.filter
def written(value: Any) -> str | SafeString:
    """Write a field's value as people read it."""
    if isinstance(value, bool):
        return said(Both("是", "yes") if value else Both("否", "no"))
    return zh(json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value)


@register.simple_tag
def maker(people: Mapping[UUID, Any], key: UUID | None) -> str | SafeString:
    """Name a person by their key; a system, which is none, is not named."""
    found = people.get(key) if key else None
    return zh(found.get_full_name()) if found else "—"


@register.filter
def has_document(licence: Any) -> bool:
    """Say whether a licence has a document to download."""
    return can_give(licence)


@register.filter
def signature_said(outcome: Outcome) -> Both:
    """Say whether the signature is right: the first answer of a verification."""
    return SIGNATURES[outcome.signature]


@register.filter
def validity_said(outcome: Outcome) -> Both:
    """Say whether the licence is valid now: the second answer."""
    return VALIDITIES[outcome.is_valid_now]


@register.inclusion_tag("portal/parts/badge.html")
def badge(kind: str, text: Bilingual | str, icon: str = "") -> dict[str, Any]:
    """Show a state by word and shape first, colour last."""
    icons = {"good": "check", "waiting": "clock", "bad": "cross", "none": "question"}
    return {"kind": kind, "text": said(text) if not isinstance(text, str) else text, "icon": icon or icons[kind]}


@register.inclusion_tag("portal/parts/badge.html")
def outcome_badge(outcome: str) -> dict[str, Any]:
    """Show the outcome of a verification."""
    text, kind, icon = OUTCOMES.get(outcome) or (RESULTS.get(outcome, Both(outcome, outcome)), "none", "document")
    return {"kind": kind, "text": said(text), "icon": icon}


@register.inclusion_tag("portal/parts/verdict.html")
def verdict(outcome: str) -> dict[str, Any]:
    """Show the outcome of a verification so that it can be read at two metres."""
    text, kind, icon = OUTCOMES[outcome]
    return {"kind": kind, "text": said(text), "icon": icon, "outcome": outcome}


@register.inclusion_tag("portal/parts/badge.html")
def signature_answer(outcome: Outcome) -> dict[str, Any]:
    """Show the first answer of a verification by word and shape."""
    return badge({"right": "good", "wrong": "bad"}.get(outcome.signature, "none"), signature_said(outcome))


@register.inclusion_tag("portal/parts/badge.html")
def validity_answer(outcome: Outcome) -> dict[str, Any]:
    """Show the second answer by word and shape."""
    return badge({True: "good", False: "bad", None: "none"}[outcome.is_valid_now], validity_said(outcome))


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one of our icons; it says nothing that the text beside it does not."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("portal/icons.svg"), name
    )


@register.filter
def percent(share: float) -> str:
    """Write a share of 0 to 1 in per cent."""
    return f"{100 * share:.1f}%"


@register.filter
def action(code: str) -> Both:
    """Return what an action of the record is called."""
    return action_name(code)
