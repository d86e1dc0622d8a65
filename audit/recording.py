"""Writing the record: one entry in the transaction of what it records; no entry, no access."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

NOTHING = "-"
"""What a leaf commits to where the record knows no more of a column than the answer told."""


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
    """What one entry says. `personal` values (names, numbers, addresses) enter the leaf only as salted commitments.

    `told` names columns (`subject`, `reason`) of which the answer said less than the record knows, with what it said:
    the leaf says that and commits to the truth, so that a receipt tells whoever asked no more than the answer did.
    """

    action: str
    actor: Actor
    subject: Subject
    outcome: str
    reason: str = ""
    why: Why = Why()
    fields: Sequence[str] = ()
    personal: Mapping[str, str] = field(default_factory=dict)
    at: dt.datetime | None = None
    told: Mapping[str, str] = field(default_factory=dict)


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
    told: Mapping[str, str] | None = None,
) -> UUID:
    """Write one entry, as `Act` describes it, into the caller's transaction and return its id.

    Raises `RecordUnavailable` where the entry cannot be written: then the access must fail too.
    """
    act = Act(action, actor, subject, outcome, reason, why, tuple(fields), personal or {}, at, told or {})
    return record_all([act])[0]


def record_all(acts: Sequence[Act]) -> list[UUID]:
    """Write an entry for each act into the caller's transaction, in their order; return the ids.

    Raises `RecordUnavailable` where they cannot be written: then none is, and the accesses must fail too.
    """
    if not connection.in_atomic_block:
        raise RecordUnavailable("an entry belongs into the transaction of what it records")
    request = current_request()
    ids: list[UUID] = []
    behind: list[Row] = []
    try:
        with transaction.atomic():
            # Made as they are written: the database works on one entry while the next one is made.
            insert_all(Entry, _entries(acts, request, ids, behind))
            insert_all(Personal, behind)
            insert_all(Pending, [{"entry": entry} for entry in ids])
    except DatabaseError as error:
        raise RecordUnavailable(str(error)) from error
    request.entries.extend(ids)
    return ids


def _entries(acts: Iterable[Act], request: RequestContext, ids: list[UUID], behind: list[Row]) -> Iterator[Row]:
    for act in acts:
        entry, personal = entry_of(act, request)
        ids.append(entry["id"])
        if personal:
            behind.append(personal)
        yield entry


def entry_of(act: Act, request: RequestContext) -> tuple[Row, Row | None]:
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
    # Committed to whether there is more to say or not: that there is would tell as much.
    secret = _personal(act, request) | {name: values[name] or NOTHING for name in act.told}
    personal = {name: Committed(new_salt(), _storable(value)) for name, value in secret.items() if value}
    commitments = {name: commitment(salt=c.salt, name=name, value=c.value) for name, c in personal.items()}
    leaf = leaf_bytes(at=at, values={"id": str(entry_id), **values, **act.told}, commitments=commitments)
    if len(leaf) > LONGEST_ENTRY:
        raise RecordUnavailable(f"a leaf of {len(leaf)} bytes fits into no bundle of entries")
    sealed = {"entry": entry_id, "values_sealed": seal_values(entry_id, personal)} if personal else None
    row = {"id": entry_id, "at": at, "leaf": leaf, **values}
    return row | {"actor_person": actor.person, "actor_client": actor.client}, sealed


def _personal(act: Act, request: RequestContext) -> dict[str, str]:
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
    """Record a refusal in a transaction of its own (that of the act is gone) and return it with its entry named.

    `true_reason` is one that the answer does not give: the leaf says the answer's, and commits to it.
    """
    with transaction.atomic():
        entry = record(
            action=action,
            actor=actor,
            subject=subject,
            outcome="refused",
            reason=true_reason or refused.grounds.code,
            why=why,
            personal=personal,
            told={"reason": refused.grounds.code} if true_reason else None,
        )
    refused.entry = str(entry)
    return refused
