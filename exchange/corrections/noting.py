"""What all steps of a report share: its row held, its step taken by the table, its entry, what holders are told."""

import datetime as dt
from collections.abc import Iterable

from audit.recording import Subject, Why, record
from exchange.corrections.errors import CorrectionWrongState
from exchange.mending import STEPS, State, can_step
from exchange.models import Correction
from exchange.stepping import Party
from foundation.context import Actor
from licences.notices import notify


def locked(correction: Correction) -> Correction:
    """Return the report as it is now, held until the transaction ends."""
    rows = Correction.objects.select_for_update(of=("self",)).select_related("licence__licence_type", "provider")
    return rows.get(pk=correction.pk)


def subject_of(correction: Correction) -> Subject:
    """Return a report as entries name it, with the type of its licence."""
    return Subject("correction", correction.number, correction.licence.licence_type.code)


def take(step: str, correction: Correction, party: Party) -> None:
    """Move the report by the table; `CorrectionWrongState` where it has no such step for this party."""
    state = State(correction.state)
    if not can_step(step, state, party):
        raise CorrectionWrongState(state)
    correction.state = STEPS[step].target


def note(action: str, correction: Correction, actor: Actor, at: dt.datetime, fields: Iterable[str] = ()) -> None:
    """Record a step: which licence, which field, and never what was written about it."""
    record(
        action=action,
        actor=actor,
        subject=subject_of(correction),
        outcome=str(correction.state),
        why=Why(case=correction.number),
        fields=[correction.licence.identifier, correction.field, *fields],
        at=at,
    )


def tell(correction: Correction, at: dt.datetime) -> None:
    """Tell the holder who reported what came of it; of a mend all holders of the licence, whoever reported it."""
    state = State(correction.state)
    holders = list(correction.licence.holders.all()) if state is State.UPHELD else []
    if correction.holder and correction.holder not in holders:
        holders.append(correction.holder)
    notify(holders, correction.mended_by or correction.licence, reason=f"correction_{state}", at=at)
