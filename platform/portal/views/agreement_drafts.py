"""Asking for an agreement: what there is to ask for, and the form, which loses nothing that was entered."""

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods

from exchange.agreements.contents import LONGEST, WAYS, Asked, asked_of, fields_of, requestable
from exchange.agreements.errors import AgreementNotFound
from exchange.agreements.listing import agreement_for
from exchange.agreements.parties import departments_of
from exchange.agreements.procedure import State
from exchange.agreements.quotas import PER
from exchange.agreements.requesting import amend_draft, draft_agreement, request_agreement
from exchange.errors import InputInvalid
from foundation.clock import now
from foundation.reasons import Refused, because
from portal.who import Visitor, for_parties_of_agreements
from registry import queries as registry
from registry.lineage import current_department

if TYPE_CHECKING:
    from exchange.models import Agreement
    from registry.models import Department, LicenceType

_MOST_DIGITS = 12


@require_http_methods(["GET", "POST"])
@for_parties_of_agreements
def new_agreement(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the conditional types that the department's items need; begin a request for one, or a renewal."""
    own = list({d.pk: d for d in (*visitor.departments, *visitor.kept)}.values())
    if request.method == "POST":
        made = _renewal(request, visitor, own) if request.POST.get("renews") else _begun(request, visitor, own)
        return redirect("agreement-draft", reference=made.reference)
    at = now()
    wanted = [(department, requestable(department, at)) for department in own]
    return render(request, "portal/agreements/new.html", {"wanted": wanted})


def _begun(request: HttpRequest, visitor: Visitor, own: "list[Department]") -> "Agreement":
    code, _, rest = request.POST.get("wanted", "").partition("|")
    item_code, _, key = rest.partition("|")
    department = next((d for d in own if d.code == code), None)
    item, licence_type = registry.item_by_code(item_code), _type(key)
    if department is None or item is None or licence_type is None:
        raise InputInvalid({"wanted": because("field_required")})
    # The desk and the applications state the item's name as their purpose.
    asked = Asked(purpose=item.name_zh[: LONGEST["purpose"]])
    return draft_agreement(
        person=visitor.person, department=department, item=item, licence_type=licence_type, asked=asked
    )


def _type(key: str) -> "LicenceType | None":
    try:
        return next(iter(registry.types_by_id([UUID(key)]).values()), None)
    except ValueError:
        return None


def _renewal(request: HttpRequest, visitor: Visitor, own: "list[Department]") -> "Agreement":
    """Begin a request that says the same as an older agreement of the department, but for its time."""
    older = agreement_for(request.POST["renews"], departments_of(visitor.person, now()))
    codes = {d.code: d for d in own}
    department = codes.get(current_department(older.department).code)
    if department is None:
        raise AgreementNotFound
    asked = asked_of(older)
    same = {
        name: getattr(asked, name) for name in ("basis", "scene", "fields", "ways", "purpose", "quota", "quota_per")
    }
    again = Asked(**same, cases_continue=asked.cases_continue, renews=older.reference)
    return draft_agreement(
        person=visitor.person, department=department, item=older.item, licence_type=older.licence_type, asked=again
    )


@require_http_methods(["GET", "POST"])
@for_parties_of_agreements
def draft(request: HttpRequest, visitor: Visitor, reference: str) -> HttpResponse:
    """Show a draft as a form; keep it, or put it before the head of the own department."""
    found = agreement_for(reference, departments_of(visitor.person, now()))
    if found.state != State.DRAFT:
        return redirect("agreement", reference=reference)
    if request.method == "GET":
        return _page(request, found, asked_of(found))
    asked = _asked(request.POST, found)
    try:
        if request.POST.get("step") == "request":
            request_agreement(found, person=visitor.person, asked=asked)
        else:
            amend_draft(found, person=visitor.person, asked=asked)
    except Refused as refused:
        return _page(request, found, asked, refused)
    return redirect("agreement", reference=reference)


def _asked(given: MultiValueDict[str, str], found: "Agreement") -> Asked:
    quota = given.get("quota", "").strip()
    # What is no number of accesses is named as wrong, not left out.
    number = int(quota) if quota.isascii() and quota.isdigit() and len(quota) <= _MOST_DIGITS else -1
    return Asked(
        basis=given.get("basis", ""),
        scene=given.get("scene", ""),
        fields=tuple(given.getlist("fields")),
        ways=tuple(given.getlist("ways")),
        purpose=given.get("purpose", ""),
        last_day=_day(given.get("last_day", "")),
        quota=number if quota else None,
        quota_per=given.get("quota_per", PER[0]),
        cases_continue="cases_continue" in given,
        renews=found.renews.reference if found.renews else "",
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _page(request: HttpRequest, found: "Agreement", asked: Asked, refused: Refused | None = None) -> HttpResponse:
    context = {
        "agreement": found,
        "asked": asked,
        "quota": request.POST.get("quota", "") if request.method == "POST" else asked.quota or "",
        "titles": fields_of(found.licence_type, now()),
        "ways": list(WAYS),
        "longest": LONGEST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/agreements/draft.html", context, status=status)
