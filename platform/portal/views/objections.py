"""The pages of those who answer objections: a department's keepers theirs, the overseers all of them."""

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit.queries import entry_by_id
from exchange import supervising
from exchange.keeping import kept_by
from exchange.objecting import LONGEST, answer_objection, can_answer, open_objection
from exchange.objections import closed_objections, open_objections
from foundation.clock import now
from foundation.reasons import Refused
from portal.who import Visitor, for_keepers_and_overseers

if TYPE_CHECKING:
    from exchange.models import Objection

PAGE = 30


@require_GET
@for_keepers_and_overseers
def objections(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List what waits for an answer, each with its light, and what was answered: of the department, or of all."""
    codes = None if visitor.oversees else kept_by(visitor.person, now())
    shown = {
        "waiting": open_objections(codes),
        "page": Paginator(closed_objections(codes), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "portal/keeping/objections.html", shown)


@require_http_methods(["GET", "POST"])
@for_keepers_and_overseers
def objection(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Show an objection with the access that it is about; answer it."""
    found = open_objection(number, person=visitor.person)
    if request.method == "GET":
        return _page(request, visitor, found)
    try:
        answer_objection(
            found,
            person=visitor.person,
            step=request.POST.get("step", ""),
            finding=request.POST.get("finding", ""),
            measure=request.POST.get("measure", ""),
        )
    except Refused as refused:
        return _page(request, visitor, found, refused)
    return redirect("objection-answer", number=number)


def _page(request: HttpRequest, visitor: Visitor, found: "Objection", refused: Refused | None = None) -> HttpResponse:
    entry = entry_by_id(found.entry)
    codes = kept_by(visitor.person, now()) if not visitor.oversees else []
    shown = {
        "objection": found,
        "row": supervising.as_known_to(codes, [entry], now())[0] if entry else None,
        "may_answer": can_answer(found, visitor.person, now()),
        "given": request.POST,
        "longest": LONGEST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/keeping/objection.html", shown, status=status)
