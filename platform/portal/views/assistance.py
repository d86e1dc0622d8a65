"""The issuer's pages of assistance (协查): what other departments ask about paper licences, and answering it."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from exchange.applications.assisting import ANSWERS, ASKED, answer_issuer, answered, digitise, open_assistance, waiting
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from licences.drafting import Contents
from licences.entering import faults_of
from portal.entry_form import EntryForm, begun, entered, read
from portal.narrowing import day_in
from portal.views.issuing import own_issuers
from portal.who import Visitor, for_issuers
from registry.defining import form_of
from registry.lineage import current_type

if TYPE_CHECKING:
    from exchange.models import Assistance

PAGE = 30


@require_GET
@for_issuers
def assistances(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List what waits for the department's answer, each with its light, and what it answered."""
    codes = own_issuers(visitor)
    shown = {
        "waiting": waiting(codes),
        "page": Paginator(answered(codes), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "portal/cases/assistances.html", shown)


@require_http_methods(["GET", "POST"])
@for_issuers
def assistance(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Show a request; confirm the paper by making its electronic licence, or answer that it is not right."""
    found = open_assistance(number, person=visitor.person)
    form = form_of(current_type(found.licence_type), now())
    holder = found.application.holder
    if request.method == "GET":
        return _page(request, found, begun(form, {}, [holder], number=found.licence_number))
    entry = read(form, request.POST, [holder])
    try:
        if request.POST.get("answer") == "confirmed":
            if not _digitised(found, entry, visitor, request.POST.get("issued_on", "")):
                return _page(request, found, entry, status=400)
        else:
            remark = request.POST.get("remark", "")
            answer_issuer(found, person=visitor.person, answer=request.POST.get("answer", ""), remark=remark)
    except Refused as refused:
        entry.faults = refused.fields
        return _page(request, found, entry, refused)
    messages.success(request, gettext("Answered, and recorded."), extra_tags="good")
    return redirect("assistance", number=number)


def _digitised(found: "Assistance", entry: EntryForm, visitor: Visitor, issued_on: str) -> bool:
    given, faults = entered(entry)
    entry.faults = faults | faults_of(given, entry.form) | _day_fault(issued_on)
    if entry.faults:
        return False
    contents = Contents(
        given.kept or [found.application.holder], given.content, given.number, given.valid_from, given.valid_until
    )
    digitise(found, person=visitor.person, contents=contents, issued_on=day_in(issued_on))
    return True


def _day_fault(text: str) -> dict[str, Grounds]:
    return {"issued_on": because("date_invalid", value=text[:20])} if text and day_in(text) is None else {}


def _page(
    request: HttpRequest, found: "Assistance", entry: EntryForm, refused: Refused | None = None, *, status: int = 200
) -> HttpResponse:
    shown: dict[str, Any] = {
        "assistance": found,
        "open": found.state == ASKED,
        "entry": entry,
        "answers": [(code, name) for code, name in ANSWERS.items() if code != "confirmed"],
        "given": request.POST,
        "refused": refused,
    }
    return render(
        request,
        "portal/cases/assistance.html",
        shown,
        status=refused.grounds.reason.status if refused else status,
    )
