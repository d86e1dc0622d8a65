"""The citizen's pages of authorisations: grant, show a code at a counter, see each use, take back."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exchange import looking
from exchange.authorising.codes import LIFE, offer_code
from exchange.authorising.granting import LONGEST_MANDATE, Grant, grant, revoke
from exchange.authorising.queries import given_by, in_force, over
from exchange.authorising.terms import LONGEST_DAYS, State, state_of
from exchange.errors import InputInvalid, NotRepresented
from foundation.clock import legal_day, now
from foundation.ids import new_id
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from portal.narrowing import day_in
from portal.views.issuing import uuid_of
from portal.who import Visitor, for_citizens
from registry import queries as registry

if TYPE_CHECKING:
    from exchange.models import Authorisation
    from licences.models import Holder
    from registry.models import Department, Item, LicenceType

PAGE, FOUND, USES = 20, 20, 100
MANDATE = "mandate"
SOON = 30  # days, the end of an authorisation that the form proposes


def _holders(visitor: Visitor) -> "list[Holder]":
    return [r.holder for r in licences.represented_by(visitor.person.pk, now())]


def _chosen(holders: "list[Holder]", wanted: str) -> "Holder | None":
    return next((h for h in holders if str(h.pk) == wanted), None)


@require_GET
@for_citizens
def authorisations(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List what was authorised in the name of those the person acts for: in force, and over."""
    at, given = now(), given_by(h.pk for h in _holders(visitor))
    page = Paginator(over(given, at), PAGE).get_page(request.GET.get("page"))
    shown = {"holding": _stated(list(in_force(given, at)), at), "page": page, "past": _stated(page.object_list, at)}
    return render(request, "portal/authorising/list.html", shown)


def _stated(given: "Any", at: dt.datetime) -> "list[tuple[Authorisation, State]]":
    return [(one, state_of(one, at)) for one in given]


def _own(visitor: Visitor, key: UUID) -> "Authorisation":
    found = given_by(h.pk for h in _holders(visitor)).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@require_GET
