"""The citizen's own applications: following one, completing what was listed as missing, taking it back, its file."""

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from exchange import queries as exchange
from exchange.applications.filing import take_file
from exchange.applying import complete, matches, person_actor, withdraw
from exchange.procedure import DECIDED, REMEDIES, Party, State, can_step
from foundation.clock import now
from foundation.reasons import Refused
from portal.views.citizen import choices_in, need_shown
from portal.who import Visitor, for_citizens
from registry import queries as registry

if TYPE_CHECKING:
    from exchange.models import Application

PAGE = 20


@require_GET
@for_citizens
def applications(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List one's own applications, drafts too, the newest first."""
    page = Paginator(exchange.applications_by(visitor.person), PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/cases/mine.html", {"page": page})


def own(visitor: Visitor, number: str) -> "Application":
    """Return the visitor's own application, or answer that there is none."""
    found = exchange.application_of(visitor.person, number)
    if found is None:
        raise Http404
    return found


@require_GET
@for_citizens
def application(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Follow one's own application."""
    found = own(visitor, number)
    if found.state == State.DRAFT:
        return redirect(f"{_apply_address(found)}?draft={found.number}&holder={found.holder_id}")
    return _page(request, found)


def _apply_address(found: "Application") -> str:
    return reverse("apply", args=[found.item.code])


def _page(request: HttpRequest, found: "Application", refused: Refused | None = None) -> HttpResponse:
    names = {group.number: group for group in registry.need_groups(found.item)}
    references = [(names.get(r.need_group), r) for r in found.references.select_related("licence__issuer")]
    state = State(found.state)
    shown: dict[str, Any] = {
        "application": found,
        "references": references,
        "results": found.results.select_related("licence_type"),
        "refused": refused,
        "may_withdraw": can_step("withdraw", state, Party.APPLICANT),
        "needs": _missing(request, found, refused) if state == State.MISSING else [],
        "missing": [names[n] for n in found.missing_needs if n in names],
        "remedies": REMEDIES if state in (State.REFUSED, State.NOT_ACCEPTED) or found.overdue_noted_at else None,
        "has_file": state in DECIDED,
        "standstills": found.standstills.all(),
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/application.html", shown, status=status)


def _missing(request: HttpRequest, found: "Application", refused: Refused | None) -> list[dict[str, Any]]:
    listed, faults = set(found.missing_needs), refused.fields if refused else {}
    owned = matches(found.item, found.holder_id, now())
    return [need_shown(m, request.POST, faults) for m in owned if m.group.number in listed]


@require_POST
@for_citizens
def complete_application(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Give what was listed as missing."""
    found = own(visitor, number)
    try:
        complete(found, person=visitor.person, choices=choices_in(request.POST))
    except Refused as refused:
        return _page(request, own(visitor, number), refused)
    return redirect("application", number=number)


@require_POST
@for_citizens
def withdraw_application(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Take one's application back."""
    withdraw(own(visitor, number), person=visitor.person)
    return redirect("application", number=number)


@require_GET
@for_citizens
def application_file(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Hand over the file of one's own decided application."""
    return packed(take_file(own(visitor, number), actor=person_actor(visitor.person)), number)


def packed(content: bytes, number: str) -> HttpResponse:
    """Return a case's file to be saved."""
    named = f'attachment; filename="{number}.zip"'
    return HttpResponse(content, content_type="application/zip", headers={"Content-Disposition": named})
