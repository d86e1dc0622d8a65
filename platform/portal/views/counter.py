"""The counter: a clerk types or scans the code that a holder shows, and reads what it opens."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exchange.authorising.codes import redeem
from exchange.authorising.listing import list_given, open_given
from exchange.authorising.queries import given_to
from exchange.authorising.terms import State, state_of
from exchange.disclosing import Disclosure
from exchange.reading import read_authorised
from exchange.staffing import any_standing, standings
from foundation.clock import now
from foundation.reasons import Refused
from licences.fields import field_name
from portal.who import Visitor, for_staff
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles

if TYPE_CHECKING:
    from exchange.asking import Standing
    from exchange.models import Authorisation

PAGE = 30


@require_http_methods(["GET", "POST"])
@for_staff
def authorisations(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List what holders authorised the department to use; redeem a code."""
    if request.method == "GET":
        return _list_page(request, visitor)
    wanted = request.POST.get("item", "")[:40]
    standing = any_standing(visitor.person, registry.item_by_code(wanted), now())
    if standing is None:
        raise PermissionDenied
    try:
        made = redeem(
            request.POST.get("code", "")[:40], item=wanted, case=request.POST.get("case", "")[:80], standing=standing
        )
    except Refused as refused:
        return _list_page(request, visitor, refused)
    return redirect("desk-authorisation", key=made.pk)


def _list_page(request: HttpRequest, visitor: Visitor, refused: Refused | None = None) -> HttpResponse:
    at = now()
    standing = any_standing(visitor.person, None, at)
    if standing is None:
        raise PermissionDenied
    found = list_given(standing=standing, holding=True, item="", at=at)
    shown = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "items": registry.items_of(visitor.codes, at),
        "given": request.POST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/counter/list.html", shown, status=status)


def _opened(visitor: Visitor, key: UUID) -> "tuple[Authorisation, Standing]":
    at = now()
    for standing in standings(visitor.person, at):
        if given_to(standing.asker.department).filter(pk=key).exists():
            return open_given(key, standing=standing, at=at), standing
    raise Http404


@require_GET
@for_staff
def authorisation(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show what was authorised, and the form to read it."""
    given, _ = _opened(visitor, key)
    return _page(request, given)


@require_POST
@for_staff
def read(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Read the licence for a case; one for a single use is used up by it."""
    given, standing = _opened(visitor, key)
    types = {str(t.pk): t for t in _types(given)}
    wanted = types.get(request.POST.get("type", ""))
    if wanted is None:
        raise Http404
    case = request.POST.get("case", "").strip()[:80]
    try:
        found = read_authorised(given, licence_type=wanted, case=case, standing=standing)
    except Refused as refused:
        return _page(request, given, refused=refused)
    given.refresh_from_db(fields=["used_at", "revoked_at"])
    return _page(request, given, found)


def _types(given: "Authorisation") -> list[Any]:
    if given.licence_type:
        return [given.licence_type]
    groups = registry.need_groups(given.item) if given.item else []
    return list({t.pk: t for group in groups for t in group.types}.values())


def _page(
    request: HttpRequest, given: "Authorisation", found: Disclosure | None = None, refused: Refused | None = None
) -> HttpResponse:
    state = state_of(given, now())
    shown = {
        "given": given,
        "state": state,
        "holding": state is State.IN_FORCE,
        "types": _types(given),
        "found": found,
        "fields": _named(found) if found else [],
        "case": request.POST.get("case", ""),
        "refused": refused,
    }
    page = render(request, "portal/counter/one.html", shown, status=refused.grounds.reason.status if refused else 200)
    page["Cache-Control"] = "no-store"
    return page


def _named(found: Disclosure) -> list[tuple[Any, Any]]:
    licence = found.verification.licence
    titles = field_titles(form_of(licence.licence_type, licence.issued_at)) if licence else {}
    return [(titles.get(name) or field_name(name), value) for name, value in found.fields.items()]
