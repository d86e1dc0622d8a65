"""The clocks of agreements at work: reminders, what is overdue passed on, what has reached its end ended.

All follows from the rows, so that a lost message loses nothing; each run does a bounded part, the most urgent first.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from exchange.agreements.clocks import ENDS_SOON, NEAR
from exchange.agreements.noting import locked, tell
from exchange.agreements.procedure import ANSWERABLE, CLOCKED, GIVING, Party, Side, State, can_step
from exchange.agreements.stepping import step_of_platform
from exchange.models import Agreement, StaffNotice
from foundation.clock import end_of_day, legal_day, now


def keep_clocks(*, at: dt.datetime | None = None, most: int = 500) -> int:
    """Do what the clocks ask for now, at most `most` of each kind; return how many agreements were touched."""
    at = at or now()
    today = legal_day(at)
    ended = Agreement.objects.filter(state__in=GIVING, until__lte=at).order_by("until")
    overdue = Agreement.objects.filter(state__in=ANSWERABLE, answer_by__lt=today).order_by("answer_by")
    done = sum(_step("expire", agreement, at) for agreement in ended[:most])
    done += sum(_step("escalate", agreement, at) for agreement in overdue[:most])
    return done + _remind(at, today, most)


@transaction.atomic
def _step(step: str, agreement: Agreement, at: dt.datetime) -> bool:
    agreement = locked(agreement)
    is_due = agreement.until is not None and agreement.until <= at if step == "expire" else _is_overdue(agreement, at)
    if not is_due or not can_step(step, State(agreement.state), Party.PLATFORM):
        # Answered, extended or ended meanwhile.
        return False
    step_of_platform(agreement, step, at)
    return True


def _is_overdue(agreement: Agreement, at: dt.datetime) -> bool:
    return agreement.answer_by is not None and agreement.answer_by < legal_day(at)


def _remind(at: dt.datetime, today: dt.date, most: int) -> int:
    """Remind those who must answer, and both sides of an end that comes near; each once for each day that is due."""
    near = Q(state__in=CLOCKED, answer_by__gte=today, answer_by__lte=today + dt.timedelta(days=NEAR))
    late = Q(state=State.DIRECTED, answer_by__lt=today)
    soon = Q(state__in=GIVING, until__gt=at, until__lte=end_of_day(today + dt.timedelta(days=ENDS_SOON)))
    both = (Side.REQUESTER, Side.PROVIDER)
    return (
        _tell_once(near, (Side.PROVIDER,), "agreement_due_soon", at, most)
        + _tell_once(late, (Side.PROVIDER, Side.AUTHORITY), "agreement_overdue", at, most)
        + _tell_once(soon, both, "agreement_ends_soon", at, most)
    )


def _tell_once(wanted: Q, sides: Iterable[Side], reason: str, at: dt.datetime, most: int) -> int:
    column = "until" if reason == "agreement_ends_soon" else "answer_by"
    due = Agreement.objects.filter(wanted).order_by(column)
    told = set(StaffNotice.objects.filter(reason=reason, agreement__in=due).values_list("agreement", "day"))
    left = [agreement for agreement in due if (agreement.pk, _day(agreement, column)) not in told][:most]
    for agreement in left:
        _tell(agreement, sides, reason, column, at)
    return len(left)


@transaction.atomic
def _tell(agreement: Agreement, sides: Iterable[Side], reason: str, column: str, at: dt.datetime) -> None:
    agreement = locked(agreement)
    day = _day(agreement, column)
    # Another worker may have told it meanwhile.
    if not agreement.notices.filter(reason=reason, day=day).exists():
        tell(agreement, sides, reason, at, day=day)


def _day(agreement: Agreement, column: str) -> dt.date | None:
    if column == "answer_by":
        return agreement.answer_by
    return legal_day(agreement.until - dt.timedelta(microseconds=1)) if agreement.until else None
