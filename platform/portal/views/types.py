"""Licence types for the administrator: the catalogue entry, and the three rights over each."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exchange.uses import uses_of
from foundation.clock import now
from portal.who import Visitor, for_overseers
from registry import queries as registry

PAGE = 50


@require_GET
@for_overseers
def types(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the licence types by name, with who owns them and how they are shared."""
    wanted = request.GET.get("q", "").strip()[:100]
    page = Paginator(registry.search_types(wanted), PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/types.html", {"page": page, "q": wanted})


@require_GET
@for_overseers
def licence_type(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show a type's catalogue entry (regulation, article 13) and who owns, uses and manages it."""
    found = registry.types_by_id([key]).get(key)
    if found is None:
        raise Http404
    shown = {"type": found, "uses": uses_of(found, now()), "producers": registry.producers([found], now())[found.pk]}
    return render(request, "portal/type.html", shown)
