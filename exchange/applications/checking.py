"""Verifying what an application names for its needs, and which needs are met."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from exchange.asking import Ask, Standing
from exchange.causes import DISPROVED
from exchange.errors import AccessRefused
from exchange.models import Application, Authorisation, PaperFallback, Reference
from exchange.procedure import Way
from exchange.verifying import verify_number
from foundation.reasons import Grounds
from licences.holders import holder_by_index
from licences.outcomes import Outcome
from registry import queries as registry
from registry.lineage import lineage

if TYPE_CHECKING:
    from registry.queries import NeedGroup

VALID = Outcome.VALID.label
_ON_PAPER = (Way.PAPER, Way.PAPER_CHECKED)


def verify_all(application: Application, standing: Standing, at: dt.datetime) -> list[Reference]:
    """Verify every reference that has a number for the case, keep what was found with each, and return all of them."""
    groups = {group.number: group for group in registry.need_groups(application.item)}
    references = list(application.references.select_related("licence"))
    for reference in references:
        if reference.number or reference.licence:
            verify_one(application, reference, groups.get(reference.need_group), standing, at)
    return references


def verify_one(
    application: Application, reference: Reference, group: "NeedGroup | None", standing: Standing, at: dt.datetime
) -> None:
    """Verify one reference for the case, and keep with it what was found and which entry says so."""
    ask = Ask(
        text=reference.licence.identifier if reference.licence else reference.number,
        item=application.item.code,
        purpose=application.item.name_zh,
        case=application.number,
    )
    try:
        answer = verify_number(ask, standing=standing, at=at, only=group.types if group else ())
        found = answer.verification
        outcome, grounds, entry = found.outcome.label, found.grounds, answer.entry
        if found.outcome is Outcome.VALID:
            reference.licence = found.licence
            reference.authorisation = _relied_on(reference, standing, at)
            reference.way = _way(reference)
    except AccessRefused as refused:
        outcome, grounds, entry = "refused", refused.grounds, UUID(refused.entry)
    _keep(reference, outcome, grounds, at, entry)


def _keep(reference: Reference, outcome: str, grounds: Grounds, at: dt.datetime, entry: UUID) -> None:
    reference.outcome, reference.reason = outcome, grounds.code
    reference.explanation_zh, reference.explanation_en = grounds.zh, grounds.en
    reference.verified_at, reference.entry = at, entry
    reference.save(
        update_fields=[
            "outcome", "reason", "explanation_zh", "explanation_en", "verified_at", "entry", "licence",
            "authorisation", "way",
        ]
    )  # fmt: skip


def _way(reference: Reference) -> Way:
    """Return in which way a reference that holds meets its need: what was shown on paper stays so."""
    if reference.way in _ON_PAPER:
        return Way.PAPER_CHECKED
    return Way.AUTHORISATION if reference.authorisation_id else Way.REFERENCE


def _relied_on(reference: Reference, standing: Standing, at: dt.datetime) -> Authorisation | None:
    """Return the authorisation of the other holder whose licence it is, where there is one in force."""
    holder = holder_by_index(bytes(reference.other_holder)) if reference.other_holder else None
    if holder is None or reference.licence is None:
        return None
    in_force = Authorisation.objects.filter(
        Q(until__isnull=True) | Q(until__gt=at),
        holder=holder,
        licence_type__name_zh__in=lineage("licence_type", reference.licence.licence_type.name_zh),
        department__code__in=lineage("department", standing.asker.department),
        revoked_at__isnull=True,
        since__lte=at,
    )
    return in_force.order_by("-since").first()


def unmet_needs(application: Application, references: Iterable[Reference]) -> "list[NeedGroup]":
    """Return the item's needs, as they are now, that neither a valid licence nor paper that a clerk saw meets."""
    references = list(references)
    valid = [r.licence for r in references if r.outcome == VALID and r.licence]
    shown = {licence.licence_type_id for licence in valid}
    seen = _seen_on_paper(application, references)
    groups = registry.need_groups(application.item)
    return [g for g in groups if g.number not in seen and shown.isdisjoint(t.pk for t in g.types)]


def _seen_on_paper(application: Application, references: Sequence[Reference]) -> set[int]:
    # What data say does not hold is met by no paper.
    disproved = {r.need_group for r in references if r.outcome in DISPROVED}
    noted = PaperFallback.objects.filter(application=application).values_list("need_group", flat=True)
    return set(noted) - disproved
