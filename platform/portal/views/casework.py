"""The clerk's page of one application: its needs and terms, and every step that may be taken with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from exchange import queries as exchange
from exchange.applications.accepting import accept, ask_missing, not_accept
from exchange.applications.assisting import ask_issuer
from exchange.applications.checking import VALID
from exchange.applications.extending import can_extend, extend, go_on, stand_still
from exchange.applications.filing import take_file
from exchange.applications.papering import fall_back, proposal, type_meant
from exchange.applications.reviewing import close_review
from exchange.applications.stepping import can_take
from exchange.causes import CAUSE_NAMES, DISPROVED, Cause
from exchange.clocks import STANDSTILLS
from exchange.deciding import approve, refuse, verify_references
from exchange.procedure import DECIDED, REMEDIES, State
from exchange.staffing import open_application, staff_standing
from foundation.clock import now
from foundation.reasons import Both, Refused
from portal.views.applications import packed
from portal.views.issuing import uuid_of
from portal.who import Visitor, for_staff
from registry import queries as registry

if TYPE_CHECKING:
    from exchange.models import Application, Assistance, PaperFallback, Reference
    from registry.models import LicenceType
    from registry.queries import NeedGroup

STEPS = ("accept", "ask_missing", "not_accept", "approve", "refuse")


@dataclass(frozen=True, slots=True)
class Need:
    """One need of the case: what meets it, the cause that the platform proposes for paper, and who was asked."""

    name: Both
    number: int
    types: "tuple[LicenceType, ...]"
    reference: "Reference | None"
    proposed: Cause | None
    fallback: "PaperFallback | None"
    assistances: "list[Assistance]"

    @property
    def outcome(self) -> str:
        """What the last verification found."""
        return self.reference.outcome if self.reference else ""

    @property
    def holds(self) -> bool:
        """Whether a valid licence, or paper that was seen, meets the need."""
        return self.outcome == VALID or (self.fallback is not None and self.outcome not in DISPROVED)


@require_GET
@for_staff
def case(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Show an application with each need matched to what meets it."""
    return case_page(request, visitor, open_application(number, person=visitor.person))


