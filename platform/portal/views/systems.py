"""The pages of those who keep a department's systems: which there are, their secrets and keys."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from exchange import systems as kept
from foundation.clock import now
from foundation.reasons import Refused, because
from portal.narrowing import day_in
from portal.who import Visitor, for_keepers
from registry.systems import ALGORITHMS, LONGEST_OVERLAP

if TYPE_CHECKING:
    from registry.models import Client

PAGE = 30
_DAYS = 7


@require_http_methods(["GET", "POST"])
@for_keepers
def systems(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the department's systems, those in use first; register one. Its secret is shown in the answer alone."""
    shown: dict[str, Any] = {}
    if request.method == "POST":
        try:
            shown["made"], shown["secret"] = kept.register_system(
                person=visitor.person,
                department=request.POST.get("department", ""),
                name=request.POST.get("name", ""),
                must_sign="must_sign" in request.POST,
            )
        except Refused as refused:
            shown |= {"refused": refused, "given": request.POST}
    found = Paginator(kept.systems_of(visitor.person, now()), PAGE)
    shown |= {"page": found.get_page(request.GET.get("page")), "departments": visitor.kept}
    return render(request, "portal/systems/systems.html", shown, status=_status(shown))


@require_http_methods(["GET", "POST"])
@for_keepers
def system(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show a system with its keys; rotate its secret, add or end a key, demand signatures, deactivate it."""
    found = kept.system_of(visitor.person, key, now())
    if request.method == "GET":
        return _page(request, found)
    try:
        secret = _take_step(request, visitor, found)
    except Refused as refused:
        return _page(request, found, refused=refused, given=request.POST)
    if secret:
        return _page(request, kept.system_of(visitor.person, key, now()), secret=secret)
    return redirect("system", key=key)


def _take_step(request: HttpRequest, visitor: Visitor, found: "Client") -> str:
    """Take the step that the form names; return the new secret, where there is one."""
    given, who = request.POST, visitor.person
    match given.get("step"):
        case "rotate":
            return kept.rotate_secret(person=who, system=found, days=given.get("days", ""))
        case "add-key":
            kept.add_key(person=who, system=found, jwk=given.get("jwk", ""), until=day_in(given.get("until", "")))
        case "end-key":
            kept.end_key(person=who, system=found, kid=given.get("kid", ""))
        case "sign":
            kept.demand_signatures(person=who, system=found, must_sign=given.get("must_sign") == "yes")
        case "deactivate":
            kept.deactivate_system(person=who, system=found)
        case _:
            raise Refused(because("input_invalid"))
    return ""


def _page(request: HttpRequest, found: "Client", **more: Any) -> HttpResponse:
    at = now()
    shown = {
        "system": found,
        "keys": [(key, key.until is None or key.until > at) for key in found.keys.all()],
        "overlaps": found.former_secret_until is not None and found.former_secret_until > at,
        "most_days": LONGEST_OVERLAP.days,
        "usual_days": _DAYS,
        "algorithms": ", ".join(ALGORITHMS),
        **more,
    }
    return render(request, "portal/systems/system.html", shown, status=_status(shown))


def _status(shown: dict[str, Any]) -> int:
    refused = shown.get("refused")
    return refused.grounds.reason.status if refused else 200
