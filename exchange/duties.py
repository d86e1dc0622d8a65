"""Duties named by law (依职责): a department uses a type for an item by a law, which the data authority registers."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.recording import Subject, Why, record, record_refusal
from exchange.errors import DutyKnown, DutyNotFound, DutyNotPermitted, InputInvalid
from exchange.keeping import anyone, authority
from exchange.laws import names_law
from exchange.models import Duty
from foundation.clock import now
from foundation.reasons import Grounds, Refused, because
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Department, Item, LicenceType, Person

# A law in its title marks, and an article of it.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class NamedDuty:
    """What a law makes a department's duty: the use of a type for an item, until a time if it says one."""

    department: "Department"
    item: "Item"
    licence_type: "LicenceType"
    legal_basis: str
    until: dt.datetime | None = None


def register_duty(wanted: NamedDuty, *, person: "Person", at: dt.datetime | None = None) -> Duty:
    """Register that a law, named with its article, makes the use a department's duty from `at` on.

    For the data authority. From then on the decision asks for no agreement and no authorisation there.
    """
    at, basis = at or now(), wanted.legal_basis.strip()
    subject = Subject("duty", "", wanted.licence_type.code)
    why = Why(wanted.item.code, basis[:200] if names_law(basis) else "")
    try:
        with transaction.atomic():
            actor = authority(person, at)
            if actor is None:
                raise DutyNotPermitted
            _check(wanted, basis, at)
            made = Duty.objects.create(
                department=wanted.department,
                item=wanted.item,
                licence_type=wanted.licence_type,
                legal_basis=basis,
                since=at,
                until=wanted.until,
                noted_by=person,
            )
            fields = [wanted.department.code]
            subject = Subject("duty", str(made.pk), wanted.licence_type.code)
            record(action="register_duty", actor=actor, subject=subject, outcome="done", why=why, fields=fields, at=at)
            return made
    except Refused as refused:
        actor = anyone(person, at)
        raise record_refusal(refused, action="register_duty", actor=actor, subject=subject, why=why) from None


def end_duty(key: UUID, *, person: "Person", at: dt.datetime | None = None) -> Duty:
    """End a duty, say because the law was repealed; no access relies on it from this instant on."""
    at = at or now()
    subject = Subject("duty", str(key))
    try:
        with transaction.atomic():
            actor = authority(person, at)
            if actor is None:
                raise DutyNotPermitted
            found = Duty.objects.select_for_update(of=("self",)).select_related("item", "licence_type")
            duty = found.filter(pk=key).first()
            if duty is None or (duty.until is not None and duty.until <= at):
                raise DutyNotFound
            duty.until = at
            duty.save(update_fields=["until"])
            subject = Subject("duty", str(key), duty.licence_type.code)
            record(action="end_duty", actor=actor, subject=subject, outcome="done", why=Why(duty.item.code), at=at)
            return duty
    except Refused as refused:
        raise record_refusal(refused, action="end_duty", actor=anyone(person, at), subject=subject) from None


def in_force(at: dt.datetime) -> QuerySet[Duty]:
    """Return the duties in force at `at`, by department."""
    found = Duty.objects.filter(Q(until__isnull=True) | Q(until__gt=at), since__lte=at)
    return found.select_related("department", "item", "licence_type").order_by("department__code", "item__code")


def _check(wanted: NamedDuty, basis: str, at: dt.datetime) -> None:
    item, of_type = wanted.item, wanted.licence_type
    faults: dict[str, Grounds] = {}
    if len(basis) > _LONGEST:
        faults["legal_basis"] = because("field_too_long", most=str(_LONGEST))
    elif not names_law(basis):
        faults["legal_basis"] = because("law_not_named")
    if not registry.handles(wanted.department.code, item):
        faults["item"] = because("department_not_handling", department=wanted.department.name, item=item.code)
    elif not any(t.pk == of_type.pk for group in registry.need_groups(item) for t in group.types):
        items = ", ".join(i.code for i in registry.items_needing(of_type, at)) or "—"
        faults["licence_type"] = because("type_not_needed", item=item.code, type=of_type.name, items=items)
    if wanted.until is not None and wanted.until <= at:
        faults["until"] = because("until_not_future")
    if faults:
        raise InputInvalid(faults)
    same = in_force(at).filter(department=wanted.department, item=item, licence_type=of_type)
    if same.exists():
        raise DutyKnown
