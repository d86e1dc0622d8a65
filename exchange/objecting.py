"""Objecting to an access: the department that looked answers within its days, else the data authority does."""

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.errors import EntryNotFound
from audit.queries import Entry, entry_by_id
from audit.recording import Subject, Why, record
from exchange.errors import (
    InputInvalid,
    NotObjectable,
    ObjectionNotFound,
    ObjectionNotYours,
    ObjectionOpen,
    ObjectionWrongState,
    OwnLook,
)
from exchange.keeping import anyone, authority, keeper, overseer
from exchange.looking import look_at
from exchange.models import Objection
from exchange.numbering import next_number
from exchange.redress import ANSWERS, OPEN, STEPS, Cause, State, can_step
from exchange.refusals import refusals_recorded
from exchange.stepping import Party
from foundation.clock import legal_day, now, working_days_after
from foundation.context import PLATFORM, Actor
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from licences.notices import notify
from registry import queries as registry
from registry.lineage import current_department

if TYPE_CHECKING:
    from registry.models import Department, Person

LONGEST = 2000
_SCOPE = "YY"  # 异议


# --- The person concerned ------------------------------------------------------------------------------------------


def object_to(key: UUID, *, person: "Person", cause: str, text: str = "", at: dt.datetime | None = None) -> Objection:
    """File a person's objection to an access to a licence of a holder for whom they act, and return it.

    It goes to the department that looked (or the one that succeeded it), which answers by `answer_by`.
    """
    at = at or now()
    actor = Actor(person=person.pk, role="citizen", name=person.get_full_name())
    with refusals_recorded("object", Subject("entry", str(key)), actor), transaction.atomic():
        entry, holder = _own_look(key, person, at)
        department = _department_of(entry)
        _check_input(cause, text)
        # It also holds whoever else files one on this day, so that the second sees the first's.
        number = next_number(_SCOPE, at)
        if Objection.objects.filter(entry=key, person=person, state__in=OPEN).exists():
            raise ObjectionOpen
        objection = Objection.objects.create(
            number=number,
            entry=key,
            person=person,
            holder_id=holder,
            department=department,
            cause=cause,
            text=text.strip(),
            filed_at=at,
            answer_by=working_days_after(legal_day(at), settings.OBJECTION_WORKING_DAYS).day,
        )
        _note("object", objection, actor, at)
        return objection


def _own_look(key: UUID, person: "Person", at: dt.datetime) -> tuple[Entry, UUID]:
    """Return the access, and the holder whose licence it is about for whom the person acts."""
    for representation in licences.represented_by(person.pk, at):
        entry = look_at(key, [representation.holder_id], at=at)
        if entry:
            return entry, representation.holder_id
    raise EntryNotFound


def _department_of(entry: Entry) -> "Department":
    found = registry.department_by_code(entry.actor_department) if entry.actor_department else None
    if found is None:
        raise NotObjectable
    return current_department(found)


def _check_input(cause: str, text: str) -> None:
    faults: dict[str, Grounds] = {}
    if cause not in list(Cause):
        faults["cause"] = because("field_required")
    if cause == Cause.OTHER and not text.strip():
        faults["text"] = because("field_required")
    if len(text.strip()) > LONGEST:
        faults["text"] = because("text_too_long", count=str(LONGEST))
    if faults:
        raise InputInvalid(faults)


def withdraw_objection(objection: Objection, *, person: "Person", at: dt.datetime | None = None) -> Objection:
    """Take one's own objection back before it is answered."""
    at = at or now()
    actor = Actor(person=person.pk, role="citizen", name=person.get_full_name())
    with refusals_recorded("withdraw_objection", _subject(objection), actor), transaction.atomic():
        objection = _locked(objection)
        if objection.person_id != person.pk:
            raise ObjectionNotFound
        _take("withdraw", objection, Party.PERSON)
        objection.closed_at, objection.closed_by = at, person
        objection.save(update_fields=["state", "closed_at", "closed_by"])
        _note("withdraw_objection", objection, actor, at)
        return objection


# --- The department, and the authority ------------------------------------------------------------------------------


def answering(objection: Objection, person: "Person", at: dt.datetime) -> tuple[Party, Actor]:
    """Return as whom a person answers an objection; `ObjectionNotYours` where they do not, `OwnLook` to their own."""
    entry = entry_by_id(objection.entry)
    own = keeper(person, objection.department.code, at)
    party, actor = (Party.DEPARTMENT, own) if own else (Party.AUTHORITY, authority(person, at))
    if actor is None or (party is Party.AUTHORITY and objection.state == State.FILED):
        raise ObjectionNotYours(objection.department.name)
    if person.pk in (objection.person_id, entry and entry.actor_person):
        raise OwnLook
    return party, actor


