"""Disclosing a licence's fields for a case: only those that the decision permits, recorded by name."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from audit.recording import record, record_refusal
from exchange.access import Decision, decide
from exchange.asking import Ask, Standing, item_question, wait_of
from exchange.cases import Case, case_of
from exchange.errors import AccessRefused, LicenceNotFound
from exchange.noting import typed, why_of
from exchange.rights import type_question
from exchange.successors import successor_for
from exchange.wanted import wanted_subject
from foundation.clock import now
from foundation.reasons import Refused
from licences import queries as licences
from licences.numbering import Identifier, parse_identifier
from licences.outcomes import Outcome
from licences.subjects import subject_of
from licences.verification import Verification, verify_found
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item, LicenceType

ACTION = "disclose"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The permitted fields of a licence with its verification; no fields where the signature does not hold.

    `successor` is the version that took its place, where the asker may know of it.
    """

    verification: Verification
    fields: dict[str, Any]
    decision: Decision
    entry: UUID
    at: dt.datetime
    successor: "Licence | None" = None


class _Hidden(LicenceNotFound):
    """Answers like an absent licence; the record keeps the true reason."""

    def __init__(self, true_reason: str) -> None:
        super().__init__()
        self.true_reason = true_reason


def disclose(ask: Ask, *, standing: Standing, at: dt.datetime | None = None) -> Disclosure:
    """Return the fields of the licence whose identifier is `ask.text`; refusals are recorded before they are raised."""
    at = at or now()
    try:
        item = registry.item_by_code(ask.item)
        # The type is read from the identifier itself, so that a refusal does not tell whether the licence exists.
        wanted = _needed_type(ask.text, item) if item else None
        retry_after = wait_of(standing, [wanted] if wanted else [])
        with transaction.atomic():
            return _disclose(ask, standing, at, item=item, wanted=wanted, retry_after=retry_after)
    except Refused as refused:
        raise record_refusal(
            refused,
            action=ACTION,
            actor=standing.actor,
            subject=wanted_subject(ask, identifier=True),
            why=why_of(ask),
            personal=typed(ask),
            true_reason=getattr(refused, "true_reason", ""),
        ) from None


def _disclose(
    ask: Ask,
    standing: Standing,
    at: dt.datetime,
    *,
    item: "Item | None",
    wanted: "LicenceType | None",
    retry_after: int,
) -> Disclosure:
    question = item_question(ask, standing, item, at, disclose=True, retry_after=retry_after)
    judged = decide(question)
    if item is None or not judged.permitted:
        raise AccessRefused(judged.grounds)
    if wanted is None:
        raise _Hidden(_why_hidden(ask.text))
    case = case_of(ask, item)
    decision = decide(type_question(question, item, wanted, case, needed=True))
    if not decision.permitted:
        raise AccessRefused(decision.grounds)
    licence, verification = _verified(ask, wanted, case, at)
    claims = verification.claims or {}
    shown = {field: claims[field] for field in decision.fields if field in claims}
    successor = successor_for(verification, question, item, case)
    entry = record(
        action=ACTION,
        actor=standing.actor,
        subject=subject_of(licence),
        outcome=verification.outcome.label,
        reason=verification.grounds.code,
        why=why_of(ask),
        fields=sorted(shown) + (["successor"] if successor else []),
        at=at,
    )
    return Disclosure(verification, shown, decision, entry, at, successor)


def _needed_type(identifier: str, item: "Item") -> "LicenceType | None":
    parsed = parse_identifier(identifier)
    if not isinstance(parsed, Identifier):
        return None
    needed = (t for group in registry.need_groups(item) for t in group.types)
    return next((t for t in needed if t.code == parsed.type_code), None)


def _why_hidden(identifier: str) -> str:
    exists = isinstance(parse_identifier(identifier), Identifier) and licences.types_of(identifier)
    return "outside_needs" if exists else "not_found"


def _verified(ask: Ask, wanted: "LicenceType", case: Case, at: dt.datetime) -> "tuple[Licence, Verification]":
    found = licences.find_licences(ask.text, [wanted.pk])
    if not found:
        raise _Hidden("not_found")
    verification = verify_found(found, at=at, is_holder=case.is_about)
    if verification.outcome is Outcome.MISMATCH:
        raise _Hidden("holder_mismatch")
    return found[0], verification
