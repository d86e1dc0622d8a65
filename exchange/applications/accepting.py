"""Taking an application in hand: accepted, sent back once with all that is missing, or not accepted; and in time."""

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from exchange.applications.checking import unmet_needs, verify_all
from exchange.applications.errors import MissingListedBefore
from exchange.applications.extending import recount
from exchange.applications.stepping import (
    begun,
    check_step,
    locked,
    move,
    note,
    platform_standing,
    refusals_recorded,
)
from exchange.asking import Standing
from exchange.clocks import CLOCKS
from exchange.errors import InputInvalid, ReasonMissing
from exchange.models import Application, Reference
from exchange.procedure import IN_HAND, Party, State
from foundation.clock import legal_day, now, working_days_after
from foundation.context import PLATFORM
from foundation.reasons import Grounds, because
from licences.notices import notify
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Person

LONGEST = 2000
ACCEPTANCE = ["state", "accepted_at", "deemed_accepted", "clock_from", "decide_by", "accept_by"]


def put_in_hand(application: Application, at: dt.datetime, *, since: dt.datetime | None = None) -> None:
    """Accept the application, whose term to decide runs from `since` (else `at`); the caller records it."""
    move(application, "accept")
    application.accepted_at = since or at
    application.deemed_accepted = since is not None
    application.clock_from = legal_day(application.accepted_at)
    application.accept_by = None
    recount(application)
    application.save(update_fields=ACCEPTANCE)


def accept(application: Application, *, by: "Person | Standing", at: dt.datetime | None = None) -> Application:
    """Accept an application (受理): its term to be decided runs from today."""
    at = at or now()
    with refusals_recorded("accept", application, by), transaction.atomic():
        application, standing = begun(application, "accept", by, at)
        put_in_hand(application, at)
        note("accept", application, standing.actor, at)
        notify([application.holder], None, reason="application_accepted", at=at)
        return application


def accept_if_complete(application: Application, at: dt.datetime) -> list[Reference]:
    """Let the platform verify what was handed in and, where that meets every need, accept it at once.

    In the caller's transaction, which holds the application.
    """
    references = verify_all(application, platform_standing(application.item), at)
    if not unmet_needs(application, references):
        put_in_hand(application, at)
        note("accept", application, PLATFORM, at)
    return references


def check_missing(application: Application, needs: Collection[int], note_of: str) -> None:
    """Raise with every fault of a list of what is missing."""
    faults: dict[str, Grounds] = {}
    known = {group.number for group in registry.need_groups(application.item)}
    if not set(needs) <= known:
        faults["needs"] = because("need_unknown")
    if not needs and not note_of.strip():
        faults["needs"] = because("field_required")
    if len(note_of) > LONGEST:
        faults["note"] = because("text_too_long", count=str(LONGEST))
    if faults:
        raise InputInvalid(faults)


def ask_missing(
    application: Application,
    *,
    needs: Collection[int],
    remark: str = "",
    by: "Person | Standing",
    at: dt.datetime | None = None,
) -> Application:
    """Tell the applicant at once, and once only, all that is missing (art. 32): needs by number, and in words."""
    at = at or now()
    with refusals_recorded("ask_missing", application, by), transaction.atomic():
        application, standing = begun(application, "ask_missing", by, at)
        if application.missing_at:
            raise MissingListedBefore
        check_missing(application, needs, remark)
        move(application, "ask_missing")
        application.missing_at, application.missing_note = at, remark.strip()
        application.missing_needs = sorted(set(needs))
        application.accept_by = None
        application.save(update_fields=["state", "missing_at", "missing_needs", "missing_note", "accept_by"])
        note(
            "ask_missing",
            application,
            standing.actor,
            at,
            fields=[f"need-{n}" for n in application.missing_needs],
            personal={"remark": application.missing_note},
        )
        notify([application.holder], None, reason="application_missing", at=at)
        return application


def not_accept(
    application: Application, *, reason: str, by: "Person | Standing", at: dt.datetime | None = None
) -> Application:
    """Decline to accept, with a reason; the applicant is told the remedies (art. 32 and 38)."""
    at = at or now()
    with refusals_recorded("not_accept", application, by), transaction.atomic():
        application, standing = begun(application, "not_accept", by, at)
        if not reason.strip():
            raise ReasonMissing
        move(application, "not_accept")
        application.decided_at, application.decision_reason = at, reason.strip()[:LONGEST]
        application.decided_by = None if isinstance(by, Standing) else by
        application.accept_by = None
        application.save(update_fields=["state", "decided_at", "decided_by", "decision_reason", "accept_by"])
        note("not_accept", application, standing.actor, at, personal={"reason": application.decision_reason})
        notify([application.holder], None, reason="application_not_accepted", at=at)
        return application


# --- In time -------------------------------------------------------------------------------------------------------


def deem_accepted(*, at: dt.datetime | None = None, most: int = 500) -> int:
    """Accept at most `most` applications that nobody answered in time, from the day of receipt on (art. 32)."""
    at = at or now()
    due = Application.objects.filter(state=State.SUBMITTED, accept_by__lt=legal_day(at)).order_by("accept_by")
    return sum(_deem(application, at) for application in due[:most])


@transaction.atomic
def _deem(application: Application, at: dt.datetime) -> bool:
    application = locked(application)
    if application.state != State.SUBMITTED or not application.accept_by or application.accept_by >= legal_day(at):
        # Answered meanwhile.
        return False
    check_step(application, "accept", Party.PLATFORM)
    put_in_hand(application, at, since=application.submitted_at)
    note("accept", application, PLATFORM, at, outcome="deemed_accepted")
    notify([application.holder], None, reason="application_deemed_accepted", at=at)
    return True


def note_overdue(*, at: dt.datetime | None = None, most: int = 500) -> int:
    """Record of at most `most` cases, once each, that their day has passed undecided, and tell the applicant."""
    at = at or now()
    due = Application.objects.filter(
        state__in=IN_HAND, stands_still=False, decide_by__lt=legal_day(at), overdue_noted_at__isnull=True
    )
    return sum(_overdue(application, at) for application in due.order_by("decide_by")[:most])


@transaction.atomic
def _overdue(application: Application, at: dt.datetime) -> bool:
    application = locked(application)
    late = application.state in IN_HAND and not application.stands_still and application.decide_by < legal_day(at)
    if not late or application.overdue_noted_at:
        return False
    application.overdue_noted_at = at
    application.save(update_fields=["overdue_noted_at"])
    note("note_overdue", application, PLATFORM, at, outcome="overdue")
    notify([application.holder], None, reason="application_overdue", at=at)
    return True


def first_terms(application: Application, at: dt.datetime) -> None:
    """Set the last days of what was handed in today: to accept it, and to decide it if it is accepted or deemed so."""
    today = legal_day(at)
    application.accept_by = working_days_after(today, CLOCKS["accept"].days).day
    application.decide_by = working_days_after(today, CLOCKS["decide"].days).day
