"""Flags of odd use: which are open, what one rests on, and clearing it with a note of what was found."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit import flagging
from audit import queries as audit
from audit.oddity import PERSON, SYSTEM
from exchange import queries as exchange
from foundation.reasons import Both, Grounds, Refused, because
from portal.who import Visitor, for_overseers
from registry import queries as registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.models import Flag

PAGE = 50


@require_GET
@for_overseers
def flags(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the open flags, or those that were cleared."""
    cleared = request.GET.get("cleared") == "1"
    page = Paginator(flagging.flags(cleared=cleared), PAGE).get_page(request.GET.get("page"))
    shown = {
        "rows": _described(page.object_list),
        "page": page,
        "cleared": cleared,
        "query": "cleared=1" if cleared else "",
        "open_count": flagging.flags().count(),
    }
    return render(request, "portal/usage/flags.html", shown)


@require_http_methods(["GET", "POST"])
@for_overseers
def flag(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show what a flag rests on; clear it with a note. Both are entries of the record."""
    if request.method == "GET":
        return _page(request, flagging.open_flag(key, actor=visitor.actor))
    found = flagging.flag_by_id(key)
    if found is None:
        raise Http404
    try:
        flagging.clear_flag(found, note=request.POST.get("note", ""), actor=visitor.actor)
    except Refused as refused:
        return _page(request, flagging.flag_by_id(key), refused)
    return redirect("flag", key)


def _page(request: HttpRequest, found: "Flag | None", refused: Refused | None = None) -> HttpResponse:
    if found is None:
        raise Http404
    evidence = audit.entries_by_id(map(UUID, found.evidence))
    (row,) = _described([found])
    shown = {
        "row": row,
        "rows": exchange.described(evidence),
        "refused": refused,
        "note": request.POST.get("note", ""),
        "most_note": flagging.MOST_NOTE,
    }
    return render(request, "portal/usage/flag.html", shown, status=refused.grounds.reason.status if refused else 200)


def _described(found: "Iterable[Flag]") -> list[dict[str, Any]]:
    """Join flags with the names of departments, people and systems, in a fixed number of queries."""
    found = list(found)
    departments = {d.code: d.name for d in registry.departments_by_code({f.department for f in found})}
    keys = [UUID(f.actor.removeprefix(PERSON)) for f in found if f.actor.startswith(PERSON)]
    people = registry.people([*keys, *(f.cleared_by for f in found)])
    clients = registry.clients(UUID(f.actor.removeprefix(SYSTEM)) for f in found if f.actor.startswith(SYSTEM))
    named = {
        **{f"{PERSON}{key}": person.get_full_name() for key, person in people.items()},
        **{f"{SYSTEM}{key}": str(client.name) for key, client in clients.items()},
    }
    return [
        {
            "flag": f,
            "department": departments.get(f.department, Both(f.department, f.department)),
            "actor": named.get(f.actor, f.actor),
            "grounds": _grounds(f),
            "cleared_by": people[f.cleared_by].get_full_name() if f.cleared_by in people else "",
        }
        for f in found
    ]


def _grounds(found: "Flag") -> Grounds:
    return because(found.reason, count=str(found.count), usual=str(found.usual))
