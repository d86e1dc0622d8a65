"""What pages and systems may ask about agreements: those of their departments, with what is told of them."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from exchange.agreements.clocks import ENDS_SOON, NEAR
from exchange.agreements.errors import AgreementNotFound
from exchange.agreements.procedure import CLOCKED, GIVING, STATE_NAMES, WITH_AUTHORITY, State
from exchange.lights import Light, light
from exchange.models import Agreement, StaffNotice
from foundation.clock import legal_day
from foundation.reasons import Both, Grounds, because
from registry.lineage import current_departments

if TYPE_CHECKING:
    from registry.models import Department

NOTICE_DAYS = 60


def _with_parts() -> QuerySet[Agreement]:
    parts = ("department", "item__department", "licence_type__owner", "renews")
    return Agreement.objects.select_related(*parts).order_by("-id")


def asked_by(departments: Collection[str]) -> QuerySet[Agreement]:
    """Return the agreements under which these departments (codes, with those they succeeded) use, the newest first."""
    return _with_parts().filter(department__code__in=list(departments))


def asked_of_us(departments: Collection[str]) -> QuerySet[Agreement]:
    """Return the agreements under which these departments provide; drafts and what awaits the other's head are not."""
    found = _with_parts().filter(licence_type__owner__code__in=list(departments))
    return found.exclude(state__in=[State.DRAFT, State.REQUESTED])


def all_agreements() -> QuerySet[Agreement]:
    """Return the agreements that went beyond their own department, the newest first."""
    return _with_parts().exclude(state__in=[State.DRAFT, State.REQUESTED])


def for_authority() -> QuerySet[Agreement]:
    """Return the agreements in which the data authority has something to decide, the most urgent first."""
    return _with_parts().filter(state__in=WITH_AUTHORITY).order_by("answer_by", "id")


def agreements_of(departments: Collection[str]) -> QuerySet[Agreement]:
    """Return the agreements to which these departments are a party."""
    codes = list(departments)
    provided = Q(licence_type__owner__code__in=codes) & ~Q(state__in=[State.DRAFT, State.REQUESTED])
    return _with_parts().filter(Q(department__code__in=codes) | provided)


def agreement_for(reference: str, departments: Collection[str], *, everything: bool = False) -> Agreement:
    """Return an agreement of these departments (codes), or with `everything` any that went beyond its own.

    All others are as if there were none.
    """
    agreement = agreements_of(departments).filter(reference=reference).first()
    if agreement is None and everything:
        agreement = all_agreements().filter(reference=reference).first()
    if agreement is None:
        raise AgreementNotFound
    return agreement


def renewals_of(agreement: Agreement, departments: Collection[str], *, everything: bool = False) -> QuerySet[Agreement]:
    """Return the requests that would renew an agreement, as far as whoever asks sees them."""
    return (all_agreements() if everything else agreements_of(departments)).filter(renews=agreement)


def light_of(agreement: Agreement, at: dt.datetime) -> tuple[Light, dt.date] | None:
    """Return the light and the last day of the clock that runs, of an answer or of the end; nothing where none runs."""
    today = legal_day(at)
    if agreement.state in CLOCKED and agreement.answer_by:
        return light(agreement.answer_by, today, NEAR), agreement.answer_by
    if agreement.state in GIVING and agreement.until:
        day = legal_day(agreement.until - dt.timedelta(microseconds=1))
        return light(day, today, ENDS_SOON), day
    return None


@dataclass(frozen=True, slots=True)
class Row:
    """An agreement with the departments that are its sides today, and the clock that runs, if one does."""

    agreement: Agreement
    requester: "Department"
    provider: "Department"
    clock: tuple[Light, dt.date] | None


def rows_of(agreements: Iterable[Agreement], at: dt.datetime) -> list[Row]:
    """Return agreements as lists show them; in a fixed number of queries."""
    found = [(a, a.licence_type.owner) for a in agreements]
    today = current_departments([d for a, owner in found for d in (a.department, owner) if d])
    return [
        Row(a, today[a.department.code], today[owner.code], light_of(a, at)) for a, owner in found if owner is not None
    ]


@dataclass(frozen=True, slots=True)
class Notice:
    """What staff is told: of which agreement, when, and what."""

    reference: str
    at: dt.datetime
    grounds: Grounds


def notices_for(departments: Collection[str] | None, at: dt.datetime, most: int = 10) -> list[Notice]:
    """Return the latest notices of the last days to these departments (codes), or to the data authority where None."""
    found = StaffNotice.objects.select_related("agreement").filter(at__gt=at - dt.timedelta(days=NOTICE_DAYS))
    if departments is None:
        found = found.filter(department__isnull=True)
    else:
        found = found.filter(department__code__in=list(departments))
    return [Notice(row.agreement.reference, row.at, _grounds(row)) for row in found[:most]]


def _grounds(row: StaffNotice) -> Grounds:
    state = STATE_NAMES[State(row.state)] if row.state else Both("", "")
    day = row.day.isoformat() if row.day else ""
    return because(row.reason, agreement=row.agreement.reference, state=state, day=day)
