"""Disclosing a licence's fields for a case: only those that the decision permits, recorded by name."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from audit.recording import record, record_refusal
from exchange.access import Decision, decide
from exchange.agreements import quotas
from exchange.asking import Ask, Standing, item_question, wait_of
from exchange.authorising.uses import rely_on
from exchange.cases import Case, case_of
from exchange.errors import AccessRefused, LicenceNotFound, WholeNotPermitted
from exchange.noting import typed, why_of
from exchange.rights import type_question
from exchange.successors import successor_for
from exchange.wanted import wanted_subject
from foundation.clock import now
from foundation.reasons import Refused
from licences import queries as licences
from licences.fields import FIELDS, field_name
from licences.numbering import Identifier, parse_identifier
from licences.outcomes import Outcome
from licences.subjects import subject_of
from licences.verification import Verification, verify_found
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles

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


def disclose(ask: Ask, *, standing: Standing, at: dt.datetime | None = None, whole: bool = False) -> Disclosure:
    """Return the fields of the licence whose identifier is `ask.text`; refusals are recorded before they are raised.

    `whole` asks for all that the licence says, as a document shows it: `WholeNotPermitted` where some may not be seen.
    """
    at = at or now()
    try:
        item = registry.item_by_code(ask.item)
        # The type is read from the identifier itself, so that a refusal does not tell whether the licence exists.
        wanted = _needed_type(ask.text, item) if item else None
        retry_after = wait_of(standing, [wanted] if wanted else [])
        with transaction.atomic():
            return _disclose(ask, standing, at, item=item, wanted=wanted, retry_after=retry_after, whole=whole)
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
    whole: bool,
) -> Disclosure:
    question = item_question(ask, standing, item, at, disclose=True, retry_after=retry_after)
    judged = decide(question)
    if item is None or not judged.permitted:
        raise AccessRefused(judged.grounds)
    if wanted is None:
        raise _Hidden(_why_hidden(ask.text))
    case = case_of(ask, item, department=standing.asker.department)
    decision = decide(type_question(question, item, wanted, case, needed=True))
    if not decision.permitted:
        raise AccessRefused(decision.grounds)
    licence, verification = _verified(ask, wanted, case, at)
    quotas.take(decision.takes, at=at)
    claims = verification.claims or {}
    shown = {field: claims[field] for field in decision.fields if field in claims}
    if whole:
        _check_whole(licence, claims, shown)
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
    authorisation = decision.authorisation or ask.authorisation
    if authorisation:
        rely_on(authorisation, ask=ask, entry=entry, at=at, uses_up=bool(shown))
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


def _check_whole(licence: "Licence", claims: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    titles = field_titles(form_of(licence.licence_type, licence.issued_at))
    said = {*FIELDS, *titles}
    hidden = [titles.get(name) or field_name(name) for name in claims if name in said and name not in shown]
    if hidden:
        raise WholeNotPermitted(hidden)
