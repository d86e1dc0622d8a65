"""The duty to update the catalogue within 10 working days of a change, 5 more if approved (regulation, art. 17)."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from audit.recording import Subject, record
from foundation.clock import legal_day, working_days_after
from foundation.context import Actor
from registry.lineage import lineage
from registry.models import Department, LicenceType, UpdateDuty

if TYPE_CHECKING:
    from registry.models import CatalogueVersion

WORKING_DAYS, EXTENSION = 10, 5


@transaction.atomic
def note_duty(*, department: Department, what: str, arose_on: dt.date, actor: Actor) -> UpdateDuty:
    """Note that something changed which a department must enter into the catalogue."""
    due_on = working_days_after(arose_on, WORKING_DAYS).day
    duty = UpdateDuty.objects.create(department=department, what=what[:300], arose_on=arose_on, due_on=due_on)
    record(action="note_duty", actor=actor, subject=Subject("update_duty", str(duty.pk)), outcome="done")
    return duty


@transaction.atomic
def extend_duty(duty: UpdateDuty, *, actor: Actor) -> UpdateDuty:
    """Extend a duty once, as the data authority approved; a second extension is not made."""
    duty = UpdateDuty.objects.select_for_update().get(pk=duty.pk)
    if not duty.extended:
        duty.due_on, duty.extended = working_days_after(duty.due_on, EXTENSION).day, True
        duty.save(update_fields=["due_on", "extended"])
        record(action="extend_duty", actor=actor, subject=Subject("update_duty", str(duty.pk)), outcome="done")
    return duty


def fulfil_duties(version: "CatalogueVersion") -> int:
    """Mark the open duties of the departments whose rows the version changed as fulfilled by it; return how many."""
    codes: set[str] = set()
    names: set[str] = set()
    for sheet, key, row in version.changes.values_list("sheet", "key", "row"):
        if sheet == "departments":
            codes.add(key)
        elif sheet == "items" and row:
            codes.add(row["department_code"])
        elif sheet == "licence_types":
            names.add(key)
    codes |= set(
        LicenceType.objects.filter(name_zh__in=names, owner__isnull=False).values_list("owner__code", flat=True)
    )
    codes |= {older for code in set(codes) for older in lineage("department", code)}
    open_duties = UpdateDuty.objects.filter(fulfilled_by__isnull=True, department__code__in=codes)
    return open_duties.filter(arose_on__lte=legal_day(version.at)).update(fulfilled_by=version)


def open_duties() -> QuerySet[UpdateDuty]:
    """Return the duties that no version has fulfilled."""
    return UpdateDuty.objects.filter(fulfilled_by__isnull=True).select_related("department").order_by("due_on")


def late_duties(day: dt.date) -> QuerySet[UpdateDuty]:
    """Return the duties that are open past their day, the longest overdue first: who is late, and with what."""
    return open_duties().filter(due_on__lt=day)
