"""Reporting a wrong field of a licence, by whoever saw it; and taking the report back."""

import datetime as dt
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import Subject
from exchange.asking import Standing
from exchange.corrections.errors import CorrectionNotFound, CorrectionOpen
from exchange.corrections.noting import locked, note, subject_of, take
from exchange.corrections.seeing import Seen, seen_by, seen_by_holder, seen_in
from exchange.corrections.texts import LONGEST, Said, seal_said
from exchange.errors import InputInvalid
from exchange.issuing import check_active
from exchange.keeping import anyone
from exchange.mending import OPEN, WORKING_DAYS
from exchange.models import Correction
from exchange.numbering import next_number
from exchange.refusals import refusals_recorded
from exchange.staffing import standings
from exchange.stepping import Party
from foundation.clock import legal_day, now, working_days_after
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Grounds, because
from registry import queries as registry
from registry.lineage import current_department, lineage

if TYPE_CHECKING:
    from registry.models import Person

ACTION = "report_error"
_SCOPE = "GZ"  # 更正


@dataclass(frozen=True, slots=True)
class _Reporter:
    """Who reports: a person, or a client, of a department or as a citizen."""

    actor: Actor
    department: str = ""


def report_look(key: UUID, *, person: "Person", field: str, said: Said, at: dt.datetime | None = None) -> Correction:
    """Report a field that a look of the person's department showed; every other entry answers as if there were none."""
    at = at or now()
    with refusals_recorded(ACTION, Subject("entry", str(key)), anyone(person, at)), transaction.atomic():
        seen = seen_by(key, person, at)
        working = next((s.actor for s in standings(person, at)), anyone(person, at))
        return _report(seen, _Reporter(working, working.department), field, said, at)


def report_own(key: UUID, *, person: "Person", field: str, said: Said, at: dt.datetime | None = None) -> Correction:
    """Report a field of a licence (its key) of a holder for whom the person acts."""
    at = at or now()
    actor = Actor(person=person.pk, role="citizen", name=person.get_full_name())
    with refusals_recorded(ACTION, Subject("licence"), actor), transaction.atomic():
        return _report(seen_by_holder(key, person, at), _Reporter(actor), field, said, at)


def report_for(key: UUID, *, standing: Standing, field: str, said: Said, at: dt.datetime | None = None) -> Correction:
    """Report a field that a look of the client's department showed (`record` of the answer)."""
    at = at or now()
    with refusals_recorded(ACTION, Subject("entry", str(key)), standing.actor), transaction.atomic():
        check_active(standing)
        seen = seen_in(key, lineage("department", standing.asker.department))
        return _report(seen, _Reporter(standing.actor, standing.asker.department), field, said, at)


def _report(seen: Seen, reporter: _Reporter, field: str, said: Said, at: dt.datetime) -> Correction:
    said = said.stripped()
    _check_input(seen, field, said)
    # It also holds whoever else reports on this day, so that the second of two at once sees the first's.
    number = next_number(_SCOPE, at)
    own = {"person_id": reporter.actor.person, "client_id": reporter.actor.client}
    if Correction.objects.filter(licence=seen.licence, field=field, state__in=OPEN, **own).exists():
        raise CorrectionOpen
    correction = Correction(
        id=new_id(),
        number=number,
        licence=seen.licence,
        field=field,
        entry=seen.entry,
        holder_id=seen.holder,
        department=registry.department_by_code(reporter.department) if reporter.department else None,
        provider=current_department(seen.licence.issuer),
        reported_at=at,
        answer_by=working_days_after(legal_day(at), WORKING_DAYS).day,
        **own,
    )
    correction.said_sealed = seal_said(correction, said)
    correction.save(force_insert=True)
    note(ACTION, correction, reporter.actor, at)
    return correction


def _check_input(seen: Seen, field: str, said: Said) -> None:
    faults: dict[str, Grounds] = {}
    if field not in seen.fields:
        faults["field"] = because("field_not_seen" if field else "field_required")
    if not (said.wrong or said.proposed):
        faults["wrong"] = because("field_required")
    for name in (of.name for of in fields(Said)):
        if len(getattr(said, name)) > LONGEST:
            faults[name] = because("text_too_long", count=str(LONGEST))
    if faults:
        raise InputInvalid(faults)


def withdraw_report(correction: Correction, *, person: "Person", at: dt.datetime | None = None) -> Correction:
    """Take one's own report back before it is answered."""
    at = at or now()
    actor = anyone(person, at)
    with refusals_recorded("withdraw_report", subject_of(correction), actor), transaction.atomic():
        correction = locked(correction)
        if correction.person_id != person.pk:
            raise CorrectionNotFound
        take("withdraw", correction, Party.PERSON)
        correction.closed_at, correction.closed_by = at, person
        correction.save(update_fields=["state", "closed_at", "closed_by"])
        note("withdraw_report", correction, actor, at)
        return correction
