"""What pages and the API may ask the exchange; also the joins of the record with applications, licences and holders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Coalesce

from audit.queries import Entry, personal_values
from exchange.models import Agreement, Application
from exchange.procedure import CLOSED, GRANTED, OPEN, State
from foundation.reasons import REASONS, Both
from licences import queries as licences
from registry import queries as registry
from registry.lineage import lineage

if TYPE_CHECKING:
    from registry.models import Item, Person


def _with_parts() -> QuerySet[Application]:
    return Application.objects.select_related("item__department", "holder", "applicant", "decided_by", "extended_by")


def applications_by(person: "Person") -> QuerySet[Application]:
    """Return what a person applied for, newest first."""
    return _with_parts().filter(applicant=person)


def application_of(person: "Person", number: str) -> Application | None:
    """Return a person's own application."""
    return applications_by(person).filter(number=number).first()


def quotas_apply(department: str, item: "Item") -> bool:
    """Say whether an agreement of the department (code) for the item counts its uses."""
    of_department = Agreement.objects.filter(department__code__in=lineage("department", department))
    return of_department.filter(item__code__in=lineage("item", item.code), quota__isnull=False).exists()


def inbox(items: "Iterable[Item]") -> QuerySet[Application]:
    """Return the applications for these items that staff have to do with, the most urgent first.

    Those that wait for their applicants come last: of them nothing is due.
    """
    found = _with_parts().filter(item__in=items, state__in=OPEN)
    waits = Case(When(state=State.MISSING, then=Value(1)), default=Value(0))
    return found.annotate(waits=waits, due=Coalesce("accept_by", "decide_by")).order_by("waits", "due", "submitted_at")


def applications_for(items: "Iterable[Item]") -> QuerySet[Application]:
    """Return all applications for these items that were handed in, the newest first."""
    return _with_parts().filter(item__in=items).exclude(state=State.DRAFT).order_by("-submitted_at", "-pk")


def decided(items: "Iterable[Item]") -> QuerySet[Application]:
    """Return the decided applications for these items, newest first."""
    return _with_parts().filter(item__in=items, state__in=CLOSED).order_by("-decided_at", "-submitted_at")


def application_by_number(number: str) -> Application | None:
    """Return the application; whoever shows it checks who asks."""
    # PostgreSQL's texts hold no NUL, so that none has such a number.
    return None if "\0" in number else _with_parts().filter(number=number).first()


@dataclass(frozen=True, slots=True)
class Described:
    """An entry with the names of what it speaks of, as far as they still exist."""

    entry: Entry
    department: Both
    item: Both
    subject: str
    reason: Both
    personal: Mapping[str, str]


def described(entries: Iterable[Entry]) -> list[Described]:
    """Join entries with the names of departments, items and licences, in a fixed number of queries."""
    entries = list(entries)
    departments = {d.code: d.name for d in registry.departments_by_code({e.actor_department for e in entries})}
    items = {i.code: i.name for i in registry.items_by_code({e.item for e in entries})}
    numbers = licences.numbers({e.subject for e in entries if e.subject_kind == "licence"})
    personal = personal_values(e.pk for e in entries)
    return [
        Described(
            entry=e,
            department=departments.get(e.actor_department, Both(e.actor_department, e.actor_department)),
            item=items.get(e.item, Both(e.item, e.item)),
            subject=numbers.get(e.subject, e.subject),
            reason=_reason(e.reason),
            personal=personal.get(e.pk, {}),
        )
        for e in entries
    ]


def _reason(code: str) -> Both:
    # The record keeps codes; the values of a text belong to the answer that was given, so they stay open here.
    reason = REASONS.get(code)
    return Both(reason.text("zh"), reason.text("en")) if reason else Both(code, code)


def counts() -> dict[str, int]:
    """Return how many applications there are, by whether they wait."""
    handed_in = Application.objects.exclude(state=State.DRAFT)
    waiting = handed_in.filter(state__in=OPEN).count()
    granted = handed_in.filter(state__in=GRANTED).count()
    return {"waiting": waiting, "issued": granted, "all": handed_in.count()}
