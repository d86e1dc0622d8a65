"""The term of a decision: extended once by the head, and standing still while others examine (art. 42 and 45)."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from exchange.applications.errors import ClockStandsStill, ExtendedBefore, NotHead, TermOver
from exchange.applications.stepping import begun, check_not_own, locked, note, refusals_recorded
from exchange.clocks import CLOCKS, STANDSTILLS, Light, days_left, last_day, light
from exchange.errors import InputInvalid, ReasonMissing, WrongState
from exchange.keeping import keeper
from exchange.models import Application, Standstill
from exchange.procedure import IN_HAND, State
from foundation.clock import legal_day, now
from foundation.reasons import because
from licences.notices import notify
from registry import queries as registry

if TYPE_CHECKING:
    from foundation.context import Actor
    from registry.models import Person

LONGEST = 2000


def term_of(application: Application) -> int:
    """Return how many working days there are to decide, the extension included."""
    return CLOCKS["decide"].days + (CLOCKS["extend"].days if application.extended_at else 0)


def recount(application: Application) -> None:
    """Set the last day of the decision anew from acceptance, extension and standstills; the caller saves it."""
    if application.clock_from is None:
        return
    pauses = [s.pause for s in application.standstills.all()]
    day = last_day(application.clock_from, term_of(application), pauses)
    application.stands_still = day is None
    application.decide_by = day or application.decide_by


def left_to_decide(application: Application, today: dt.date) -> int:
    """Return how many working days are left to decide an accepted application, below zero once it is overdue."""
    pauses = [s.pause for s in application.standstills.all()]
    return days_left(application.clock_from or legal_day(application.submitted_at), term_of(application), today, pauses)


def light_of(application: Application, today: dt.date) -> Light:
    """Return the light of the decision's term."""
    return light(left_to_decide(application, today), still=application.stands_still)


def head_of(application: Application, person: "Person", at: dt.datetime) -> "Actor | None":
    """Return a person as the head of the department that handles the application, if they are."""
    return keeper(person, application.item.department.code, at, roles=(registry.HEAD,))


def can_extend(application: Application, person: "Person", at: dt.datetime) -> bool:
    """Say whether the person may extend the term now."""
    in_time = left_to_decide(application, legal_day(at)) >= 0
    return (
        application.state in IN_HAND
        and application.extended_at is None
        and in_time
        and head_of(application, person, at) is not None
    )


def extend(application: Application, *, person: "Person", reason: str, at: dt.datetime | None = None) -> Application:
    """Give ten working days more, once and before the term is over; the applicant is told why (art. 42)."""
    at = at or now()
    with refusals_recorded("extend_term", application, person), transaction.atomic():
        application = locked(application)
        actor = head_of(application, person, at)
        if actor is None:
            raise NotHead(application.item.department.name)
        check_not_own(application, person, at)
        if application.state not in IN_HAND:
            raise WrongState(State(application.state))
        if application.extended_at:
            raise ExtendedBefore
        if left_to_decide(application, legal_day(at)) < 0:
            raise TermOver
        if not reason.strip():
            raise ReasonMissing
        application.extended_at, application.extended_by = at, person
        application.extension_reason = reason.strip()[:LONGEST]
        recount(application)
        application.save(update_fields=["extended_at", "extended_by", "extension_reason", "decide_by", "stands_still"])
        note(
            "extend_term",
            application,
            actor,
            at,
            outcome="extended",
            fields=[application.decide_by.isoformat()],
            personal={"reason": application.extension_reason},
        )
        notify([application.holder], None, reason="application_extended", at=at)
        return application


def stand_still(application: Application, *, kind: str, person: "Person", at: dt.datetime | None = None) -> Application:
    """Let the clock stand still from today on, for what art. 45 names; the applicant is told."""
    at = at or now()
    with refusals_recorded("stand_still", application, person), transaction.atomic():
        # Whoever may refuse it has it in hand.
        application, standing = begun(application, "refuse", person, at)
        if kind not in list(STANDSTILLS):
            raise InputInvalid({"kind": because("field_required")})
        if application.stands_still:
            raise ClockStandsStill
        Standstill.objects.create(application=application, kind=kind, since=legal_day(at), noted_by=person)
        recount(application)
        application.save(update_fields=["decide_by", "stands_still"])
        note("stand_still", application, standing.actor, at, outcome="paused", fields=[kind])
        notify([application.holder], None, reason="application_paused", at=at)
        return application


def go_on(application: Application, *, person: "Person", at: dt.datetime | None = None) -> Application:
    """Let the clock run again from tomorrow on: today still does not count."""
    at = at or now()
    with refusals_recorded("go_on", application, person), transaction.atomic():
        application, standing = begun(application, "refuse", person, at)
        still = application.standstills.filter(until__isnull=True).first()
        if still is None:
            raise ClockStandsStill("clock_runs")
        still.until = legal_day(at)
        still.save(update_fields=["until"])
        recount(application)
        application.save(update_fields=["decide_by", "stands_still"])
        note("go_on", application, standing.actor, at, outcome="resumed", fields=[application.decide_by.isoformat()])
        return application
