"""Answering reports: the provider checks and mends, else the data authority sees to it."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from audit.recording import Subject, record
from exchange.corrections.errors import CorrectionNotFound, CorrectionNotYours, NotMended, OwnReport
from exchange.corrections.noting import locked, note, subject_of, take, tell
from exchange.corrections.texts import LONGEST, seal_finding
from exchange.errors import InputInvalid
from exchange.keeping import anyone, authority, keeper, overseer
from exchange.mending import ANSWERS, OPEN, State, can_step
from exchange.models import Correction
from exchange.quality.assessing import Key, move_figure
from exchange.quality.checks import CORRECTED
from exchange.refusals import refusals_recorded
from exchange.stepping import Party
from foundation.clock import legal_day, now
from foundation.context import PLATFORM, Actor
from foundation.reasons import Grounds, Refused, because
from licences import queries as licences
from licences.verification import verify_found
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Person

ISSUERS = tuple(dict.fromkeys((*registry.STAFF_ROLES, *registry.KEEPERS)))
"""The roles that check and mend for a provider; that a report is rejected decides its head or an administrator."""


def answering(correction: Correction, step: str, person: "Person", at: dt.datetime) -> tuple[Party, Actor]:
    """Return as whom a person takes a step of the provider's; raises where they do not, or reported it themselves."""
    roles = registry.KEEPERS if step == "reject" else ISSUERS
    own = keeper(person, correction.provider.code, at, roles=roles)
    party, actor = (Party.DEPARTMENT, own) if own else (Party.AUTHORITY, authority(person, at))
    if actor is None or (party is Party.AUTHORITY and (correction.state != State.ESCALATED or step == "take")):
        raise CorrectionNotYours(correction.provider.name)
    if person.pk == correction.person_id:
        raise OwnReport
    return party, actor


def steps_for(correction: Correction, person: "Person", at: dt.datetime) -> list[str]:
    """Return the steps that a person may take now."""
    return [step for step in ("take", *ANSWERS) if _may(correction, step, person, at)]


def _may(correction: Correction, step: str, person: "Person", at: dt.datetime) -> bool:
    try:
        party, _ = answering(correction, step, person, at)
    except Refused:
        return False
    return can_step(step, State(correction.state), party)


def open_correction(number: str, *, person: "Person", at: dt.datetime | None = None) -> Correction:
    """Open a report as one of its provider's people or as an overseer; who opened it stands in the record."""
    at = at or now()
    rows = Correction.objects.select_related(
        "licence__licence_type", "licence__issuer", "provider", "department", "person", "holder", "mended_by"
    )
    # PostgreSQL's texts hold no NUL, so that none has such a number.
    correction = None if "\0" in number else rows.filter(number=number).first()
    # What names no report may be anything that somebody typed.
    subject = subject_of(correction) if correction else Subject("correction")
    with refusals_recorded("open_correction", subject, anyone(person, at)), transaction.atomic():
        if correction is None:
            raise CorrectionNotFound
        actor = keeper(person, correction.provider.code, at, roles=ISSUERS) or overseer(person, at)
        if actor is None:
            raise CorrectionNotFound
        record(action="open_correction", actor=actor, subject=subject, outcome="opened", at=at)
        return correction


def take_in_check(correction: Correction, *, person: "Person", at: dt.datetime | None = None) -> Correction:
    """Take a report in check, so that its reporter knows that somebody looks into it."""
    at = at or now()
    with refusals_recorded("check_report", subject_of(correction), anyone(person, at)), transaction.atomic():
        correction = locked(correction)
        party, actor = answering(correction, "take", person, at)
        take("take", correction, party)
        correction.taken_at, correction.taken_by = at, person
        correction.save(update_fields=["state", "taken_at", "taken_by"])
        note("check_report", correction, actor, at)
        return correction


def answer_report(
    correction: Correction,
    *,
    person: "Person",
    step: str,
    finding: str = "",
    together: bool = False,
    at: dt.datetime | None = None,
) -> list[Correction]:
    """Uphold a report by the version that mends it, or reject it with the reason; return those that were answered.

    With `together` every open report of the same field of the licence is answered alike. `NotMended` where no newer
    version says the field in another way: it is issued first, as every version of its type is.
    """
    at = at or now()
    with refusals_recorded("answer_report", subject_of(correction), anyone(person, at)), transaction.atomic():
        correction = locked(correction)
        _check_answer(step, finding)
        answered = [correction, *(alike(correction) if together else ())]
        return [_answer(locked(one), person, step, finding.strip(), at) for one in answered]


def _check_answer(step: str, finding: str) -> None:
    faults: dict[str, Grounds] = {}
    if step not in ANSWERS:
        faults["step"] = because("field_required")
    if step == "reject" and not finding.strip():
        faults["finding"] = because("field_required")
    if len(finding.strip()) > LONGEST:
        faults["finding"] = because("text_too_long", count=str(LONGEST))
    if faults:
        raise InputInvalid(faults)


def _answer(correction: Correction, person: "Person", step: str, finding: str, at: dt.datetime) -> Correction:
    party, actor = answering(correction, step, person, at)
    take(step, correction, party)
    mended = mending_version(correction, at) if step == "uphold" else None
    if step == "uphold" and mended is None:
        raise NotMended
    correction.mended_by = mended
    correction.finding_sealed = seal_finding(correction, finding) if finding else b""
    correction.closed_at, correction.closed_by = at, person
    correction.save(update_fields=["state", "mended_by", "finding_sealed", "closed_at", "closed_by"])
    if mended:
        move_figure(Key(correction.licence.licence_type_id, correction.licence.issuer_id, CORRECTED), 1)
    note("answer_report", correction, actor, at, fields=[mended.identifier] if mended else [])
    tell(correction, at)
    return correction


def mending_version(correction: Correction, at: dt.datetime) -> "Licence | None":
    """Return the newest version in the licence's place, if it says the reported field in another way."""
    newest = licences.successor_of(correction.licence)
    if newest is None or said_in(newest, correction.field, at) == said_in(correction.licence, correction.field, at):
        return None
    return newest


def said_in(licence: "Licence", field: str, at: dt.datetime) -> Any:
    """Return what a licence says in a field; nothing where it is empty or its signature does not hold."""
    return (verify_found([licence], at=at).claims or {}).get(field)


def alike(correction: Correction) -> list[Correction]:
    """Return the other open reports of the same field of the same licence, the oldest first."""
    rows = Correction.objects.filter(licence=correction.licence_id, field=correction.field, state__in=OPEN)
    rows = rows.filter(~Q(pk=correction.pk)).order_by("reported_at", "pk")
    return list(rows.select_related("licence__licence_type", "provider", "department", "person", "holder"))


# --- The deadline ----------------------------------------------------------------------------------------------------


def escalate_due(*, at: dt.datetime | None = None, most: int = 500) -> int:
    """Pass on to the data authority at most `most` reports whose day has passed unanswered; return how many."""
    at = at or now()
    waiting = (State.REPORTED, State.CHECKING)
    due = Correction.objects.filter(state__in=waiting, answer_by__lt=legal_day(at)).order_by("answer_by")
    return sum(_escalate(correction, at) for correction in due[:most])


@transaction.atomic
def _escalate(correction: Correction, at: dt.datetime) -> bool:
    correction = locked(correction)
    if not can_step("escalate", State(correction.state), Party.PLATFORM):
        # Answered meanwhile.
        return False
    take("escalate", correction, Party.PLATFORM)
    correction.escalated_at = at
    correction.save(update_fields=["state", "escalated_at"])
    note("escalate_report", correction, PLATFORM, at)
    tell(correction, at)
    return True
