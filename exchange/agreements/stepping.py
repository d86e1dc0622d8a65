"""Taking a step of an agreement as one of its people: who may, what it needs, and what it sets going."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from exchange.agreements import clocks
from exchange.agreements.contents import asked_of, check_complete, check_requestable, last_day
from exchange.agreements.noting import locked, note_step, refusals_recorded, subject_of
from exchange.agreements.parties import check_step, parties_of, requester_of
from exchange.agreements.procedure import STEPS, Side, State, steps_open_to
from exchange.errors import InputInvalid
from exchange.keeping import anyone
from exchange.models import Agreement
from foundation.clock import end_of_day, legal_day, now
from foundation.context import PLATFORM
from foundation.reasons import Grounds, Refused, because

if TYPE_CHECKING:
    from registry.models import Person

LONGEST = 2000


def take_step(
    agreement: Agreement,
    step: str,
    *,
    person: "Person",
    text: str = "",
    first_day: dt.date | None = None,
    at: dt.datetime | None = None,
) -> Agreement:
    """Take a step of the table as one of the agreement's parties; refusals are recorded.

    Consent puts it in force at once, or at the beginning of `first_day`, which lies within the time of delivery.
    """
    at = at or now()
    text = text.strip()
    with refusals_recorded("step_agreement", subject_of(agreement), anyone(person, at)), transaction.atomic():
        agreement = locked(agreement)
        if step not in STEPS:
            raise InputInvalid({"step": because("field_required")})
        acting = check_step(step, agreement, person, at)
        _check_given(step, text, first_day, at)
        _set_going(step, agreement, first_day, at)
        agreement.state = STEPS[step].target
        agreement.save()
        note_step(step, agreement, acting.party.side, acting.actor, at, text=text)
        return agreement


def can_take_step(step: str, agreement: Agreement, person: "Person", at: dt.datetime) -> bool:
    """Say whether a person may take a step of an agreement as it is now."""
    try:
        check_step(step, agreement, person, at)
    except Refused:
        return False
    return True


def steps_for(agreement: Agreement, person: "Person", at: dt.datetime) -> list[str]:
    """Return the steps that a person may take now, in the table's order."""
    mine = [acting.party for acting in parties_of(person, agreement, at)]
    open_ones = steps_open_to(mine, State(agreement.state))
    return [step for step in open_ones if can_take_step(step, agreement, person, at)]


def _check_given(step: str, text: str, first_day: dt.date | None, at: dt.datetime) -> None:
    faults: dict[str, Grounds] = {}
    if STEPS[step].needs_text and not text:
        faults["text"] = because("reason_required")
    if len(text) > LONGEST:
        faults["text"] = because("text_too_long", count=str(LONGEST))
    if step == "consent" and first_day:
        latest = clocks.due("delivery", at).day
        if not legal_day(at) <= first_day <= latest:
            faults["first_day"] = because("agreement_begins_late", day=latest.isoformat())
    if faults:
        raise InputInvalid(faults)


# --- What steps set going --------------------------------------------------------------------------------------------


def _set_going(step: str, agreement: Agreement, first_day: dt.date | None, at: dt.datetime) -> None:
    """Start, extend or stop the clocks of an agreement as a step does; check that it is still what is wanted."""
    if step in ("approve", "consent"):
        # Time, or a change of the catalogue, may have overtaken what was asked for.
        check_requestable(requester_of(agreement), agreement.item, agreement.licence_type, at)
        check_complete(agreement, asked_of(agreement), at)
    if step in ("approve", "direct"):
        agreement.answer_by = clocks.due("answer", at).day
    if step == "grant_extension" and agreement.answer_by:
        agreement.answer_by = clocks.extended(agreement.answer_by).day
    if step == "consent":
        agreement.since = _beginning(agreement, first_day, at)
    if step in ("agree_end", "give_up", "terminate"):
        agreement.until = min(agreement.until, at) if agreement.until else at


def _beginning(agreement: Agreement, first_day: dt.date | None, at: dt.datetime) -> dt.datetime:
    begins = end_of_day(first_day - dt.timedelta(days=1)) if first_day and first_day > legal_day(at) else at
    if agreement.until and agreement.until <= begins:
        raise InputInvalid({"first_day": because("agreement_begins_late", day=str(last_day(agreement)))})
    return begins


# --- What needs no person --------------------------------------------------------------------------------------------


def step_of_platform(agreement: Agreement, step: str, at: dt.datetime) -> None:
    """Take a step that the platform takes by itself, in the caller's transaction, of an agreement that it holds."""
    agreement.state = STEPS[step].target
    agreement.save(update_fields=["state"])
    note_step(step, agreement, Side.PLATFORM, PLATFORM, at)