@for_citizens
def authorisation(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show one authorisation with every access that relied on it, but those of which a law defers notice."""
    found, at = _own(visitor, key), now()
    entries = looking.looks_at([found.holder_id], at=at).filter(pk__in=[use.entry for use in found.uses.all()])
    shown = {
        "given": found,
        "state": state_of(found, at),
        "rows": looking.told(entries[:USES], person=visitor.person.pk),
    }
    return render(request, "portal/authorising/one.html", shown)


@require_POST
@for_citizens
def take_back(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Take an authorisation back."""
    revoke(key, person=visitor.person)
    messages.success(request, gettext("Taken back: nobody can rely on it from now on."), extra_tags="good")
    return redirect("authorisation", key=key)


# --- Granting ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@for_citizens
def new(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Find the item, and authorise the department that handles it: for one of the types that it needs, or for all."""
    holders, item = _holders(visitor), registry.item_by_code((request.POST or request.GET).get("item", "")[:40])
    if request.method == "GET" or item is None:
        return _new_page(request, holders, item)
    try:
        made = _grant(request, visitor, holders, item)
    except Refused as refused:
        return _new_page(request, holders, item, refused)
    messages.success(request, gettext("The department may rely on it from now on."), extra_tags="good")
    return redirect("authorisation", key=made.pk)


def _grant(request: HttpRequest, visitor: Visitor, holders: "list[Holder]", item: "Item") -> "Authorisation":
    holder = _chosen(holders, request.POST.get("holder", ""))
    if holder is None:
        raise NotRepresented
    picked, until = request.POST.get("what", ""), request.POST.get("until", "")
    types = {str(t.pk): t for t in _types(item)}
    department = next((d for d in _receivers(item) if d.code == request.POST.get("department")), None)
    faults: dict[str, Grounds] = {}
    if picked != MANDATE and picked not in types:
        faults["what"] = because("field_required")
    if department is None:
        faults["department"] = because("field_required")
    if until.strip() and day_in(until) is None:
        faults["until"] = because("date_invalid", value=until[:20])
    if faults or department is None:
        raise InputInvalid(faults)
    wanted = Grant(
        department=department,
        item=item,
        licence_type=types.get(picked),
        once=request.POST.get("term") == "once",
        until=day_in(until),
        mandate=request.POST.get("mandate", "") if picked == MANDATE else "",
    )
    return grant(wanted, person=visitor.person, holder=holder.pk, key=uuid_of(request.POST.get("key", "")))


def _types(item: "Item") -> "list[LicenceType]":
    found = {t.pk: t for group in registry.need_groups(item) for t in group.types}
    return list(found.values())


def _receivers(item: "Item") -> "list[Department]":
    """Return who handles the item, or takes applications for it."""
    return [item.department, *item.delegated_to.all()]


def _new_page(
    request: HttpRequest, holders: "list[Holder]", item: "Item | None", refused: Refused | None = None
) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()[:100]
    today = legal_day(now())
    shown: dict[str, Any] = {
        "holders": holders,
        "item": item,
        "types": _types(item) if item else [],
        "receivers": _receivers(item) if item else [],
        "q": wanted,
        "found": registry.search_items(wanted, now())[:FOUND] if wanted and not item else [],
        "given": request.POST or {"holder": request.GET.get("holder", ""), "term": "once"},
        "today": today,
        "last": today + dt.timedelta(days=LONGEST_DAYS),
        "soon": today + dt.timedelta(days=SOON),
        "longest_mandate": LONGEST_MANDATE,
        # What the form carries, so that it authorises once however often it is sent.
        "key": uuid_of(request.POST.get("key", "")) or new_id(),
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/authorising/new.html", shown, status=status)


# --- The code shown at a counter ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Choice:
    """A holder's type of which there is a licence to show."""

    holder: "Holder"
    licence_type: "LicenceType"

    @property
    def value(self) -> str:
        """What the form sends."""
        return f"{self.holder.pk}/{self.licence_type.pk}"


def _choices(visitor: Visitor) -> list[_Choice]:
    found: dict[str, _Choice] = {}
    for holder in _holders(visitor):
        for licence in licences.wallet(holder.pk):
            choice = _Choice(holder, licence.licence_type)
            found.setdefault(choice.value, choice)
    return list(found.values())


@require_http_methods(["GET", "POST"])
@for_citizens
def code(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show a code for 60 seconds, as text and as a QR code; htmx asks for the next one before it ends."""
    choices = _choices(visitor)
    shown: dict[str, Any] = {
        "choices": choices,
        "what": request.POST.get("what") or request.GET.get("what", ""),
        "days": request.POST.get("days", "0"),
        "seconds": int(LIFE.total_seconds()),
        "again": int(LIFE.total_seconds()) - 5,
        "longest": LONGEST_DAYS,
    }
    status = 200
    if request.method == "POST":
        try:
            shown |= _offered(visitor, choices, shown["what"], shown["days"])
        except Refused as refused:
            shown["refused"], status = refused, refused.grounds.reason.status
    in_place = request.headers.get("HX-Request") == "true"
    page = render(
        request, "portal/authorising/shown.html" if in_place else "portal/authorising/code.html", shown, status=status
    )
    page["Cache-Control"] = "no-store"
    return page


def _offered(visitor: Visitor, choices: list[_Choice], what: str, days: str) -> dict[str, Any]:
    choice = next((c for c in choices if c.value == what), None)
    if choice is None:
        raise InputInvalid({"what": because("field_required")})
    if not (days.isascii() and days.isdecimal() and len(days) < 5):
        raise InputInvalid({"days": because("authorisation_too_long", days=str(LONGEST_DAYS))})
    made = offer_code(person=visitor.person, holder=choice.holder.pk, licence_type=choice.licence_type, days=int(days))
    qr = segno.make(made.code, error="m", micro=False).svg_data_uri(scale=6, border=2)
    return {"code": made.code, "expires_at": made.expires_at, "choice": choice, "qr": qr}
