"""What every step of an agreement leaves behind: its row, its entry in the record, and the notices of those told."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from audit.recording import Subject, Why, record, record_refusal
from exchange.agreements.parties import provider_of, requester_of
from exchange.agreements.procedure import STEPS, Side, State
from exchange.models import Agreement, AgreementStep, StaffNotice
from foundation.context import Actor
from foundation.reasons import Refused


def subject_of(agreement: Agreement | None) -> Subject:
    """Return an agreement as entries name it; what names none may be anything that somebody typed."""
    if agreement is None:
        return Subject("agreement")
    return Subject("agreement", agreement.reference, agreement.licence_type.code)


@contextmanager
def refusals_recorded(action: str, subject: Subject, actor: Actor) -> Iterator[None]:
    """Record a refusal of the act inside, once the act's own transaction is gone."""
    try:
        yield
    except Refused as refused:
        raise record_refusal(refused, action=action, actor=actor, subject=subject) from None


def locked(agreement: Agreement) -> Agreement:
    """Return the agreement as it is now, held by the caller's transaction until it ends."""
    rows = Agreement.objects.select_for_update(of=("self",))
    return rows.select_related("department", "item", "licence_type__owner", "renews").get(pk=agreement.pk)


def note_step(step: str, agreement: Agreement, side: Side, actor: Actor, at: dt.datetime, *, text: str = "") -> UUID:
    """Write a step that was taken into the agreement's history and into the record, and tell those it concerns."""
    entry = record(
        action="step_agreement",
        actor=actor,
        subject=subject_of(agreement),
        outcome="done",
        why=Why(agreement.item.code),
        fields=[step, str(agreement.state)],
        personal={"text": text} if text else None,
        at=at,
    )
    AgreementStep.objects.create(
        agreement=agreement,
        step=step,
        side=str(side),
        state=agreement.state,
        person_id=actor.person,
        client=actor.client,
        text=text,
        entry=entry,
        at=at,
    )
    if step in STEPS:
        tell(agreement, STEPS[step].tells, "agreement_moved", at, state=State(agreement.state))
    return entry


def tell(
    agreement: Agreement,
    sides: Iterable[Side],
    reason: str,
    at: dt.datetime,
    *,
    state: State | None = None,
    day: dt.date | None = None,
) -> None:
    """Leave a notice for the heads of these sides."""
    departments = {Side.REQUESTER: requester_of, Side.PROVIDER: provider_of}
    StaffNotice.objects.bulk_create(
        StaffNotice(
            department=departments[side](agreement) if side in departments else None,
            agreement=agreement,
            reason=reason,
            state=str(state or ""),
            day=day,
            at=at,
        )
        for side in sides
    )
