"""The citizen's pages: wallet, items, applying by reference, following, who looked."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exchange import queries as exchange
from exchange.applying import Choice, Match, matches, submit, withdraw
from exchange.errors import NotRepresented
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from licences.notices import mark_read, notices_for
from portal.who import Visitor, for_citizens
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Holder
    from registry.models import Item

TYPED = "typed"
NOTICES = 20


@require_GET
@for_citizens
def wallet(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the licences of everyone the person acts for, and what these are told about them."""
    represented = licences.represented_by(visitor.person.pk, now())
    told = list(notices_for(r.holder_id for r in represented)[:NOTICES])
    shown = {
        "holders": [(r, licences.wallet(r.holder_id)) for r in represented],
        "notices": [(notice, because(notice.reason)) for notice in told],
        "unread": sum(notice.read_at is None for notice in told),
        "applications": exchange.applications_by(visitor.person)[:5],
    }
    page = render(request, "portal/wallet.html", shown)
    # After the page was made, which shows them as new once more.
    mark_read(told, at=now())
    return page


@require_GET
@for_citizens
def items(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Find the item to apply for."""
    wanted = request.GET.get("q", "").strip()[:100]
    page = Paginator(registry.search_items(wanted, now()), 20).get_page(request.GET.get("page"))
    return render(request, "portal/items.html", {"page": page, "q": wanted})


@require_http_methods(["GET", "POST"])
@for_citizens
def apply(request: HttpRequest, visitor: Visitor, code: str) -> HttpResponse:
    """Show what the item needs and what the holder has; submit references to it."""
    item = registry.item_by_code(code)
    if item is None or not registry.is_in_force(item, now()):
        raise Http404
    holders = [r.holder for r in licences.represented_by(visitor.person.pk, now())]
    holder = _chosen_holder(request, holders)
    if request.method == "POST":
        return _submit(request, visitor, item, holder, holders)
    return _apply_page(request, item, holder, holders)


def _chosen_holder(request: HttpRequest, holders: "list[Holder]") -> "Holder | None":
    wanted = request.POST.get("holder") or request.GET.get("holder")
    if not wanted:
        # Most items are for companies, so a person who acts for one applies for it unless they say otherwise.
        return holders[-1] if holders else None
    return next((h for h in holders if str(h.pk) == wanted), None)


def _apply_page(
    request: HttpRequest,
    item: "Item",
    holder: "Holder | None",
    holders: "list[Holder]",
    refused: Refused | None = None,
) -> HttpResponse:
    faults: dict[str, Grounds] = refused.fields if refused else {}
    needs = [_need(match, request.POST, faults) for match in matches(item, holder.pk if holder else None, now())]
    shown = {
        "item": item,
        "holder": holder,
        "holders": holders,
        "needs": needs,
        "refused": refused,
        "nothing_to_submit": needs and all(need["selected"] != TYPED for need in needs),
        "results": registry.yielded_types(item),
        "project": request.POST.get("project", ""),
    }
    return render(request, "portal/apply.html", shown, status=refused.grounds.reason.status if refused else 200)


def _need(match: Match, given: QueryDict, faults: dict[str, Grounds]) -> dict[str, Any]:
    """Return one need as the form shows it; what was entered before stays entered."""
    number, at = match.group.number, now()
    usable = [licence for licence in match.fitting if licences.is_valid_now(licence, at)]
    return {
        "match": match,
        "name": f"need-{number}",
        "usable": {licence.pk for licence in usable},
        "selected": given.get(f"need-{number}") or (str(usable[0].pk) if usable else TYPED),
        "number": given.get(f"number-{number}", ""),
        "other_holder": given.get(f"holder-{number}", ""),
        "fault": faults.get(f"need-{number}"),
    }


def _submit(
    request: HttpRequest, visitor: Visitor, item: "Item", holder: "Holder | None", holders: "list[Holder]"
) -> HttpResponse:
    try:
        if holder is None:
            raise NotRepresented
        application = submit(
            person=visitor.person,
            item=item,
            holder=holder.pk,
            choices=_choices(request.POST),
            project=request.POST.get("project", ""),
        )
    except Refused as refused:
        return _apply_page(request, item, holder, holders, refused)
    return redirect("application", number=application.number)


def _choices(given: QueryDict) -> dict[int, Choice]:
    chosen: dict[int, Choice] = {}
    for name in given:
        prefix, _, group = name.partition("-")
        if prefix != "need" or not (group.isascii() and group.isdecimal() and len(group) < 5):
            continue
        picked = given.get(name, "")
        if picked == TYPED:
            chosen[int(group)] = Choice(
                number=given.get(f"number-{group}", ""), other_holder=given.get(f"holder-{group}", "")
            )
        elif _is_uuid(picked):
            chosen[int(group)] = Choice(licence=UUID(picked))
    return chosen


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@require_GET
@for_citizens
def application(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Follow one's own application."""
    found = exchange.application_of(visitor.person, number)
    if found is None:
        raise Http404
    names = {group.number: group for group in registry.need_groups(found.item)}
    references = [(names.get(r.need_group), r) for r in found.references.select_related("licence")]
    shown = {"application": found, "references": references, "results": found.results.select_related("licence_type")}
    return render(request, "portal/application.html", shown)


@require_POST
@for_citizens
def withdraw_application(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Take one's application back."""
    found = exchange.application_of(visitor.person, number)
    if found is None:
        raise Http404
    withdraw(found, person=visitor.person)
    return redirect("application", number=number)
