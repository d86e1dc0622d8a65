"""Entries of other months, written through the real act at another time."""

import datetime as dt
from collections.abc import Mapping
from unittest.mock import patch
from uuid import UUID

from django.db import transaction

from audit import recording
from audit.models import Entry
from audit.partitioning import Month
from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id

NOW = Month.of(now().astimezone(dt.UTC).date())
OLD = [NOW.plus(-40), NOW.plus(-38)]


def key_of(at: dt.datetime) -> UUID:
    """Return a UUIDv7 of a time."""
    rest = new_id().int & ((1 << 80) - 1)
    return UUID(int=int(at.timestamp() * 1000) << 80 | rest)


def written_in(month: Month, subject: str, *, personal: Mapping[str, str] | None = None) -> Entry:
    """Write an entry as one that was written in the middle of a month; the present one now."""
    middle = dt.datetime.combine(month.first, dt.time(12), dt.UTC) + dt.timedelta(days=14)
    at = now() if month == NOW else middle
    with patch.object(recording, "new_id", lambda: key_of(at)), transaction.atomic():
        key = record(
            action="verify",
            actor=Actor(department="O", name="李经办"),
            subject=Subject("licence", subject),
            outcome="valid",
            personal=personal,
            at=at,
        )
    return Entry.objects.get(pk=key)
