"""Holders as the data authority and issuers keep them: numbers and names changed, and who acts for whom registered."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from audit.recording import Subject
from exchange.keeping import authority
from foundation.clock import end_of_day, now
from foundation.context import Actor
from foundation.reasons import Both, Refused, because
from licences import queries as licences
from licences.holders import (
    can_change,
    change_number,
    find_holder,
    is_organisation,
    masked_numbers,
    rename_holder,
)
from licences.representing import (
    appoint,
    change_legal_representative,
    end_representation,
    representations_of,
)
from portal.narrowing import day_in
from portal.views.issuing import note_look
from portal.who import Visitor, for_keepers_and_overseers
from registry import queries as registry
from registry.forms import HOLDER_KINDS

if TYPE_CHECKING:
    from licences.models import Holder

SHOWN = 50


def _actor(visitor: Visitor, holder: "Holder") -> Actor | None:
    """Return as whom the visitor changes the holder, if they may."""
    may_be = [authority(visitor.person, now()), *(visitor.at_post(department.code) for department in visitor.kept)]
    return next((actor for actor in may_be if actor and can_change(holder, actor)), None)


@require_http_methods(["GET", "POST"])
@for_keepers_and_overseers
def holders(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Find a holder by a number that it has or had; one that the visitor may not change is answered as none."""
    if request.method == "GET":
        return render(request, "portal/holders/find.html")
    number = request.POST.get("number", "").strip()[:80]
    found = find_holder(number) if number else None
    mine = found if found and _actor(visitor, found) else None
    note_look(visitor, "search_holder", Subject("holder", str(mine.pk) if mine else ""), number=number)
    if mine is None:
        return render(request, "portal/holders/find.html", {"none": True}, status=404)
    return redirect("holder", key=mine.pk)


@require_http_methods(["GET", "POST"])
@for_keepers_and_overseers
def holder(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show a holder's numbers and who acts for it; change them."""
    found = licences.holder_by_key(key)
    actor = _actor(visitor, found) if found else None
    if found is None or actor is None:
        raise Http404
    act = request.POST.get("act", "")
    if request.method == "GET":
        note_look(visitor, "open_holder", Subject("holder", str(key)))
        return _page(request, found, actor)
    if act not in _ACTS:
        raise Http404
    try:
        _ACTS[act](found, actor, request.POST)
    except Refused as refused:
        return _page(request, found, actor, refused)
    messages.success(request, gettext("Done, and recorded."), extra_tags="good")
    return redirect("holder", key=key)


def _page(request: HttpRequest, found: "Holder", actor: Actor, refused: Refused | None = None) -> HttpResponse:
    shown: dict[str, Any] = {
        "holder": found,
        "numbers": masked_numbers(found),
        "represented": representations_of(found)[:SHOWN],
        "now": now(),
        "kinds": HOLDER_KINDS.items(),
        "registers": actor.role == registry.AUTHORITY,
        "organisation": is_organisation(found),
        "act": request.POST.get("act", ""),
        "given": request.POST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/holders/holder.html", shown, status=status)


# --- What may be done ----------------------------------------------------------------------------------------------


def _basis(given: QueryDict) -> str:
    basis = given.get("basis", "").strip()
    if not basis:
        raise Refused(because("input_invalid"), fields={"basis": because("field_required")})
    if len(basis) > 300:
        raise Refused(because("input_invalid"), fields={"basis": because("text_too_long", count="300")})
    return basis


def _number(holder: "Holder", actor: Actor, given: QueryDict) -> None:
    code_type, number = given.get("code_type", ""), given.get("number", "")
    change_number(holder, code_type=code_type, number=number, actor=actor, basis=_basis(given))


def _rename(holder: "Holder", actor: Actor, given: QueryDict) -> None:
    rename_holder(holder, name=given.get("name", ""), actor=actor, basis=_basis(given))


def _person(given: QueryDict) -> UUID:
    person = registry.person_named(given.get("username", "").strip())
    if person is None:
        unknown = because("field_invalid", why=Both("没有这个账号", "names no account"))
        raise Refused(because("input_invalid"), fields={"username": unknown})
    return person.pk


def _appoint(holder: "Holder", actor: Actor, given: QueryDict) -> None:
    text = given.get("until", "").strip()
    until = day_in(text) if text else None
    if text and until is None:
        raise Refused(because("input_invalid"), fields={"until": because("date_invalid", value=text[:20])})
    appoint(holder, person=_person(given), by=actor, until=end_of_day(until) if until else None)


def _representative(holder: "Holder", actor: Actor, given: QueryDict) -> None:
    change_legal_representative(holder, person=_person(given), actor=actor)


def _end(holder: "Holder", actor: Actor, given: QueryDict) -> None:
    wanted = (of for of in representations_of(holder) if str(of.pk) == given.get("representation"))
    found = next(wanted, None)
    if found is None:
        raise Http404
    end_representation(found, actor=actor)


_ACTS: dict[str, Callable[["Holder", Actor, QueryDict], None]] = {
    "number": _number,
    "rename": _rename,
    "appoint": _appoint,
    "representative": _representative,
    "end": _end,
}
