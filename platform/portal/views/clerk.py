"""The clerk's desk: what waits, and verifying a number."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from exchange import queries as exchange
from exchange.applications.assisting import waiting
from exchange.applications.reviewing import reviews_of
from exchange.asking import Ask
from exchange.staffing import any_standing
from exchange.verifying import Answer, verify_number
from foundation.clock import now
from foundation.reasons import Refused
from licences.issuer_queries import issuers
from portal.who import Visitor, for_staff
from registry import queries as registry

PAGE = 50


@require_GET
@for_staff
def desk(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what waits for a decision, and the box for a number."""
    items = registry.items_of(visitor.codes, now())
    handled = registry.items_handled_by(visitor.codes)
    page = Paginator(exchange.inbox(handled), PAGE).get_page(request.GET.get("page"))
    shown = {
        "items": items,
        "page": page,
        "waiting": page.object_list,
        "decided": exchange.decided(handled)[:10],
        "reviews": reviews_of(handled)[:20],
        "assistances": waiting(issuers(visitor.codes))[:20],
    }
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
