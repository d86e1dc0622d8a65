"""Judging what the database showed of one number: what is answered, and the act that the record keeps of it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from audit.recording import Act
from exchange.api.fast.asked import Unusual
from exchange.asking import Ask, Standing
from exchange.noting import UNNAMED, meant, typed, why_of
from exchange.rates.charging import seconds_to_wait
from exchange.surveying import Facts, Survey
from exchange.verifying import ACTION, told_of, true_reason
from foundation.reasons import Grounds, because
from licences.direct import Row, is_sound
from licences.outcomes import Outcome
from licences.queries import latest
from licences.subjects import subject_of
from licences.verification import judge_sound


@dataclass(frozen=True, slots=True)
class Look:
    """What is answered, where `outcome` is None a refusal; `act` is for the record."""

    outcome: Outcome | None
    grounds: Grounds
    row: Row | None
    act: Act


def look(ask: Ask, standing: Standing, survey: Survey, rows: Sequence[Row], *, facts: Facts, at: dt.datetime) -> Look:
    """Judge a number by all issued licences that bear it; raises `Unusual` where it takes more than their rows."""
    bearing = latest(rows)
    if len(bearing) > 1 or not survey.plain:
        raise Unusual
    if survey.refusal:
        act = _act(ask, standing, at, outcome="refused", reason=survey.refusal.code, told=UNNAMED,
                   subject=meant(bearing, survey.wanted))  # fmt: skip
        return Look(None, survey.refusal, None, act)
    found = latest([row for row in rows if row.licence_type_id in survey.permitted])
    if not found:
        return _absent(ask, standing, survey, bearing, at)
    (row,) = found
    if not row.has_one_holder or not is_sound(row, facts.keys):
        raise Unusual
    outcome, grounds = judge_sound(row, at=at)
    act = _act(ask, standing, at, outcome=outcome.label, reason=grounds.code, subject=subject_of(row),
               told=told_of(grounds, ask, named=True))  # fmt: skip
    return Look(outcome, grounds, row, act)


def charge(standing: Standing, survey: Survey, count: int) -> None:
    """Charge looks to the caller's rates; whoever is to wait was charged nothing, and is told so by the views."""
    client = standing.actor.client
    if client is None or seconds_to_wait(
        client=client,
        department=standing.actor.department,
        types=survey.charged,
        count=count,
        own_rate=standing.rate,
    ):
        raise Unusual


def _absent(ask: Ask, standing: Standing, survey: Survey, bearing: Sequence[Row], at: dt.datetime) -> Look:
    outcome, grounds = Outcome.NOT_FOUND, because("not_found")
    reason = true_reason(grounds, [row.licence_type_id for row in bearing], survey.refused)
    act = _act(ask, standing, at, outcome=outcome.label, reason=reason, told=told_of(grounds, ask, named=False),
               subject=meant(bearing, survey.wanted))  # fmt: skip
    return Look(outcome, grounds, None, act)


def _act(ask: Ask, standing: Standing, at: dt.datetime, **values: object) -> Act:
    return Act(
        action=ACTION, actor=standing.actor, why=why_of(ask), personal=typed(ask), at=at, **values,  # type: ignore[arg-type]
    )  # fmt: skip