def can_answer(objection: Objection, person: "Person", at: dt.datetime) -> bool:
    """Say whether a person may answer an objection as it is now."""
    try:
        party, _ = answering(objection, person, at)
    except Refused:
        return False
    return all(can_step(step, State(objection.state), party) for step in ANSWERS)


def open_objection(number: str, *, person: "Person", at: dt.datetime | None = None) -> Objection:
    """Open an objection as a keeper of its department or as an overseer; who opened it stands in the record."""
    at = at or now()
    found = Objection.objects.select_related("department", "holder", "person", "closed_by")
    objection = found.filter(number=number).first()
    # What names no objection may be anything that somebody typed.
    subject = _subject(objection) if objection else Subject("objection")
    with refusals_recorded("open_objection", subject, anyone(person, at)), transaction.atomic():
        if objection is None:
            raise ObjectionNotFound
        actor = keeper(person, objection.department.code, at) or overseer(person, at)
        if actor is None:
            raise ObjectionNotFound
        record(action="open_objection", actor=actor, subject=subject, outcome="opened", at=at)
        return objection


def answer_objection(
    objection: Objection,
    *,
    person: "Person",
    step: str,
    finding: str,
    measure: str = "",
    at: dt.datetime | None = None,
) -> Objection:
    """Uphold or reject an objection with what was found; one that is upheld says what is done about it."""
    at = at or now()
    with refusals_recorded("answer_objection", _subject(objection), anyone(person, at)), transaction.atomic():
        objection = _locked(objection)
        party, actor = answering(objection, person, at)
        _check_answer(step, finding, measure)
        _take(step, objection, party)
        objection.finding, objection.measure = finding.strip(), measure.strip()
        objection.closed_at, objection.closed_by = at, person
        objection.save(update_fields=["state", "finding", "measure", "closed_at", "closed_by"])
        _note("answer_objection", objection, actor, at)
        _tell(objection, f"objection_{objection.state}", at)
        return objection


def _check_answer(step: str, finding: str, measure: str) -> None:
    texts = {"finding": finding.strip(), "measure": measure.strip()}
    needed = {"finding": True, "measure": step == "uphold"}
    faults = {name: because("field_required") for name, text in texts.items() if needed[name] and not text}
    too_long = because("text_too_long", count=str(LONGEST))
    faults |= {name: too_long for name, text in texts.items() if len(text) > LONGEST}
    if step not in ANSWERS:
        faults["step"] = because("field_required")
    if faults:
        raise InputInvalid(faults)


# --- The deadline ----------------------------------------------------------------------------------------------------


def escalate_due(*, at: dt.datetime | None = None, most: int = 500) -> int:
    """Pass on to the data authority at most `most` objections whose day has passed unanswered; return how many."""
    at = at or now()
    due = Objection.objects.filter(state=State.FILED, answer_by__lt=legal_day(at)).order_by("answer_by")
    return sum(_escalate(objection, at) for objection in due[:most])


@transaction.atomic
def _escalate(objection: Objection, at: dt.datetime) -> bool:
    objection = _locked(objection)
    if not can_step("escalate", State(objection.state), Party.PLATFORM):
        # Answered meanwhile.
        return False
    _take("escalate", objection, Party.PLATFORM)
    objection.escalated_at = at
    objection.save(update_fields=["state", "escalated_at"])
    _note("escalate_objection", objection, PLATFORM, at)
    _tell(objection, "objection_escalated", at)
    return True


# --- What all steps share ------------------------------------------------------------------------------------------


def _locked(objection: Objection) -> Objection:
    rows = Objection.objects.select_for_update(of=("self",)).select_related("department", "holder")
    return rows.get(pk=objection.pk)


def _subject(objection: Objection) -> Subject:
    return Subject("objection", objection.number)


def _take(step: str, objection: Objection, party: Party) -> None:
    state = State(objection.state)
    if not can_step(step, state, party):
        raise ObjectionWrongState(state)
    objection.state = STEPS[step].target


def _note(action: str, objection: Objection, actor: Actor, at: dt.datetime) -> None:
    entry = [str(objection.entry)]
    why = Why(case=objection.number)
    record(
        action=action, actor=actor, subject=_subject(objection), outcome=objection.state, why=why, fields=entry, at=at
    )


def _tell(objection: Objection, reason: str, at: dt.datetime) -> None:
    entry = entry_by_id(objection.entry)
    licence = licences.by_identifier([entry.subject]).get(entry.subject) if entry else None
    notify([objection.holder], licence, reason=reason, at=at)
