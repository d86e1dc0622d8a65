"""Histories of the record for tests of what reads it: entries written at will, and their places in the tree."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from audit.models import Sequenced
from audit.recording import Subject, Why, record
from audit.sequencing import sequence_batch
from foundation.context import Actor
from foundation.ids import new_id

HOUR = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)  # ten in the morning of a Tuesday, in law
CLERK = Actor(person=new_id(), department="O", role="clerk", name="李经办")


def entry(
    action: str = "verify",
    outcome: str = "valid",
    *,
    actor: Actor = CLERK,
    subject: str = "1",
    licence_type: str = "",
    case: str = "O2-1",
    item: str = "O2",
    purpose: str = "规划许可",
    reason: str = "",
    number: str = "",
    at: dt.datetime = HOUR,
) -> UUID:
    """Write one entry, a look by a clerk unless something else is said."""
    with transaction.atomic():
        return record(
            action=action,
            actor=actor,
            subject=Subject("licence", subject, licence_type),
            outcome=outcome,
            reason=reason,
            why=Why(item, purpose, case),
            personal={"number": number},
            at=at,
        )


def sequence() -> int:
    """Give the waiting entries their places in the tree, as the sequencer does; return how many."""
    done = 0
    while placed := sequence_batch():
        done += placed
    return done


def place(entries: Iterable[UUID]) -> None:
    """Give these entries the first places of the tree, in an order that no sequencer would."""
    Sequenced.objects.bulk_create(
        Sequenced(index=index, entry=key, leaf_hash=hashlib.sha256(key.bytes).digest())
        for index, key in enumerate(entries)
    )
