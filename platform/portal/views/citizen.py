"""The citizen's pages: wallet, items, applying by reference."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from exchange import queries as exchange
from exchange.applications.choosing import nothing_to_submit
from exchange.applying import Choice, Match, keep_draft, matches, submit
from exchange.errors import NotRepresented
from exchange.procedure import State, Way
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from licences.notices import mark_read, notices_for
from portal.who import Visitor, for_citizens
from registry import queries as registry

if TYPE_CHECKING:
    from exchange.models import Application
    from licences.models import Holder
    from registry.models import Item

TYPED, PAPER, AWAITED = "typed", "paper", "awaited"
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
    draft = _own_draft(visitor, item, request.GET.get("draft", ""))
    return _apply_page(request, item, holder, holders, draft=draft)


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
    *,
    draft: "Application | None" = None,
) -> HttpResponse:
    faults: dict[str, Grounds] = refused.fields if refused else {}
    given, at = request.POST or _entered(draft), now()
    found = matches(item, holder.pk if holder else None, at)
    needs = [need_shown(match, given, faults) for match in found]
    shown = {
        "item": item,
        "holder": holder,
        "holders": holders,
        "needs": needs,
        "refused": refused,
        "nothing_to_submit": needs and all(need["own"] for need in needs),
        "all_shared": nothing_to_submit(found, at),
        "draft": draft,
        "results": registry.yielded_types(item),
        "project": request.POST.get("project", draft.project if draft else ""),
    }
    return render(request, "portal/apply.html", shown, status=refused.grounds.reason.status if refused else 200)


def need_shown(match: Match, given: Mapping[str, Any], faults: Mapping[str, Grounds]) -> dict[str, Any]:
    """Return one need as the form shows it; what was entered before stays entered."""
    number, at = match.group.number, now()
    usable = [licence for licence in match.fitting if licences.is_valid_now(licence, at)]
    selected = given.get(f"need-{number}") or (str(usable[0].pk) if usable else TYPED)
    return {
        "match": match,
        "name": f"need-{number}",
        "usable": {licence.pk for licence in usable},
        "selected": selected,
        "own": selected not in (TYPED, PAPER, AWAITED),
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
        act = keep_draft if "keep" in request.POST else submit
        application = act(
            person=visitor.person,
            item=item,
            holder=holder.pk,
            choices=choices_in(request.POST),
            project=request.POST.get("project", ""),
            draft=request.POST.get("draft", "")[:80],
        )
    except Refused as refused:
        draft = _own_draft(visitor, item, request.POST.get("draft", ""))
        return _apply_page(request, item, holder, holders, refused, draft=draft)
    if application.state == State.DRAFT:
        messages.success(request, gettext("Kept as a draft. Nobody but you sees it."), extra_tags="good")
    return redirect("application", number=application.number)


def _own_draft(visitor: Visitor, item: "Item", number: str) -> "Application | None":
    """Return the visitor's draft for the item, if the number is that of one."""
    found = exchange.application_of(visitor.person, number[:80]) if number and "\0" not in number else None
    return found if found and found.state == State.DRAFT and found.item_id == item.pk else None


def _entered(draft: "Application | None") -> dict[str, str]:
    """Return what a draft holds as the form sends it."""
    given: dict[str, str] = {}
    for reference in draft.references.all() if draft else ():
        number = reference.need_group
        ways = {Way.PAPER: PAPER, Way.AWAITED: AWAITED}
        picked = str(reference.licence_id) if reference.licence_id else ways.get(Way(reference.way), TYPED)
        given |= {f"need-{number}": picked, f"number-{number}": reference.number}
    return given


def choices_in(given: QueryDict) -> dict[int, Choice]:
    """Return what a form chose for each need."""
    chosen: dict[int, Choice] = {}
    for name in given:
        prefix, _, group = name.partition("-")
        if prefix != "need" or not (group.isascii() and group.isdecimal() and len(group) < 5):
            continue
        picked = given.get(name, "")
        if picked == AWAITED:
            chosen[int(group)] = Choice(awaited=True)
        elif picked in (TYPED, PAPER):
            chosen[int(group)] = Choice(
                number=given.get(f"number-{group}", ""),
                other_holder=given.get(f"holder-{group}", ""),
                paper=picked == PAPER,
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
