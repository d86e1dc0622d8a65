"""A department's part of the record: its own accesses, and everybody's to the licences that it issued."""

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet

from audit.queries import Entry, entries_of, entry_by_id
from exchange.looking import LOOKS
from exchange.models import Deferral
from exchange.noting import CONSIDERED
from exchange.queries import described
from foundation.reasons import Both
from licences import queries as licences
from licences.issuer_queries import identifiers_issued_by, is_issued_by

if TYPE_CHECKING:
    from licences.models import Licence


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a department's part of the record; `number` (or identifier) is for licences that it issued."""

    action: str = ""
    outcome: str = ""
    item: str = ""
    case: str = ""
    number: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """One access as a department may know of it.

    Of an access of its own it is told what the answer said; `actor` names its own people, nobody of another
    department's.
    """

    entry: Entry
    department: Both
    item: Both
    licence: "Licence | None"
    reason: str
    actor: str
    deferral: Deferral | None


def own_accesses(departments: Collection[str], filters: Filters) -> QuerySet[Entry]:
    """Return what these departments (codes) looked at, the newest first."""
    return _narrowed(entries_of(departments, [a for a in LOOKS if a != CONSIDERED]), filters)


def accesses_to_issued(departments: Collection[str], filters: Filters) -> QuerySet[Entry]:
    """Return all looks at licences that these departments issued, by whomever, the newest first."""
    found = _narrowed(entries_of(None, LOOKS), filters).filter(subject_kind="licence")
    return found.filter(subject__in=identifiers_issued_by(departments, text=filters.number))


def _narrowed(found: QuerySet[Entry], filters: Filters) -> QuerySet[Entry]:
    equal = {"action": filters.action, "outcome": filters.outcome, "item": filters.item, "case": filters.case}
    found = found.filter(**{name: value for name, value in equal.items() if value})
    if filters.since:
        found = found.filter(at__gte=filters.since)
    return found.filter(at__lt=filters.until) if filters.until else found


def is_own(entry: Entry, departments: Collection[str]) -> bool:
    """Say whether an entry is one of a department's own acts; those beside an answer are not told to who asked."""
    return entry.actor_department in departments and entry.action != CONSIDERED


def is_party(entry: Entry, departments: Collection[str]) -> bool:
    """Say whether departments may see an entry: their own act, or one about a licence that they issued."""
    about = entry.subject if entry.subject_kind == "licence" else ""
    return is_own(entry, departments) or bool(about and is_issued_by(about, departments))


def entry_for(key: UUID, departments: Collection[str]) -> Entry | None:
    """Return an entry to which the departments are a party."""
    entry = entry_by_id(key)
    return entry if entry and is_party(entry, departments) else None


def as_known_to(departments: Collection[str], entries: Iterable[Entry], at: dt.datetime) -> list[Access]:
    """Describe entries as far as the departments may know of them."""
    rows = described(entries)
    told = {row.entry.pk: _told(row.entry) if row.entry.actor_department in departments else None for row in rows}
    subjects = {row.entry.pk: _of(told[row.entry.pk], "subject", row.entry.subject) for row in rows}
    found = licences.by_identifier(subjects.values())
    deferred = {d.entry: d for d in Deferral.objects.filter(entry__in=list(told), until__gt=at).order_by("until")}
    return [
        Access(
            entry=row.entry,
            department=row.department,
            item=row.item,
            licence=found.get(subjects[row.entry.pk]),
            reason=_of(told[row.entry.pk], "reason", row.entry.reason),
            actor=row.personal.get("actor", "") if told[row.entry.pk] is not None else "",
            deferral=deferred.get(row.entry.pk),
        )
        for row in rows
    ]


def _told(entry: Entry) -> dict[str, Any]:
    """Return what the answer said: what the leaf says, but for entries beside it, which whoever asked is not told."""
    if entry.action == CONSIDERED:
        return {"reason": entry.reason}
    leaf: dict[str, Any] = json.loads(bytes(entry.leaf))
    return leaf


def _of(told: dict[str, Any] | None, name: str, known: str) -> str:
    return known if told is None else str(told.get(name, ""))
