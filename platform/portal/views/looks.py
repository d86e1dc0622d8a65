"""The citizen's pages of who looked at their licences: each access with its receipt, and objecting to it."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exchange import looking, objections
from exchange.objecting import LONGEST, object_to, withdraw_objection
from exchange.receipts import receipt_for_holders
from exchange.redress import CAUSES, OPEN
from foundation.clock import now
from foundation.reasons import Refused
from licences import queries as licences
from portal.views.issuing import uuid_of
from portal.who import Visitor, for_citizens

if TYPE_CHECKING:
    from audit.queries import Entry
    from exchange.models import Objection

PAGE = 30


def _holders(visitor: Visitor) -> list[UUID]:
    return [r.holder_id for r in licences.represented_by(visitor.person.pk, now())]


@require_GET
@for_citizens
def looks(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show who looked at the licences of those the person acts for, of all or of one."""
    holders = licences.represented_by(visitor.person.pk, now())
    wanted = uuid_of(request.GET.get("licence", ""))
    found = looking.looks_at([r.holder_id for r in holders], at=now(), licence=wanted)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = {
        "page": page,
        "rows": looking.told(page.object_list, person=visitor.person.pk),
        "owned": [(r.holder, licences.wallet(r.holder_id)) for r in holders],
        "wanted": wanted,
        "query": urlencode({"licence": wanted}) if wanted else "",
        "objections": objections.objections_by(visitor.person),
    }
    return render(request, "portal/looks/looks.html", shown)


def _own_look(visitor: Visitor, key: UUID) -> "Entry":
    found = looking.look_at(key, _holders(visitor), at=now())
    if found is None:
        raise Http404
    return found


@require_GET
@for_citizens
def look(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show one access in full, with what is needed to check its receipt, and the form to object to it."""
    return _look_page(request, visitor, _own_look(visitor, key))


def _look_page(request: HttpRequest, visitor: Visitor, entry: "Entry", refused: Refused | None = None) -> HttpResponse:
    (row,) = looking.told([entry], person=visitor.person.pk)
    shown: dict[str, Any] = {
        "row": row,
        "leaf": bytes(entry.leaf).decode(),
        "openings": looking.own_openings(entry),
        "may_object": entry.actor_department and not (row.objection and row.objection.state in OPEN),
        "causes": CAUSES.items(),
        "given": request.POST,
        "longest": LONGEST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/looks/look.html", shown, status=status)


@require_GET
@for_citizens
def receipt(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Hand over the receipt of one access."""
    return proof(key, receipt_for_holders(key, _holders(visitor)))


def proof(key: UUID, content: bytes) -> HttpResponse:
    """Return a receipt to be saved."""
    named = f'attachment; filename="{key}.tlog-proof"'
    return HttpResponse(
        content,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": named, "Cache-Control": "no-store"},
    )


@require_POST
@for_citizens
def object_(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """File an objection to one access."""
    entry = _own_look(visitor, key)
    try:
        made = object_to(
            key, person=visitor.person, cause=request.POST.get("cause", ""), text=request.POST.get("text", "")
        )
    except Refused as refused:
        return _look_page(request, visitor, entry, refused)
    return redirect("objection", number=made.number)


def _own_objection(visitor: Visitor, number: str) -> "Objection":
    found = objections.objection_of(visitor.person, number)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@for_citizens
def objection(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Follow one's own objection; take it back."""
    found = _own_objection(visitor, number)
    if request.method == "POST":
        withdraw_objection(found, person=visitor.person)
        return redirect("objection", number=number)
    entry = looking.look_at(found.entry, _holders(visitor), at=now())
    shown = {
        "objection": found,
        "row": looking.told([entry], person=visitor.person.pk)[0] if entry else None,
        "open": found.state in OPEN,
    }
    return render(request, "portal/looks/objection.html", shown)
