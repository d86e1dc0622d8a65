"""Deferring notice: an access stays hidden from the person concerned where a named law demands it, until a date."""

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.errors import EntryNotFound
from audit.queries import Entry, entries_beside, entry_by_id
from audit.recording import Subject, Why, record, record_refusal
from exchange.errors import DeferralNotPermitted, InputInvalid, NotDeferrable
from exchange.keeping import anyone, authority, keeper
from exchange.laws import names_law
from exchange.looking import LOOKS
from exchange.models import Deferral, Objection
from exchange.noting import CONSIDERED
from foundation.clock import end_of_day, legal_day, now
from foundation.context import Actor
from foundation.reasons import Grounds, Refused, because
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Person

# A law in its title marks, and an article of it.
_LONGEST = 300


def defer_notice(
    key: UUID, *, person: "Person", legal_basis: str, until: dt.date | None, at: dt.datetime | None = None
) -> Deferral:
    """Hide an access from the person concerned until the legal day `until` has ended; afterwards they are told why.

    For the head of the department that looked, or the data authority. `legal_basis` names a law and its article. A
    decision reaches `NOTICE_DEFERRAL_DAYS` at most; another may follow it. Faults of the input are named together.
    """
    at = at or now()
    subject = Subject("entry", str(key))
    try:
        with transaction.atomic():
            entry = entry_by_id(key)
            if entry is None:
                raise EntryNotFound
            actor = _check_may(entry, person, at)
            basis = legal_basis.strip()
            faults = _faults(basis, until, at)
            if until is None or faults:
                raise InputInvalid(faults)
            _check_unknown(entry)
            deferral = _defer(entry, person, basis, end_of_day(until), at)
            record(
                action="defer_notice",
                actor=actor,
                subject=subject,
                outcome="deferred",
                why=Why(entry.item, basis[:200], entry.case),
                fields=[until.isoformat()],
                at=at,
            )
            return deferral
    except Refused as refused:
        raise record_refusal(refused, action="defer_notice", actor=anyone(person, at), subject=subject) from None


def can_defer(entry: Entry, person: "Person", at: dt.datetime) -> bool:
    """Say whether a person may defer the notice of an access."""
    try:
        _check_may(entry, person, at)
    except Refused:
        return False
    return True


def deferrals_of(key: UUID) -> list[Deferral]:
    """Return the decisions to defer the notice of an access, the latest first."""
    return list(Deferral.objects.filter(entry=key).select_related("made_by").order_by("-made_at"))


def _check_may(entry: Entry, person: "Person", at: dt.datetime) -> Actor:
    if entry.action not in LOOKS or entry.action == CONSIDERED or not entry.actor_department:
        raise NotDeferrable
    actor = keeper(person, entry.actor_department, at, roles=(registry.HEAD,)) or authority(person, at)
    if actor is None:
        raise DeferralNotPermitted
    return actor


def _check_unknown(entry: Entry) -> None:
    if Objection.objects.filter(entry__in=_with_beside(entry)).exists():
        raise NotDeferrable("objected_already")


def _faults(basis: str, until: dt.date | None, at: dt.datetime) -> dict[str, Grounds]:
    faults: dict[str, Grounds] = {}
    if len(basis) > _LONGEST:
        faults["legal_basis"] = because("field_too_long", most=str(_LONGEST))
    elif not names_law(basis):
        faults["legal_basis"] = because("law_not_named")
    most = settings.NOTICE_DEFERRAL_DAYS
    if until is None:
        faults["until"] = because("field_required")
    elif until <= legal_day(at):
        faults["until"] = because("until_not_future")
    elif until > legal_day(at) + dt.timedelta(days=most):
        faults["until"] = because("deferral_too_long", days=str(most))
    return faults


def _defer(entry: Entry, person: "Person", basis: str, until: dt.datetime, at: dt.datetime) -> Deferral:
    """Defer the notice of the entry and of those beside it, by which holders see the same look."""
    made = [
        Deferral(entry=key, legal_basis=basis, until=until, made_at=at, made_by=person) for key in _with_beside(entry)
    ]
    Deferral.objects.bulk_create(made)
    return made[0]


def _with_beside(entry: Entry) -> list[UUID]:
    return [entry.pk, *(beside.pk for beside in entries_beside(entry, CONSIDERED))]
