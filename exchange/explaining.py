"""Explaining the access decision: any question, each condition judged in its order. No licence is looked at."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction

from audit.recording import Subject, Why, record, record_refusal
from exchange.access import Decision, Question, decide
from exchange.asking import Ask, Standing, item_question, standing_of_client, standing_of_department
from exchange.cases import Case, case_of
from exchange.errors import ExplainingNotPermitted
from exchange.keeping import anyone, kept_by, overseer
from exchange.models import Agreement, Authorisation
from exchange.rights import type_question
from exchange.steps import Step, steps
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Both, Refused
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Client, Department, Item, LicenceType, Person

_CASE_FITS = Both("办件属于该事项", "the case is one of the item")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked about the decision; `presented`, as if the holder had presented the licence in the case.

    `client` is the department's system that would ask, where one is named; `holder_number` whose licence is meant.
    """

    department: "Department"
    item: str
    licence_type: "LicenceType | None" = None
    client: "Client | None" = None
    purpose: str = ""
    case: str = ""
    holder_number: str = ""
    presented: bool = False
    disclose: bool = False
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision with every condition as it was judged, and the rows relied on, if any."""

    inquiry: Inquiry
    at: dt.datetime
    decision: Decision
    steps: tuple[Step, ...]
    agreements: tuple[Agreement, ...]
    authorisation: Authorisation | None


def explain(inquiry: Inquiry, *, actor: Actor) -> Explanation:
    """Ask the decision as the API, the pages and the jobs do, and say how each condition was judged. It is recorded."""
    at = inquiry.at or now()
    standing = (
        standing_of_client(inquiry.client, operator="explain")
        if inquiry.client
        else standing_of_department(inquiry.department, operator="explain")
    )
    item = registry.item_by_code(inquiry.item)
    purpose = inquiry.purpose or (item.name_zh if item else "")
    ask = Ask("", inquiry.item, purpose, inquiry.case, holder_number=inquiry.holder_number)
    with transaction.atomic():
        decision, judged = _asked(ask, inquiry, item, standing, at)
        _record(inquiry, ask, decision, actor)
        names = decision.relied_on.split(", ") if decision.relied_on else []
        given = Authorisation.objects.select_related("holder", "licence_type", "item")
        return Explanation(
            inquiry=inquiry,
            at=at,
            decision=decision,
            steps=tuple(judged),
            agreements=tuple(Agreement.objects.filter(reference__in=names).order_by("reference")),
            authorisation=given.filter(pk=decision.authorisation).first() if decision.authorisation else None,
        )


def explain_to(person: "Person", inquiry: Inquiry) -> Explanation:
    """Explain to an overseer anything, to a department's head or administrator what that department may do."""
    at = now()
    actor = overseer(person, at)
    if actor is None and inquiry.department.code in kept_by(person, at):
        actor = anyone(person, at)
    if actor is None:
        subject = Subject("department", inquiry.department.code)
        refused: Refused = ExplainingNotPermitted()
        raise record_refusal(refused, action="explain_access", actor=anyone(person, at), subject=subject)
    return explain(inquiry, actor=actor)


def _asked(
    ask: Ask, inquiry: Inquiry, item: "Item | None", standing: Standing, at: dt.datetime
) -> tuple[Decision, list[Step]]:
    question = item_question(ask, standing, item, at, disclose=inquiry.disclose)
    judged = decide(question)
    if item is None or inquiry.licence_type is None:
        return judged, steps(question)
    try:
        # As in an asking: nothing is looked up for whoever may not ask for the item.
        case = case_of(ask, item, department=standing.asker.department) if judged.permitted else Case()
    except Refused as refused:
        fits = Step(_CASE_FITS, refused.grounds)
        return Decision(permitted=False, grounds=refused.grounds), [*steps(question), fits]
    asked = _of_type(question, inquiry.licence_type, item, case, presented=inquiry.presented)
    return decide(asked), steps(asked)


def _of_type(question: Question, wanted: "LicenceType", item: "Item", case: Case, *, presented: bool) -> Question:
    needed = any(t.pk == wanted.pk for group in registry.need_groups(item) for t in group.types)
    asked = type_question(question, item, wanted, case, needed=needed)
    return replace(asked, presented=True) if presented else asked


def _record(inquiry: Inquiry, ask: Ask, decision: Decision, actor: Actor) -> None:
    code = inquiry.licence_type.code if inquiry.licence_type else ""
    record(
        action="explain_access",
        actor=actor,
        subject=Subject("department", inquiry.department.code, code),
        outcome="done",
        reason=decision.grounds.code,
        why=Why(ask.item[:40], ask.purpose[:200], ask.case[:80]),
        personal={"holder": inquiry.holder_number[:80]},
    )
