"""Verifying a licence by number for an item: decided, looked up, checked and recorded in one transaction."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import Subject, Why, record, record_refusal
from exchange.access import Question, decide
from exchange.asking import Ask, Standing, item_question, type_question
from exchange.errors import AccessRefused
from exchange.models import Application, Reference
from exchange.procedure import State
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from licences.numbering import number_key
from licences.outcomes import Outcome
from licences.verification import Verification, verify_found
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item, LicenceType

ACTION = "verify"


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be told: the outcome with its grounds, and which entry of the record holds this access."""

    verification: Verification
    entry: UUID
    at: dt.datetime


def why_of(ask: Ask) -> Why:
    """Return the grounds of an access as the record keeps them."""
    return Why(ask.item[:40], ask.purpose[:200], ask.case[:80])


def verify_number(
    ask: Ask, *, standing: Standing, at: dt.datetime | None = None, only: "Sequence[LicenceType]" = ()
) -> Answer:
    """Answer one number, or raise `AccessRefused`; either way the record has its entry before this returns.

    `only` narrows the search to some of the needed types (those of one need, for a reference that is to meet it).
    """
    at = at or now()
    try:
        with transaction.atomic():
            return _verify(ask, standing, at, only)
    except Refused as refused:
        raise record_refusal(
            refused, action=ACTION, actor=standing.actor, subject=Subject("licence"), why=why_of(ask)
        ) from None


def _verify(ask: Ask, standing: Standing, at: dt.datetime, only: "Sequence[LicenceType]") -> Answer:
    item = registry.item_by_code(ask.item)
    question = item_question(ask, standing, item, at, disclose=False)
    judged = decide(question)
    if item is None or not judged.permitted:
        raise AccessRefused(judged.grounds)
    application, reference = case_of(ask, item)
    types, refused = _searched_types(
        ask, question, item, application=application, presented=reference is not None, only=only
    )
    found = licences.find_licences(ask.text, [t.pk for t in types])
    verification = verify_found(found, at=at, is_holder=holder_test(ask, application, reference))
    entry = record(
        action=ACTION,
        actor=standing.actor,
        subject=Subject("licence", found[0].identifier if len(found) == 1 else ""),
        outcome=verification.outcome.label,
        reason=_true_reason(ask, verification, refused),
        why=why_of(ask),
        personal={"number": ask.text[:200]},
        at=at,
    )
    return Answer(verification, entry, at)


def _true_reason(ask: Ask, verification: Verification, refused: Mapping[UUID, Grounds]) -> str:
    if verification.outcome is not Outcome.NOT_FOUND:
        return verification.grounds.code
    # Looked up whenever nothing was found, so that the answer's time does not tell what the answer hides.
    types = licences.types_of(ask.text)
    hidden = next((refused[t].code for t in types if t in refused), "outside_needs")
    return hidden if types else verification.grounds.code


def case_of(ask: Ask, item: "Item") -> tuple[Application | None, Reference | None]:
    """Return the application that the case names, if it is ours and for this item, and its reference to the number."""
    application = Application.objects.filter(number=ask.case, item=item).select_related("holder").first()
    if application is None or application.state != State.SUBMITTED:
        # A decided case still names its holder, but what was presented for it gives no right any more.
        return application, None
    key = number_key(ask.text)
    references = application.references.select_related("licence")
    named = (r for r in references if r.number_key == key or (r.licence and number_key(r.licence.identifier) == key))
    return application, next(named, None)


def holder_test(
    ask: Ask, application: Application | None, reference: Reference | None
) -> Callable[["Licence"], bool] | None:
    """Return the test of the holder named, or else of the case's; None where neither is known."""
    if ask.holder_number:
        return lambda licence: licences.is_held_by_number(licence, ask.holder_number)
    if reference and reference.other_holder:
        index = bytes(reference.other_holder)
        return lambda licence: licences.is_held_by_index(licence, index)
    if application:
        holder = application.holder_id
        return lambda licence: licences.is_held_by(licence, holder)
    return None


def _searched_types(
    ask: Ask,
    question: Question,
    item: "Item",
    *,
    application: Application | None,
    presented: bool,
    only: "Sequence[LicenceType]",
) -> tuple[list["LicenceType"], dict[UUID, Grounds]]:
    """Return the types that may be searched, named or needed, each by a decision of its own; and those refused."""
    needed = {t.pk: t for group in registry.need_groups(item) for t in group.types}
    wanted = list(only or needed.values())
    if ask.licence_type:
        wanted = registry.types_named(ask.licence_type)
        if not wanted:
            raise AccessRefused(because("type_unknown", type=ask.licence_type))
    permitted: list[LicenceType] = []
    refused: dict[UUID, Grounds] = {}
    for wanted_type in wanted:
        decision = decide(
            type_question(
                question,
                item,
                wanted_type,
                needed=wanted_type.pk in needed,
                presented=presented,
                application=application,
            )
        )
        if decision.permitted:
            permitted.append(wanted_type)
        else:
            refused[wanted_type.pk] = decision.grounds
    if refused and not permitted:
        raise AccessRefused(next(iter(refused.values())))
    return permitted, refused
