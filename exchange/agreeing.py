"""Taking in agreements that were concluded elsewhere: in force without the procedure of `exchange.agreements`."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from audit.recording import Subject, Why, record
from exchange.models import Agreement
from foundation.context import Actor

if TYPE_CHECKING:
    from registry.models import Department, Item, LicenceType


@transaction.atomic
def conclude_agreement(
    *,
    reference: str,
    department: "Department",
    item: "Item",
    licence_type: "LicenceType",
    fields: Sequence[str],
    since: dt.datetime,
    until: dt.datetime | None,
    actor: Actor,
    purpose: str = "",
) -> Agreement:
    """Take in an agreement that both sides signed on paper; it takes effect at `since` and ends at `until`."""
    agreement = Agreement.objects.create(
        reference=reference,
        department=department,
        item=item,
        licence_type=licence_type,
        purpose=purpose,
        fields=list(fields),
        since=since,
        until=until,
    )
    record(
        action="conclude_agreement",
        actor=actor,
        subject=Subject("agreement", reference, licence_type.code),
        outcome="done",
        why=Why(item.code, purpose),
        fields=fields,
    )
    return agreement