def case_page(
    request: HttpRequest, visitor: Visitor, application: "Application", refused: Refused | None = None
) -> HttpResponse:
    """Show the page; after a step that was refused with why."""
    at, state = now(), State(application.state)
    may = {step: can_take(application, step, visitor.person, at) for step in STEPS}
    needs = _needs(application, propose=may["approve"])
    shown: dict[str, Any] = {
        "application": application,
        "needs": needs,
        "all_valid": all(need.holds for need in needs),
        "missing": [need.name for need in needs if need.number in application.missing_needs],
        "results": application.results.select_related("licence_type"),
        "drafts": application.drafts.exclude(state__in=["issued", "discarded"]).select_related("licence_type"),
        "reviews": application.reviews.select_related("licence__licence_type", "closed_by"),
        "standstills": application.standstills.all(),
        "may": may,
        "may_extend": can_extend(application, visitor.person, at),
        "may_list": may["ask_missing"] and application.missing_at is None,
        "causes": CAUSE_NAMES.items(),
        "kinds": STANDSTILLS.items(),
        "remedies": REMEDIES,
        "has_file": state in DECIDED,
        "given": request.POST,
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/cases/case.html", shown, status=status)


def _needs(application: "Application", *, propose: bool) -> list[Need]:
    found = application.references.select_related("licence__issuer", "licence__licence_type")
    references = {r.need_group: r for r in found}
    fallbacks = {f.need_group: f for f in application.fallbacks.select_related("noted_by")}
    asked: dict[int, list[Assistance]] = {}
    for assistance in application.assistances.select_related("department", "licence").order_by("asked_at"):
        asked.setdefault(assistance.need_group, []).append(assistance)
    return [
        Need(
            name=group.name,
            number=group.number,
            types=group.types,
            reference=references.get(group.number),
            proposed=_proposed(application, group, references.get(group.number)) if propose else None,
            fallback=fallbacks.get(group.number),
            assistances=asked.get(group.number, []),
        )
        for group in registry.need_groups(application.item)
    ]


def _proposed(application: "Application", group: "NeedGroup", reference: "Reference | None") -> Cause | None:
    return proposal(application, group, reference, now())


@require_POST
@for_staff
def verify_all(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Verify all references of an application with one click."""
    verify_references(open_application(number, person=visitor.person), person=visitor.person)
    return redirect("case", number=number)


@require_POST
@for_staff
def decide(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Approve (which issues the result) or refuse with a reason."""
    return _taken(request, visitor, number, "approve" if request.POST.get("decision") == "approve" else "refuse")


@require_POST
@for_staff
def step(request: HttpRequest, visitor: Visitor, number: str, name: str) -> HttpResponse:
    """Take one of the steps beside the decision."""
    if name not in ACTS or name in ("approve", "refuse"):
        raise Http404
    return _taken(request, visitor, number, name)


def _taken(request: HttpRequest, visitor: Visitor, number: str, name: str) -> HttpResponse:
    application = open_application(number, person=visitor.person)
    try:
        ACTS[name](application, visitor, request.POST)
    except Refused as refused:
        return case_page(request, visitor, exchange.application_by_number(number) or application, refused)
    messages.success(request, gettext("Done, and recorded."), extra_tags="good")
    return redirect("case", number=number)


def _number_in(given: QueryDict, name: str = "need") -> int:
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _list_missing(application: "Application", visitor: Visitor, given: QueryDict) -> None:
    listed = [int(n) for n in given.getlist("needs") if n.isascii() and n.isdecimal() and len(n) < 5]
    ask_missing(application, needs=listed, remark=given.get("remark", ""), by=visitor.person)


def _ask(application: "Application", visitor: Visitor, given: QueryDict) -> None:
    number = _number_in(given)
    group = next((g for g in registry.need_groups(application.item) if g.number == number), None)
    wanted = uuid_of(given.get("type", ""))
    named = next((t for t in group.types if t.pk == wanted), None) if group else None
    if group and named is None:
        named = type_meant(group, application.references.filter(need_group=number).first())
    ask_issuer(
        application,
        need=number,
        number=given.get("number", ""),
        question=given.get("question", ""),
        licence_type=named,
        person=visitor.person,
    )


def _fall_back(application: "Application", visitor: Visitor, given: QueryDict) -> None:
    fall_back(
        application,
        need=_number_in(given),
        cause=given.get("cause", ""),
        number=given.get("number", ""),
        person=visitor.person,
    )


def _close_review(application: "Application", visitor: Visitor, given: QueryDict) -> None:
    key = uuid_of(given.get("review", ""))
    if key is None:
        raise Http404
    close_review(application, key=key, person=visitor.person, finding=given.get("finding", ""))


ACTS: Mapping[str, Callable[["Application", Visitor, QueryDict], Any]] = {
    "accept": lambda a, v, _: accept(a, by=v.person),
    "missing": _list_missing,
    "not-accept": lambda a, v, given: not_accept(a, reason=given.get("reason", ""), by=v.person),
    "paper": _fall_back,
    "ask-issuer": _ask,
    "extend": lambda a, v, given: extend(a, person=v.person, reason=given.get("reason", "")),
    "still": lambda a, v, given: stand_still(a, kind=given.get("kind", ""), person=v.person),
    "go-on": lambda a, v, _: go_on(a, person=v.person),
    "review": _close_review,
    "approve": lambda a, v, _: approve(a, person=v.person),
    "refuse": lambda a, v, given: refuse(a, person=v.person, reason=given.get("reason", "")),
}
"""What the page's forms do, by the step's name in their address."""


@require_GET
@for_staff
def case_file(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Hand over the file of a decided case."""
    application = exchange.application_by_number(number)
    if application is None or application.state == State.DRAFT:
        raise Http404
    actor = staff_standing(visitor.person, application.item, now()).actor
    return packed(take_file(application, actor=actor), number)
