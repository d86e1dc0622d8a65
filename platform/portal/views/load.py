"""The load of items and the time of their decisions: of one's departments for their keepers, of all for overseers."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exchange.applications.loading import WINDOW, loads, totals
from exchange.keeping import kept_by
from foundation.clock import now
from portal.who import Visitor, for_keepers_and_overseers

PAGE = 50


@require_GET
@for_keepers_and_overseers
def load(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show, item by item, what is open, what is overdue, how long decisions take, and what came without paper."""
    rows = loads(None if visitor.oversees else kept_by(visitor.person, now()))
    shown = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "totals": totals(rows),
        "window": WINDOW,
        "counted_at": max((row.counted_at for row in rows), default=None),
    }
    return render(request, "portal/cases/load.html", shown)
