"""What pages and the API may ask the exchange; also the joins of the record with applications, licences and holders."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from audit.queries import Entry, entries_about
from exchange.models import Application
from exchange.procedure import State
from licences import queries as licences

if TYPE_CHECKING:
    from registry.models import Item, Person


def _with_parts() -> QuerySet[Application]:
    return Application.objects.select_related("item__department", "holder", "applicant", "decided_by")


def applications_by(person: "Person") -> QuerySet[Application]:
    """Return what a person applied for, newest first."""
    return _with_parts().filter(applicant=person)


def application_of(person: "Person", number: str) -> Application | None:
    """Return a person's own application."""
    return applications_by(person).filter(number=number).first()


def inbox(items: "Iterable[Item]") -> QuerySet[Application]:
    """Return the applications for these items that wait for a decision, the most urgent first."""
    return _with_parts().filter(item__in=items, state=State.SUBMITTED).order_by("decide_by", "submitted_at")


def decided(items: "Iterable[Item]") -> QuerySet[Application]:
    """Return the decided applications for these items, newest first."""
    return _with_parts().filter(item__in=items).exclude(state=State.SUBMITTED).order_by("-decided_at")


def application_by_number(number: str) -> Application | None:
    """Return the application; whoever shows it checks who asks."""
    return _with_parts().filter(number=number).first()


def looks_at(holder: UUID) -> QuerySet[Entry]:
    """Return every access by others to a holder's licences, newest first."""
    identifiers = [licence.identifier for licence in licences.wallet(holder)]
    return entries_about("licence", identifiers).filter(action__in=["verify", "disclose"])


def counts() -> dict[str, int]:
    """Return how many applications there are, by whether they wait."""
    waiting = Application.objects.filter(state=State.SUBMITTED).count()
    issued = Application.objects.filter(state=State.ISSUED).count()
    return {"waiting": waiting, "issued": issued, "all": Application.objects.count()}
