"""Reporting wrong fields: from a look or from one's own licence, and following what comes of it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from exchange.corrections.queries import report_of, reports_by
from exchange.corrections.reporting import report_look, report_own, withdraw_report
from exchange.corrections.seeing import Seen, field_title, seen_by, seen_by_holder, titles_of
from exchange.corrections.texts import LONGEST, Said, finding_of, said_of
from exchange.mending import OPEN
from foundation.clock import now
from foundation.reasons import Refused
from portal.who import Visitor, for_citizens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exchange.models import Correction

PAGE = 30


def named(reports: "Iterable[Correction]") -> "list[tuple[Correction, Any]]":
    """Return reports with what their fields are called."""
    reports = list(reports)
    titles = titles_of(report.licence for report in reports)
    return [(report, titles[report.licence_id].get(report.field)) for report in reports]


@require_GET
@for_citizens
def reports(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List what the person reported, the newest first."""
    page = Paginator(reports_by(visitor.person), PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/corrections/mine.html", {"page": page, "rows": named(page.object_list)})


@require_http_methods(["GET", "POST"])
@for_citizens
def look(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Report a field that a look of the person's department showed."""
    return _page(request, visitor, key, by_look=True)


@require_http_methods(["GET", "POST"])
@for_citizens
def licence(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Report a field of a licence of a holder for whom the person acts."""
    return _page(request, visitor, key, by_look=False)


def _page(request: HttpRequest, visitor: Visitor, key: UUID, *, by_look: bool) -> HttpResponse:
    given, act = request.POST, report_look if by_look else report_own
    field = given.get("field", request.GET.get("field", ""))[:100]
    refused = None
    if request.method == "POST":
        said = Said(*(given.get(name, "") for name in ("wrong", "proposed", "evidence")))
        try:
            return redirect("report", number=act(key, person=visitor.person, field=field, said=said).number)
        except Refused as caught:
            refused = caught
    seen: Seen = (seen_by if by_look else seen_by_holder)(key, visitor.person, now())
    shown = {"seen": seen, "field": field, "given": given, "longest": LONGEST, "refused": refused}
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/corrections/report.html", shown, status=status)


@require_http_methods(["GET", "POST"])
@for_citizens
def report(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Follow one's own report; take it back."""
    found = report_of(visitor.person, number)
    if found is None:
        raise Http404
    if request.method == "POST":
        withdraw_report(found, person=visitor.person)
        return redirect("report", number=number)
    shown = {
        "report": found,
        "title": field_title(found.licence, found.field),
        "said": said_of(found),
        "finding": finding_of(found),
        "open": found.state in OPEN,
    }
    return render(request, "portal/corrections/own.html", shown)
