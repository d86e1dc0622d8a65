"""Who may see what: the access decision asked and explained, its matrix, and the duties that laws name."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exchange.access import WAY_NAMES
from exchange.duties import NamedDuty, end_duty, in_force, register_duty
from exchange.errors import InputInvalid
from exchange.explaining import Explanation, Inquiry, explain_to
from exchange.keeping import authority
from exchange.matrix import matrix, needed_by
from foundation.clock import LEGAL_ZONE, end_of_day, legal_day, now
from foundation.reasons import Grounds, Refused, because
from licences.fields import field_name
from portal.narrowing import day_in
from portal.who import Visitor, for_keepers_and_overseers, for_overseers
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles

if TYPE_CHECKING:
    from registry.models import Department

ROWS = 20
CHOICES = ("unconditional", "conditional", "not_shared")


def _departments(visitor: Visitor) -> "list[Department]":
    return list(registry.departments()) if visitor.oversees else list(visitor.kept)


# --- One question ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@for_keepers_and_overseers
def explain_page(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask what a department may see for an item; a holder's number is sent in a form, never in an address."""
    given, departments = request.POST or request.GET, _departments(visitor)
    shown: dict[str, Any] = {
        "departments": departments,
        "clients": registry.clients_of(d.code for d in departments),
        "given": given,
        "today": legal_day(now()),
    }
    status = 200
    if given.get("item"):
        try:
            shown |= _explained(explain_to(visitor.person, _inquiry(given, departments)))
        except Refused as refused:
            shown["refused"], status = refused, refused.grounds.reason.status
    return render(request, "portal/access/explain.html", shown, status=status)


def _inquiry(given: QueryDict, departments: "list[Department]") -> Inquiry:
    who, faults = given.get("who", ""), dict[str, Grounds]()
    department = next((d for d in departments if d.code == who), None)
    clients = {str(c.pk): c for c in registry.clients_of(d.code for d in departments)}
    client = clients.get(who)
    department = client.department if client else department
    if department is None:
        faults["who"] = because("field_required")
    name = given.get("type", "").strip()[:200]
    types = registry.types_named(name) if name else []
    if name and len(types) != 1:
        faults["type"] = because("type_unknown", type=name)
    day = day_in(given.get("day", "")) if given.get("day") else None
    if given.get("day") and day is None:
        faults["day"] = because("date_invalid", value=given.get("day", "")[:20])
    if faults or department is None:
        raise InputInvalid(faults)
    return Inquiry(
        department=department,
        client=client,
        item=given.get("item", "").strip()[:40],
        licence_type=types[0] if types else None,
        purpose=given.get("purpose", "").strip()[:200],
        case=given.get("case", "").strip()[:80],
        holder_number=given.get("holder", "").strip()[:40],
        presented=bool(given.get("presented")),
        disclose=bool(given.get("disclose")),
        at=_noon(day) if day and day != legal_day(now()) else None,
    )


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), LEGAL_ZONE)


def _explained(found: Explanation) -> dict[str, Any]:
    wanted = found.inquiry.licence_type
    titles = field_titles(form_of(wanted, found.at)) if wanted and found.decision.fields else {}
    return {
        "found": found,
        "way": WAY_NAMES[found.decision.way] if found.decision.way else None,
        "fields": [titles.get(name) or field_name(name) for name in found.decision.fields],
    }


# --- The matrix -----------------------------------------------------------------------------------------------------


@require_GET
@for_keepers_and_overseers
def matrix_page(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what each department may do with each type, a page of needed types at a time; each cell is explained."""
    at, wanted = now(), {name: request.GET.get(name, "").strip()[:100] for name in ("q", "department", "sharing")}
    found = registry.of_needed(registry.search_types(wanted["q"]), at)
    if wanted["sharing"] in CHOICES:
        found = found.filter(sharing_class=wanted["sharing"])
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    types, departments = list(page.object_list), _departments(visitor)
    shown_for = [d for d in departments if d.code == wanted["department"]]
    if not shown_for:
        # Columns in which nothing stands are left out.
        needing = needed_by(types, at)
        shown_for = [d for d in departments if d.code in needing]
    shown = {
        "page": page,
        "rows": matrix(types, shown_for, at),
        "columns": shown_for,
        "departments": departments,
        "wanted": wanted,
        "choices": CHOICES,
        "query": urlencode({name: value for name, value in wanted.items() if value}),
    }
    return render(request, "portal/access/matrix.html", shown)


# --- Duties named by law --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@for_overseers
def duties(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the duties in force; the data authority registers another."""
    refused = None
    if request.method == "POST":
        try:
            register_duty(_named_duty(request.POST), person=visitor.person)
        except Refused as caught:
            refused = caught
        else:
            messages.success(request, gettext("Registered, and in force."), extra_tags="good")
            return redirect("duties")
    shown = {
        "page": Paginator(in_force(now()), ROWS).get_page(request.GET.get("page")),
        "may_register": authority(visitor.person, now()) is not None,
        "departments": registry.departments(),
        "given": request.POST,
        "today": legal_day(now()),
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/access/duties.html", shown, status=status)


def _named_duty(given: QueryDict) -> NamedDuty:
    department = registry.departments().filter(code=given.get("department", "")).first()
    item = registry.item_by_code(given.get("item", "").strip()[:40])
    name = given.get("type", "").strip()[:200]
    types = registry.types_named(name) if name else []
    until = given.get("until", "")
    faults: dict[str, Grounds] = {}
    if department is None:
        faults["department"] = because("field_required")
    if item is None:
        faults["item"] = because("item_unknown", item=given.get("item", "")[:40] or "—")
    if len(types) != 1:
        faults["licence_type"] = because("type_unknown", type=name or "—")
    if until and day_in(until) is None:
        faults["until"] = because("date_invalid", value=until[:20])
    if faults or department is None or item is None:
        raise InputInvalid(faults)
    day = day_in(until) if until else None
    return NamedDuty(department, item, types[0], given.get("legal_basis", ""), end_of_day(day) if day else None)


@require_POST
@for_overseers
def stop_duty(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """End a duty."""
    end_duty(key, person=visitor.person)
    messages.success(request, gettext("Ended: nobody can rely on it from now on."), extra_tags="good")
    return redirect("duties")
