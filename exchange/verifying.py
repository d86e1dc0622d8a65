"""Verifying a licence by number for an item: decided, looked up, checked and recorded in one transaction."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db import transaction

from audit.recording import Act, record_all
from exchange.access import Decision, Question, decide
from exchange.agreements import quotas
from exchange.asking import Ask, Standing, item_question, wait_of
from exchange.authorising.uses import rely_on
from exchange.cases import Case, case_of
from exchange.errors import AccessRefused
from exchange.noting import UNNAMED, meant, note_considered, note_refusal, typed, why_of
from exchange.rights import type_question
from exchange.successors import successor_for
from exchange.wanted import wanted_subject
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from licences.numbering import Identifier, parse_identifier
from licences.subjects import subject_of
from licences.verification import Verification, verify_found
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item, LicenceType

ACTION = "verify"
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be told: the outcome with its grounds, and which entry of the record holds this access.

    `successor` is the version that took the licence's place, where the asker may know of it.
    """

    verification: Verification
    entry: UUID
    at: dt.datetime
    successor: "Licence | None" = None


def verify_number(
    ask: Ask, *, standing: Standing, at: dt.datetime | None = None, only: "Sequence[LicenceType]" = ()
) -> Answer:
    """Answer one number, or raise `AccessRefused`; either way the record has its entry before this returns.

    `only` narrows the search to some of the needed types (those of one need, for a reference that is to meet it).
    """
    at = at or now()
    try:
        search = search_of(ask, only)
        retry_after = wait_of(standing, search.wanted)
        with transaction.atomic():
            return _verify(ask, standing, at, search, retry_after)
    except Refused as refused:
        asked = wanted_subject(ask, only)
        raise note_refusal(refused, action=ACTION, ask=ask, asked=asked, standing=standing, at=at) from None


@dataclass(frozen=True, slots=True)
class Search:
    """The item, the types that it needs, and those in which a number is to be looked for, if they are permitted."""

    item: "Item | None"
    needed: "Mapping[UUID, LicenceType]"
    only: "Sequence[LicenceType]"
    wanted: "Sequence[LicenceType]"


def search_of(ask: Ask, only: "Sequence[LicenceType]") -> Search:
    """Return where a number is to be looked for, before anything is decided."""
    item = registry.item_by_code(ask.item)
    groups = registry.need_groups(item) if item else []
    needed = {t.pk: t for group in groups for t in group.types}
    wanted = registry.types_named(ask.licence_type) if ask.licence_type else list(only or needed.values())
    return Search(item, needed, only, wanted)


def _verify(ask: Ask, standing: Standing, at: dt.datetime, search: Search, retry_after: int) -> Answer:
    item = search.item
    question = item_question(ask, standing, item, at, disclose=False, retry_after=retry_after)
    judged = decide(question)
    if item is None or not judged.permitted:
        raise AccessRefused(judged.grounds)
    case = case_of(ask, item, department=standing.asker.department)
    searched, refused = searched_types(ask, question, item, case, search)
    types = [wanted for wanted, _ in searched.values()]
    found = _found(ask, types, case)
    if not found:
        _check_quotas(refused)
    quotas.take({r for licence in found for r in searched[licence.licence_type_id][1].takes}, at=at)
    collected = bool(found) or not types or any(licences.is_collected(t) for t in types)
    verification = verify_found(found, at=at, is_holder=case.is_about, collected=collected)
    successor = successor_for(verification, question, item, case)
    # Looked up whenever nothing was found, so that the answer's time does not tell what the answer hides.
    named = found or licences.bearing(ask.text)
    act = Act(
        action=ACTION,
        actor=standing.actor,
        subject=subject_of(verification.licence)
        if verification.licence
        else meant(named, wanted_subject(ask, search.only)),
        outcome=verification.outcome.label,
        reason=verification.grounds.code
        if found
        else true_reason(verification.grounds, [licence.licence_type_id for licence in named], refused),
        why=why_of(ask),
        fields=["successor"] if successor else (),
        personal=typed(ask),
        at=at,
        told=told_of(verification.grounds, ask, named=verification.licence is not None),
    )
    (entry,) = record_all([act])
    note_considered(entry, named, act)
    _rely_on(verification, searched, ask, entry, at)
    return Answer(verification, entry, at, successor)


def _rely_on(
    verification: Verification,
    searched: "Mapping[UUID, tuple[LicenceType, Decision]]",
    ask: Ask,
    entry: UUID,
    at: dt.datetime,
) -> None:
    """Note the authorisation relied on; where nothing was found, one that is named must hold all the same."""
    licence = verification.licence
    authorisation = (licence and searched[licence.licence_type_id][1].authorisation) or ask.authorisation
    if authorisation:
        rely_on(authorisation, ask=ask, entry=entry if licence else None, at=at, uses_up=False)


def _found(ask: Ask, types: "Sequence[LicenceType]", case: Case) -> "list[Licence]":
    """Return what the number names; where it has passed to another holder, the last version of the one asked about."""
    permitted = {t.pk for t in types}
    found = licences.find_licences(ask.text, permitted)
    if len(found) != 1 or case.is_about(found[0]) or isinstance(parse_identifier(ask.text), Identifier):
        return found
    held = licences.last_held(found[0], case.is_about)
    return [held] if held and held.licence_type_id in permitted else found


def _check_quotas(refused: Mapping[UUID, Grounds]) -> None:
    """Raise where a type was not searched for its quota alone: that nothing was found then says little."""
    for grounds in refused.values():
        if grounds.code in ("daily_quota_used", "total_quota_used"):
            raise AccessRefused(grounds)


def true_reason(answered: Grounds, types: Sequence[K], refused: Mapping[K, Grounds]) -> str:
    """Return why nothing was found in truth: what bears the number may be of `types` that were not to be searched."""
    hidden = next((refused[t].code for t in types if t in refused), "outside_needs")
    return hidden if types else answered.code


def told_of(answered: Grounds, ask: Ask, *, named: bool) -> dict[str, str]:
    """Return what the answer says of licence and reason where the record knows more; without a case no identifier."""
    if named:
        return {} if ask.case.strip() else {**UNNAMED}
    return {**UNNAMED, "reason": answered.code}


def searched_types(
    ask: Ask, question: Question, item: "Item", case: Case, search: Search
) -> tuple[dict[UUID, tuple["LicenceType", Decision]], dict[UUID, Grounds]]:
    """Return the types that may be searched, named or needed, each by a decision of its own; and those refused."""
    if ask.licence_type and not search.wanted:
        raise AccessRefused(because("type_unknown", type=ask.licence_type))
    permitted: dict[UUID, tuple[LicenceType, Decision]] = {}
    refused: dict[UUID, Grounds] = {}
    for wanted_type in search.wanted:
        asked = type_question(question, item, wanted_type, case, needed=wanted_type.pk in search.needed)
        decision = decide(asked)
        if decision.permitted:
            permitted[wanted_type.pk] = wanted_type, decision
        else:
            refused[wanted_type.pk] = decision.grounds
    if refused and not permitted:
        raise AccessRefused(next(iter(refused.values())))
    return permitted, refused
