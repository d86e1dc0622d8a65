"""Searching by holder and type: the holder's licences that the decision permits, each look recorded.

A holder who is not known here, or who has no such licence, is answered exactly like one without. What the search was
for is named in the record (so that the holder sees it), and in its leaf only committed to.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import Act, Subject, record_all
from exchange.access import Decision, Question, decide
from exchange.agreements import quotas
from exchange.asking import Ask, Standing, item_question, wait_of
from exchange.authorising.uses import rely_on
from exchange.cases import Case, case_of
from exchange.errors import AccessRefused
from exchange.noting import UNNAMED, why_of
from exchange.rights import type_question
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from licences.subjects import subject_of
from licences.verification import Verification, verify_found
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item

ACTION, FOUND = "search_holder", "find_licence"
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a holder's licences with how each verifies; `count` is of all pages, `entry` that of the search."""

    licences: "tuple[tuple[Licence, Verification], ...]"
    count: int
    entry: UUID
    at: dt.datetime


def search_by_holder(
    ask: Ask, *, standing: Standing, page: int = 1, size: int = 50, at: dt.datetime | None = None
) -> Found:
    """Return the licences of `ask.licence_type` that the holder with `ask.holder_number` has, newest first.

    `ask.text` is empty. Refusals are recorded before they are raised.
    """
    at = at or now()
    try:
        retry_after = wait_of(standing, registry.types_named(ask.licence_type))
        with transaction.atomic():
            return _search(ask, standing, page, size, at, retry_after=retry_after)
    except Refused as refused:
        subject = _subject(ask, licences.index_of(ask.holder_number))
        raise _refusal(refused, ask, standing, subject) from None


def _search(ask: Ask, standing: Standing, page: int, size: int, at: dt.datetime, *, retry_after: int) -> Found:
    item = registry.item_by_code(ask.item)
    question = item_question(ask, standing, item, at, disclose=False, retry_after=retry_after)
    judged = decide(question)
    if item is None or not judged.permitted:
        raise AccessRefused(judged.grounds)
    case = case_of(ask, item, department=standing.asker.department)
    if case.holder is None:
        # Somebody whom nobody knows: asked for like anybody else, in as many steps.
        case = replace(case, holder=_NOBODY)
    held, relied = _permitted(ask, question, item, case)
    if held:
        quotas.take({agreement for decision in relied for agreement in decision.takes}, at=at)
    shown = held[(page - 1) * size : page * size]
    found = tuple((licence, verify_found([licence], at=at, is_holder=case.is_about)) for licence in shown)
    search = Act(
        action=ACTION,
        actor=standing.actor,
        subject=_subject(ask, case.holder_index),
        outcome="done" if held else "not_found",
        why=why_of(ask),
        personal=_typed(ask),
        at=at,
        told=UNNAMED,
    )
    entry, *_ = record_all([search, *(_look(search, ask, *one) for one in found)])
    for authorisation in {decision.authorisation for decision in relied if held and decision.authorisation}:
        rely_on(authorisation, ask=ask, entry=entry, at=at, uses_up=False)
    return Found(found, len(held), entry, at)


def _permitted(ask: Ask, question: Question, item: "Item", case: Case) -> "tuple[list[Licence], list[Decision]]":
    """Return the holder's licences of the types named, and the decisions, one a type; raises where none permits.

    A licence that the holder presented in the case named is permitted by that, also where its type is not.
    """
    types = registry.types_named(ask.licence_type)
    if not types:
        raise AccessRefused(because("type_unknown", type=ask.licence_type))
    needed = {t.pk for group in registry.need_groups(item) for t in group.types}
    own = _own_case(ask, item, case, question.asker.department)
    refusals: list[Grounds] = []
    permitted: list[Licence] = []
    relied: list[Decision] = []
    for wanted in types:
        decision = decide(type_question(question, item, wanted, case, needed=wanted.pk in needed))
        if decision.permitted:
            relied.append(decision)
            permitted += licences.held_of(case.holder or _NOBODY, [wanted.pk])
            continue
        refusals.append(decision.grounds)
        # Of what is refused nothing is looked up, so that the answer's time does not tell whether there is any.
        for licence in licences.held_of(own, [wanted.pk]) if own else ():
            named = replace(ask, text=licence.identifier, holder_number="")
            shown = case_of(named, item, department=question.asker.department)
            asked = type_question(question, item, wanted, shown, needed=wanted.pk in needed)
            permitted += [licence] if shown.presented and decide(asked).permitted else []
    if refusals and not permitted and len(refusals) == len(types):
        raise AccessRefused(refusals[0])
    return permitted, relied


def _own_case(ask: Ask, item: "Item", case: Case, department: str) -> UUID | None:
    """Return the holder searched for where the case is an application of theirs; nobody otherwise."""
    holder = case_of(replace(ask, holder_number=""), item, department=department).holder
    return holder if holder is not None and holder == case.holder else None


def _subject(ask: Ask, index: bytes | None) -> Subject:
    """Return the holder searched for, as the record names them; nobody where none is known."""
    types = registry.types_named(ask.licence_type)
    holder = licences.holder_with(index) if index else None
    code = types[0].code if len(types) == 1 else ""
    return Subject("holder", str(holder) if holder else "", code)


def _look(search: Act, ask: Ask, licence: "Licence", verification: Verification) -> Act:
    return replace(
        search,
        action=FOUND,
        subject=subject_of(licence),
        outcome=verification.outcome.label,
        reason=verification.grounds.code,
        personal={},
        told={} if ask.case.strip() else UNNAMED,
    )


def _typed(ask: Ask) -> dict[str, str]:
    return {"number": ask.holder_number[:200]}


def _refusal(refused: Refused, ask: Ask, standing: Standing, subject: Subject) -> Refused:
    act = Act(
        action=ACTION,
        actor=standing.actor,
        subject=subject,
        outcome="refused",
        reason=refused.grounds.code,
        why=why_of(ask),
        personal=_typed(ask),
        told=UNNAMED,
    )
    with transaction.atomic():
        (entry,) = record_all([act])
    refused.entry = str(entry)
    return refused
