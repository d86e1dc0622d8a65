"""Agreements (right of use): what a department asks for and provides, and what the data authority decides."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from exchange.agreements.contents import fields_of, last_day
from exchange.agreements.listing import (
    agreement_for,
    all_agreements,
    asked_by,
    asked_of_us,
    for_authority,
    notices_for,
    renewals_of,
    rows_of,
)
from exchange.agreements.parties import departments_of
from exchange.agreements.stepping import LONGEST, steps_for, take_step
from exchange.errors import InputInvalid
from foundation.clock import now
from foundation.reasons import Refused, because
from portal.who import Visitor, for_parties_of_agreements

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from exchange.models import Agreement

PAGE = 30


@require_GET
@for_parties_of_agreements
def agreements(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List agreements with their lights, as one of the sides or as the authority, and what is new about them."""
    at = now()
    codes = departments_of(visitor.person, at)
    lists: Mapping[str, QuerySet[Agreement]] = {
        **({"decide": for_authority(), "all": all_agreements()} if visitor.oversees else {}),
        **({"asked": asked_by(codes), "provided": asked_of_us(codes)} if codes else {}),
    }
    wanted = request.GET.get("list", "")
    shown = wanted if wanted in lists else next(iter(lists))
    page = Paginator(lists[shown], PAGE).get_page(request.GET.get("page"))
    told = notices_for(codes, at) if codes else []
    context = {
        "lists": list(lists),
        "shown": shown,
        "page": page,
        "rows": rows_of(page.object_list, at),
        "notices": told + (notices_for(None, at) if visitor.oversees else []),
        "asks": bool(codes),
        "query": f"list={shown}",
    }
    return render(request, "portal/agreements/list.html", context)


@require_http_methods(["GET", "POST"])
@for_parties_of_agreements
def agreement(request: HttpRequest, visitor: Visitor, reference: str) -> HttpResponse:
    """Show an agreement with its history; take a step of it."""
    found = agreement_for(reference, departments_of(visitor.person, now()), everything=visitor.oversees)
    if request.method == "GET":
        return _page(request, visitor, found)
    try:
        take_step(
            found,
            request.POST.get("step", ""),
            person=visitor.person,
            text=request.POST.get("text", ""),
            first_day=_day(request.POST.get("first_day", "")),
        )
    except Refused as refused:
        return _page(request, visitor, found, refused)
    return redirect("agreement", reference=reference)


def _day(text: str) -> dt.date | None:
    """Return the day that was entered, if any; what is none must not put an agreement in force at once."""
    try:
        return dt.date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise InputInvalid({"first_day": because("date_invalid", value=text[:40])}) from None


def _page(request: HttpRequest, visitor: Visitor, found: "Agreement", refused: Refused | None = None) -> HttpResponse:
    at = now()
    steps = steps_for(found, visitor.person, at)
    (row,) = rows_of([found], at)
    context = {
        "row": row,
        "agreement": found,
        "titles": fields_of(found.licence_type, at),
        "last_day": last_day(found),
        "history": found.steps.select_related("person"),
        "renewals": renewals_of(found, departments_of(visitor.person, at), everything=visitor.oversees),
        # What is asked for is entered on a page of its own.
        "steps": [step for step in steps if step != "request"],
        "may_edit": "request" in steps,
        "may_renew": row.requester.code in [d.code for d in (*visitor.departments, *visitor.kept)],
        "given": request.POST,
        "longest": LONGEST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/agreements/agreement.html", context, status=status)
