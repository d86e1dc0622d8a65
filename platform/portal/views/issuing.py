"""The issuer's room: the department's licences, and what may be done to each."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from audit.queries import entries_about
from audit.recording import Subject, record
from exchange import queries as exchange
from exchange.applications.reviewing import resting_on
from foundation.context import Actor
from foundation.reasons import Refused
from licences import queries as licences
from licences.documents import can_give, check_address, give_document
from licences.holders import find_holder
from licences.issuer_queries import draft_counts, issued_by, issuers, search_issued, types_issued
from licences.lifecycle import OPERATIONS, STATE_NAMES, State, can_operate, may_operate
from licences.numbering import show_check_code
from licences.operating import operate
from licences.subjects import subject_of
from portal.views.papers import pdf
from portal.who import Visitor, for_issuers
from registry import queries as registry
from registry.lineage import current_department

if TYPE_CHECKING:
    from licences.models import Draft, Licence

PAGE = 50
ENTRIES = 20
# What has pages of its own (drafts), or is the platform's alone.
_ELSEWHERE = frozenset({"new", "issue", "discard", "expire"})
# Such a text is a person's own number: it belongs into no address, where logs and histories keep it.
_PERSONAL = re.compile(r"[0-9]{14,17}[0-9Xx]")
_NOBODY = UUID(int=0)


def own_issuers(visitor: Visitor) -> list[str]:
    """Return the codes of the issuers whose licences the visitor sees: their departments', with their predecessors."""
    return issuers(post.department.code for post in visitor.posts)


def actor_for(visitor: Visitor, of: "Licence | Draft") -> Actor:
    """Return the visitor in the role in which they act for the issuer of a licence or a draft."""
    return visitor.at_post(current_department(of.issuer).code)


def note_look(visitor: Visitor, action: str, subject: Subject, **personal: str) -> None:
    """Record that somebody looked; what only reads has nothing else to commit."""
    with transaction.atomic():
        record(action=action, actor=visitor.actor, subject=subject, outcome="done", personal=personal)


# --- The department's licences --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@for_issuers
def start(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the department's licences, found by number, identifier, holder, type and state."""
    if request.method == "POST":
        return _found_as(request, visitor)
    own = own_issuers(visitor)
    wanted = {name: request.GET.get(name, "").strip()[:140] for name in ("q", "holder", "type", "state")}
    state = State(wanted["state"]) if wanted["state"] in STATE_NAMES else None
    holder, of_type = uuid_of(wanted["holder"]), uuid_of(wanted["type"])
    found = search_issued(own, text=wanted["q"], holder=holder, licence_type=of_type, state=state)
    shown = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "types": sorted(registry.types_by_id(types_issued(own)).values(), key=lambda t: t.name_zh),
        "states": STATE_NAMES.items(),
        "counts": draft_counts(own),
    }
    return render(request, "portal/issuing/start.html", shown)


def _found_as(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Lead to the list; whom a typed number belongs to is looked up first, so that no address holds the number."""
    text = request.POST.get("q", "").strip()[:140]
    wanted = {name: request.POST.get(name, "")[:140] for name in ("type", "state")}
    holder = find_holder(text) if text else None
    if holder or _PERSONAL.fullmatch(text):
        note_look(visitor, "search_holder", Subject("holder", str(holder.pk) if holder else ""), number=text)
        wanted["holder"] = str(holder.pk if holder else _NOBODY)
    else:
        wanted["q"] = text
    query = urlencode({name: value for name, value in wanted.items() if value})
    return redirect(f"{reverse('issuing')}?{query}" if query else "issuing")


def uuid_of(text: str) -> UUID | None:
    """Return the key that a text holds, if it holds one."""
    try:
        return UUID(text)
    except ValueError:
        return None


# --- One licence ----------------------------------------------------------------------------------------------------


def own_licence(visitor: Visitor, key: UUID) -> "Licence":
    """Return a licence of the visitor's department, or answer that there is none."""
    found = issued_by(own_issuers(visitor)).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@require_GET
@for_issuers
def licence(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show one licence: its state and days, its versions, what may be done to it, and who looked at it."""
    found = own_licence(visitor, key)
    note_look(visitor, "open_licence", subject_of(found))
    given = can_give(found)
    address = check_address(found) if given else ""
    shown = {
        "licence": found,
        "chain": licences.chain_of(found),
        "operations": [(name, OPERATIONS[name]) for name in _open_operations(found, actor_for(visitor, found))],
        "draft": getattr(found, "draft", None),
        "given": given,
        "address": address,
        "code": show_check_code(found.check_code or ""),
        "qr": segno.make(address, error="m").svg_data_uri(scale=4, border=2) if address else "",
        "resting": resting_on(found)[:ENTRIES],
        "rows": exchange.described(entries_about("licence", [found.identifier])[:ENTRIES]),
        "own": {post.department.code for post in visitor.posts},
    }
    return render(request, "portal/issuing/licence.html", shown)


def _open_operations(found: "Licence", actor: Actor) -> list[str]:
    """Return what the table lets the actor do to the licence as it is now."""
    state = State(found.state)
    return [
        name
        for name in OPERATIONS
        if name not in _ELSEWHERE and may_operate(name, actor.role) and can_operate(name, state)
    ]


@require_http_methods(["GET", "POST"])
@for_issuers
def operation(request: HttpRequest, visitor: Visitor, key: UUID, name: str) -> HttpResponse:
    """Say what an operation means in law, ask for the reason, and carry it out."""
    found = own_licence(visitor, key)
    if name not in OPERATIONS or name in _ELSEWHERE or OPERATIONS[name].makes_version:
        raise Http404
    shown: dict[str, Any] = {"licence": found, "name": name, "operation": OPERATIONS[name]}
    if request.method == "GET":
        note_look(visitor, "open_licence", subject_of(found))
        shown["closed"] = name not in _open_operations(found, actor_for(visitor, found))
        return render(request, "portal/issuing/operation.html", shown)
    reason = request.POST.get("reason", "").strip()[:2000]
    try:
        operate(found, name, reason=reason, actor=actor_for(visitor, found))
    except Refused as refused:
        shown |= {"refused": refused, "reason": reason}
        return render(request, "portal/issuing/operation.html", shown, status=refused.grounds.reason.status)
    messages.success(request, gettext("Done, and recorded."), extra_tags="good")
    return redirect("issuing-licence", key=key)


@require_GET
@for_issuers
def document(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Hand over the sealed PDF of a licence of the department."""
    found = own_licence(visitor, key)
    return pdf(give_document(found, actor=actor_for(visitor, found)), found.number)
