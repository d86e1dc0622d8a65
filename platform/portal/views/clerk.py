"""The clerk's pages: inbox, verifying a number, deciding an application."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from exchange import queries as exchange
from exchange.asking import Ask
from exchange.deciding import approve, refuse, verify_references
from exchange.staffing import any_standing, open_application
from exchange.verifying import Answer, verify_number
from foundation.clock import now
from foundation.reasons import Refused
from portal.who import Visitor, for_staff
from registry import queries as registry

if TYPE_CHECKING:
    from exchange.models import Application


@require_GET
@for_staff
def desk(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what waits for a decision, and the box for a number."""
    items = registry.items_of(visitor.codes, now())
    handled = registry.items_handled_by(visitor.codes)
    shown = {"items": items, "waiting": exchange.inbox(handled)[:50], "decided": exchange.decided(handled)[:10]}
    return render(request, "portal/desk.html", shown)


@require_POST
@for_staff
def check(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Verify one number for an item, for a case where one is given; answer with the card, or with a page around it."""
    item = registry.item_by_code(request.POST.get("item", ""))
    ask = Ask(
        text=request.POST.get("number", "").strip()[:200],
        item=request.POST.get("item", "")[:40],
        purpose=request.POST.get("purpose", "").strip()[:200] or (item.name_zh if item else ""),
        case=request.POST.get("case", "").strip()[:80],
    )
    answer, refused = _verify(visitor, ask)
    shown = {"ask": ask, "answer": answer, "refused": refused, "items": registry.items_of(visitor.codes, now())}
    in_place = request.headers.get("HX-Request") == "true"
    return render(request, "portal/parts/answer.html" if in_place else "portal/check.html", shown)


def _verify(visitor: Visitor, ask: Ask) -> tuple[Answer | None, Refused | None]:
    standing = any_standing(visitor.person, registry.item_by_code(ask.item), now())
    if standing is None:
        raise PermissionDenied
    try:
        return verify_number(ask, standing=standing), None
    except Refused as refused:
        return None, refused


@require_GET
@for_staff
def case(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Show an application with each need matched to its reference."""
    return _case_page(request, open_application(number, person=visitor.person))


def _case_page(request: HttpRequest, application: "Application", refused: Refused | None = None) -> HttpResponse:
    names = {group.number: group for group in registry.need_groups(application.item)}
    references = list(application.references.select_related("licence__issuer", "licence__licence_type"))
    shown: dict[str, Any] = {
        "application": application,
        "references": [(names.get(r.need_group), r) for r in references],
        "all_valid": all(r.outcome == "valid" for r in references),
        "results": application.results.select_related("licence_type"),
        "refused": refused,
        "open": application.state == "submitted",
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/case.html", shown, status=status)


@require_POST
@for_staff
def verify_all(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Verify all references of an application with one click."""
    verify_references(open_application(number, person=visitor.person), person=visitor.person)
    return redirect("case", number=number)


@require_POST
@for_staff
def decide(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Approve (which issues the result) or refuse with a reason."""
    application = open_application(number, person=visitor.person)
    try:
        if request.POST.get("decision") == "approve":
            approve(application, person=visitor.person)
        else:
            refuse(application, person=visitor.person, reason=request.POST.get("reason", ""))
    except Refused as refused:
        return _case_page(request, exchange.application_by_number(number) or application, refused)
    return redirect("case", number=number)
