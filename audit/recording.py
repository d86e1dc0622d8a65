"""Writing the record: one entry in the transaction of what it records; no entry, no access."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from audit.errors import RecordUnavailable
from audit.inserting import Row, insert_all
from audit.leaf import Committed, commitment, leaf_bytes, new_salt
from audit.models import Entry, Pending, Personal
from audit.personal import seal_values
from audit.tiles import LONGEST_ENTRY
from foundation.clock import now
from foundation.context import Actor, RequestContext, current_request
from foundation.ids import new_id
from foundation.reasons import Refused


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry speaks of: its kind (licence, application, item, person, …) and its identifier.

    `licence_type` is the code of the licence type that it is of, or that was asked for; nothing where there is none.
    """

    kind: str
    identifier: str = ""
    licence_type: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """The ground an actor gives for an access: the item's code, the purpose, the case."""

    item: str = ""
    purpose: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What one entry says. `personal` values (names, numbers, addresses) enter the leaf only as salted commitments."""

    action: str
    actor: Actor
    subject: Subject
    outcome: str
    reason: str = ""
    why: Why = Why()
    fields: Sequence[str] = ()
    personal: Mapping[str, str] = field(default_factory=dict)
    at: dt.datetime | None = None


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

    Raises `RecordUnavailable` where the entry cannot be written: then the access must fail too.
    """
    act = Act(action, actor, subject, outcome, reason, why, tuple(fields), personal or {}, at)
    return record_all([act])[0]


def record_all(acts: Sequence[Act]) -> list[UUID]:
    """Write an entry for each act into the caller's transaction, in their order; return the ids.

    Raises `RecordUnavailable` where they cannot be written: then none is, and the accesses must fail too.
    """
    if not connection.in_atomic_block:
        raise RecordUnavailable("an entry belongs into the transaction of what it records")
    request = current_request()
    written = [_entry(act, request) for act in acts]
    ids = [entry["id"] for entry, _ in written]
    try:
        with transaction.atomic():
            insert_all(Entry, [entry for entry, _ in written])
            insert_all(Personal, [personal for _, personal in written if personal])
            insert_all(Pending, [{"entry": entry} for entry in ids])
    except DatabaseError as error:
        raise RecordUnavailable(str(error)) from error
    request.entries.extend(ids)
    return ids


def _entry(act: Act, request: RequestContext) -> tuple[Row, Row | None]:
    """Return the entry, and the personal values behind its commitments if there are any, as rows."""
    entry_id, at, actor, why = new_id(), act.at or now(), act.actor, act.why
    values: dict[str, Any] = {
        "action": act.action,
        "actor_person": actor.person and str(actor.person),
        "actor_client": actor.client and str(actor.client),
        "actor_department": actor.department,
        "actor_role": actor.role,
        "subject_kind": act.subject.kind,
        "subject": _storable(act.subject.identifier),
        "licence_type": act.subject.licence_type,
        "item": _storable(why.item),
        "purpose": _storable(why.purpose),
        "case": _storable(why.case),
        "outcome": act.outcome,
        "reason": act.reason,
        "fields": list(act.fields),
        "request_id": request.request_id,
    }
    personal = {name: Committed(new_salt(), _storable(v)) for name, v in _personal(act, request).items() if v}
    commitments = {name: commitment(salt=c.salt, name=name, value=c.value) for name, c in personal.items()}
    leaf = leaf_bytes(at=at, values={"id": str(entry_id), **values}, commitments=commitments)
    if len(leaf) > LONGEST_ENTRY:
        raise RecordUnavailable(f"a leaf of {len(leaf)} bytes fits into no bundle of entries")
    sealed = {"entry": entry_id, "values_sealed": seal_values(entry_id, personal)} if personal else None
    return {"id": entry_id, "at": at, "leaf": leaf, **values}, sealed


def _personal(act: Act, request: RequestContext) -> Mapping[str, str]:
    return {"actor": act.actor.name, "address": request.address, **act.personal}


def _storable(text: str) -> str:
    # PostgreSQL's texts hold no NUL; what was asked must be recorded all the same.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def record_refusal(
    refused: Refused,
    *,
    action: str,
    actor: Actor,
    subject: Subject,
    why: Why = Why(),
    true_reason: str = "",
    personal: Mapping[str, str] | None = None,
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
            personal=personal,
        )
    refused.entry = str(entry)
    return refused
