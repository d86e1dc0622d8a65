"""Asking the issuer to confirm a paper licence (协查), and its answer, which makes the licence an electronic one."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from audit.recording import Subject, Why, record, record_refusal
from exchange.applications.errors import (
    AssistanceAnswered,
    AssistanceNotFound,
    AssistanceOpen,
    IssuerOutside,
    NeedUnknown,
)
from exchange.applications.stepping import begun, check_not_own, note, refusals_recorded
from exchange.clocks import CLOCKS
from exchange.errors import InputInvalid
from exchange.keeping import anyone, keeper
from exchange.models import Application, Assistance
from exchange.numbering import next_number
from foundation.clock import legal_day, now, working_days_after
from foundation.reasons import Both, Grounds, Refused, because
from licences.composing import check_draft, frame_of
from licences.drafting import Contents, make_draft
from licences.issuing import Draft, issue_licence
from registry import queries as registry
from registry.defining import form_of
from registry.lineage import current_department, current_type

if TYPE_CHECKING:
    from foundation.context import Actor
    from registry.models import Department, LicenceType, Person

LONGEST = 2000
ASKED = "asked"
ANSWERS: dict[str, Both] = {
    "confirmed": Both("属实", "it is genuine"),
    "differs": Both("与存根不符", "it differs from our files"),
    "not_ours": Both("非本单位颁发", "it is not ours"),
}
STATE_NAMES: dict[str, Both] = {ASKED: Both("待答复", "waits for the issuer"), **ANSWERS}
_SCOPE = "XC"  # 协查
_ROLES = ("clerk", "department_head", "department_administrator")


# --- Asking ----------------------------------------------------------------------------------------------------------


def issuer_of(licence_type: "LicenceType") -> "Department":
    """Return the department to be asked about licences of a type; `IssuerOutside` where it is none of this platform."""
    owner = current_department(licence_type.owner) if licence_type.owner else None
    if owner is None or not owner.uscc:
        raise IssuerOutside(licence_type.name)
    return owner


def ask_issuer(
    application: Application,
    *,
    need: int,
    number: str,
    question: str = "",
    licence_type: "LicenceType | None" = None,
    person: "Person",
    at: dt.datetime | None = None,
) -> Assistance:
    """Ask the issuer whether a paper licence with this number is genuine; it has five working days.

    `licence_type` says which of the types that meet the need it is, where there are several; else the first.
    """
    at = at or now()
    with refusals_recorded("ask_issuer", application, person), transaction.atomic():
        application, standing = begun(application, "approve", person, at)
        group = next((g for g in registry.need_groups(application.item) if g.number == need), None)
        if group is None:
            raise NeedUnknown
        wanted = licence_type if licence_type in group.types else group.types[0]
        issuer = issuer_of(wanted)
        faults = _faults(number=number.strip(), question=question)
        if faults:
            raise InputInvalid(faults)
        # The application is held, so that of two at once the second sees the first's.
        if application.assistances.filter(need_group=need, state=ASKED).exists():
            raise AssistanceOpen
        assistance = Assistance.objects.create(
            number=next_number(_SCOPE, at),
            application=application,
            need_group=need,
            licence_type=wanted,
            department=issuer,
            licence_number=number.strip(),
            question=question.strip(),
            asked_by=person,
            asked_at=at,
            answer_by=working_days_after(legal_day(at), CLOCKS["assist"].days).day,
        )
        note("ask_issuer", application, standing.actor, at, outcome="asked", fields=[assistance.number, issuer.code])
        return assistance


def _faults(*, number: str, question: str) -> dict[str, Grounds]:
    faults: dict[str, Grounds] = {}
    if not number:
        faults["number"] = because("field_required")
    if len(number) > 120:
        faults["number"] = because("field_too_long", most="120")
    if len(question) > LONGEST:
        faults["question"] = because("text_too_long", count=str(LONGEST))
    return faults


# --- Answering -------------------------------------------------------------------------------------------------------


def assistances(departments: Collection[str]) -> QuerySet[Assistance]:
    """Return what these departments (codes) were asked, the most urgent first."""
    found = Assistance.objects.filter(department__code__in=list(departments))
    return found.select_related("department", "licence_type", "application__item__department", "asked_by", "licence")


def waiting(departments: Collection[str]) -> QuerySet[Assistance]:
    """Return what waits for an answer of these departments, the most urgent first."""
    return assistances(departments).filter(state=ASKED).order_by("answer_by", "asked_at")


def answered(departments: Collection[str]) -> QuerySet[Assistance]:
    """Return what these departments answered, the latest first."""
    return assistances(departments).exclude(state=ASKED).order_by("-answered_at")


def open_assistance(number: str, *, person: "Person", at: dt.datetime | None = None) -> Assistance:
    """Open a request as one of the issuer's people; who opened it stands in the record."""
    at = at or now()
    found = Assistance.objects.select_related(
        "department", "licence_type", "application__item__department", "application__holder", "asked_by", "licence"
    )
    assistance = found.filter(number=number).first()
    subject = _subject(assistance) if assistance else Subject("assistance")
    with _refusals_recorded("open_assistance", subject, anyone(person, at)), transaction.atomic():
        actor = _answering(assistance, person, at) if assistance else None
        if assistance is None or actor is None:
            raise AssistanceNotFound
        record(action="open_assistance", actor=actor, subject=subject, outcome="opened", at=at)
        return assistance


