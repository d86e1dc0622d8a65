"""The pages of those who mend: a provider's people see the reports of its licences, the overseers all of them."""

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from exchange.corrections.answering import (
    alike,
    answer_report,
    mending_version,
    open_correction,
    said_in,
    steps_for,
    take_in_check,
)
from exchange.corrections.queries import closed_reports, open_reports
from exchange.corrections.seeing import field_title
from exchange.corrections.texts import LONGEST, finding_of, said_of
from foundation.clock import now
from foundation.reasons import Refused
from licences.holders import masked_name, masked_number
from licences.lifecycle import OPERATIONS, State, can_operate
from portal.views.issuing import own_issuers
from portal.views.reports import named
from portal.who import Visitor, for_issuers_and_overseers

if TYPE_CHECKING:
    from exchange.models import Correction
    from licences.models import Licence

PAGE = 30
# By which a licence is mended.
_MENDS = ("change", "reissue")


@require_GET
@for_issuers_and_overseers
def corrections(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List what waits for an answer, each with its light, those of one field together; and what was answered."""
    codes = None if visitor.oversees else own_issuers(visitor)
    waiting = Paginator(open_reports(codes), PAGE).get_page(request.GET.get("waiting"))
    page = Paginator(closed_reports(codes), PAGE).get_page(request.GET.get("page"))
    shown = {
        "waiting": waiting,
        "open_rows": named(waiting.object_list),
        "page": page,
        "closed_rows": named(page.object_list),
    }
    return render(request, "portal/corrections/corrections.html", shown)


@require_http_methods(["GET", "POST"])
@for_issuers_and_overseers
def correction(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Show a report with what the licence says; take it in check, uphold it by the mend, or reject it."""
    found = open_correction(number, person=visitor.person)
    if request.method == "GET":
        return _page(request, visitor, found)
    step = request.POST.get("step", "")
    try:
        if step == "take":
            take_in_check(found, person=visitor.person)
        else:
            answer_report(
                found,
                person=visitor.person,
                step=step,
                finding=request.POST.get("finding", ""),
                together="together" in request.POST,
            )
    except Refused as refused:
        return _page(request, visitor, found, refused)
    return redirect("correction", number=number)


def _page(request: HttpRequest, visitor: Visitor, found: "Correction", refused: Refused | None = None) -> HttpResponse:
    own = found.licence.issuer.code in own_issuers(visitor) if visitor.issues else False
    steps = steps_for(found, visitor.person, now())
    mended = mending_version(found, now()) if steps else found.mended_by
    shown: dict[str, Any] = {
        "correction": found,
        "title": field_title(found.licence, found.field),
        "said": said_of(found),
        "finding": finding_of(found),
        "others": [(other, said_of(other)) for other in alike(found)],
        "own": own,
        "says": _says(found.licence, found.field) if own or steps else None,
        "mended": mended,
        "mended_says": _says(mended, found.field) if mended and (own or steps) else None,
        "mends": _mends(found.licence) if own and steps and not mended else [],
        "steps": steps,
        "given": request.POST,
        "longest": LONGEST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/corrections/correction.html", shown, status=status)


def _says(licence: "Licence", field: str) -> Any:
    """Return what the licence says in a field; holders as screens show them."""
    masks = {"certificateHolderName": masked_name, "certificateHolderCode": masked_number}
    if field in masks:
        return "、".join(masks[field](holder) for holder in licence.holders.all())
    return said_in(licence, field, now())


def _mends(licence: "Licence") -> list[tuple[str, Any]]:
    return [(name, OPERATIONS[name].name) for name in _MENDS if can_operate(name, State(licence.state))]
