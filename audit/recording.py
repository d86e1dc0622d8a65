"""Writing the record: one entry in the transaction of what it records; no entry, no access."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from audit.errors import RecordUnavailable
from audit.leaf import commitment, leaf_bytes, new_salt
from audit.models import Entry, Pending, Personal
from foundation.clock import now
from foundation.context import Actor, current_request
from foundation.ids import new_id
from foundation.reasons import Refused


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry speaks of: its kind (licence, application, item, person, …) and its identifier."""

    kind: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """The ground an actor gives for an access: the item's code, the purpose, the case."""

    item: str = ""
    purpose: str = ""
    case: str = ""


def record(
    *,
    action: str,
    actor: Actor,
    subject: Subject,
    outcome: str,
    reason: str = "",
    why: Why = Why(),
    fields: Iterable[str] = (),
    personal: Mapping[str, str] | None = None,
    at: dt.datetime | None = None,
) -> UUID:
    """Write one entry into the caller's transaction and return its id.

    `personal` values (names, numbers, addresses) enter the leaf only as salted commitments. Raises
    `RecordUnavailable` where the entry cannot be written: then the access must fail too.
    """
    if not connection.in_atomic_block:
        raise RecordUnavailable("an entry belongs into the transaction of what it records")
    request, entry_id, at = current_request(), new_id(), at or now()
    subject, why = Subject(subject.kind, _storable(subject.identifier)), Why(*map(_storable, astuple(why)))
    values = {
        "action": action,
        "actor_person": actor.person and str(actor.person),
        "actor_client": actor.client and str(actor.client),
        "actor_department": actor.department,
        "actor_role": actor.role,
        "subject_kind": subject.kind,
        "subject": subject.identifier,
        "item": why.item,
        "purpose": why.purpose,
        "case": why.case,
        "outcome": outcome,
        "reason": reason,
        "fields": list(fields),
        "request_id": request.request_id,
    }
    known = {"actor": actor.name, "address": request.address} | dict(personal or {})
    secrets = [
        Personal(entry=entry_id, name=name, value=_storable(value), salt=new_salt())
        for name, value in known.items()
        if value
    ]
    commitments = {p.name: commitment(salt=bytes(p.salt), name=p.name, value=p.value) for p in secrets}
    leaf = leaf_bytes(at=at, values={"id": str(entry_id), **values}, commitments=commitments)
    try:
        with transaction.atomic():
            Entry.objects.create(id=entry_id, at=at, leaf=leaf, **values)
            Personal.objects.bulk_create(secrets)
            Pending.objects.create(entry=entry_id)
    except DatabaseError as error:
        raise RecordUnavailable(str(error)) from error
    return entry_id


def _storable(text: str) -> str:
    # PostgreSQL's texts hold no NUL; what was asked must be recorded all the same.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def record_refusal(
    refused: Refused, *, action: str, actor: Actor, subject: Subject, why: Why = Why(), true_reason: str = ""
) -> Refused:
    """Record a refusal in a transaction of its own (that of the act is gone) and return it with its entry named."""
    with transaction.atomic():
        entry = record(
            action=action,
            actor=actor,
            subject=subject,
            outcome="refused",
            reason=true_reason or refused.grounds.code,
            why=why,
        )
    refused.entry = str(entry)
    return refused