def _answering(assistance: Assistance, person: "Person", at: dt.datetime) -> "Actor | None":
    return keeper(person, assistance.department.code, at, roles=_ROLES)


def answer_issuer(
    assistance: Assistance, *, person: "Person", answer: str, remark: str = "", at: dt.datetime | None = None
) -> Assistance:
    """Answer that the paper is genuine, differs from the files, or is not the department's; the latter two say how."""
    at = at or now()
    with _refusals_recorded("answer_assistance", _subject(assistance), anyone(person, at)), transaction.atomic():
        assistance, actor = _begun(assistance, person, at)
        faults: dict[str, Grounds] = {}
        if answer not in ANSWERS:
            faults["answer"] = because("field_required")
        elif answer == "differs" and not remark.strip():
            faults["remark"] = because("field_required")
        if len(remark) > LONGEST:
            faults["remark"] = because("text_too_long", count=str(LONGEST))
        if faults:
            raise InputInvalid(faults)
        _close(assistance, person, actor, at, answer=answer, remark=remark.strip())
        return assistance


def digitise(
    assistance: Assistance,
    *,
    person: "Person",
    contents: Contents,
    issued_on: dt.date | None = None,
    at: dt.datetime | None = None,
) -> Assistance:
    """Confirm the paper by making its electronic licence, under its own number; the case goes on by itself.

    Where the type asks for two persons a draft waits for the second one. Raises `ContentInvalid` with every fault.
    """
    at = at or now()
    with _refusals_recorded("answer_assistance", _subject(assistance), anyone(person, at)), transaction.atomic():
        assistance, actor = _begun(assistance, person, at)
        wanted = current_type(assistance.licence_type)
        issuer = assistance.department
        if form_of(wanted, at).two_persons:
            assistance.draft = make_draft(licence_type=wanted, issuer=issuer, contents=contents, actor=actor)
        else:
            draft = Draft(
                licence_type=wanted,
                issuer=issuer,
                holders=contents.holders,
                content=contents.content,
                number=contents.number,
                issued_on=issued_on,
                valid_from=contents.valid_from,
                valid_until=contents.valid_until,
            )
            check_draft(draft, frame_of(wanted, issuer, at).form)
            assistance.licence = issue_licence(draft, actor=actor, why=_why(assistance), at=at)
        _close(assistance, person, actor, at, answer="confirmed", remark="")
        return assistance


def _begun(assistance: Assistance, person: "Person", at: dt.datetime) -> "tuple[Assistance, Actor]":
    rows = Assistance.objects.select_for_update(of=("self",)).select_related(
        "department", "licence_type", "application__item"
    )
    assistance = rows.get(pk=assistance.pk)
    actor = _answering(assistance, person, at)
    if actor is None:
        raise AssistanceNotFound
    # Nobody vouches for paper of their own.
    check_not_own(assistance.application, person, at)
    if assistance.state != ASKED:
        raise AssistanceAnswered
    return assistance, actor


def _close(
    assistance: Assistance, person: "Person", actor: "Actor", at: dt.datetime, *, answer: str, remark: str
) -> None:
    assistance.state, assistance.answer = answer, remark
    assistance.answered_by, assistance.answered_at = person, at
    assistance.save()
    record(
        action="answer_assistance",
        actor=actor,
        subject=_subject(assistance),
        outcome=answer,
        why=_why(assistance),
        personal={"remark": remark},
        at=at,
    )


def _why(assistance: Assistance) -> Why:
    return Why(assistance.application.item.code, "协查", assistance.application.number)


def _subject(assistance: Assistance) -> Subject:
    return Subject("assistance", assistance.number, assistance.licence_type.code)


@contextmanager
def _refusals_recorded(action: str, subject: Subject, actor: "Actor") -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise record_refusal(refused, action=action, actor=actor, subject=subject) from None
