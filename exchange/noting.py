"""The entries of a look by number: what the answer said, and whose licence was meant where the answer did not say.

Holders see every look at their licences, refused ones too; who asked learns from no entry or receipt what the answer
kept back. So an entry names the one licence that a number meant also where the answer did not, and its leaf only
commits to that. Where several bear the number, an entry for each, `considered`, stands beside that of the answer.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import Act, Subject, Why, record_all
from exchange.asking import Ask, Standing
from foundation.clock import now
from foundation.reasons import Refused
from licences import queries as licences
from licences.subjects import Identified, subject_of

if TYPE_CHECKING:
    from licences.models import Licence

CONSIDERED = "considered"
UNNAMED = {"subject": ""}
"""What an answer says that names no licence."""


def why_of(ask: Ask) -> Why:
    """Return the grounds of an access as the record keeps them."""
    return Why(ask.item[:40], ask.purpose[:200], ask.case[:80])


def typed(ask: Ask) -> dict[str, str]:
    """Return what was typed as a number, which may be anything."""
    return {"number": ask.text[:200]}


def meant(found: Sequence[Identified], asked: Subject) -> Subject:
    """Return what an entry names that the answer did not: the licence that the number means, if it is one.

    Its type stays the one asked for, which the leaf says.
    """
    return replace(asked, identifier=found[0].identifier) if len(found) == 1 else asked


def note_considered(entry: UUID, found: "Sequence[Licence]", act: Act) -> None:
    """Write an entry for each licence that a number meant among several, beside that of the answer, `act`."""
    if not 1 < len(found) <= licences.BEARING_AT_MOST:
        return
    beside = replace(act, action=CONSIDERED, fields=[str(entry)], told={})
    record_all([replace(beside, subject=subject_of(licence)) for licence in found])


def note_refusal(
    refused: Refused, *, action: str, ask: Ask, asked: Subject, standing: Standing, at: dt.datetime | None
) -> Refused:
    """Record a refused look by number, with the licence that it meant, and return the refusal with its entry named."""
    # Looked up however the refusal came about, so that its time does not tell whether the number exists.
    found = licences.bearing(ask.text)
    act = Act(
        action=action,
        actor=standing.actor,
        subject=meant(found, asked),
        outcome="refused",
        reason=refused.grounds.code,
        why=why_of(ask),
        personal=typed(ask),
        at=at or now(),
        told=UNNAMED,
    )
    with transaction.atomic():
        (entry,) = record_all([act])
        note_considered(entry, found, act)
    refused.entry = str(entry)
    return refused
