"""What pages may ask about objections: a person's own, a department's, and all of them."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from exchange.models import Objection
from exchange.redress import OPEN

if TYPE_CHECKING:
    from registry.models import Person


def _with_parts() -> QuerySet[Objection]:
    return Objection.objects.select_related("department", "holder", "person", "closed_by")


def objections_by(person: "Person") -> QuerySet[Objection]:
    """Return a person's objections, the newest first."""
    return _with_parts().filter(person=person).order_by("-filed_at")


def objection_of(person: "Person", number: str) -> Objection | None:
    """Return a person's own objection."""
    return objections_by(person).filter(number=number).first()


def open_objections(departments: Collection[str] | None = None) -> QuerySet[Objection]:
    """Return the objections that wait for an answer, of these departments (codes) or of all, the most urgent first."""
    found = _with_parts().filter(state__in=OPEN).order_by("answer_by", "filed_at")
    return found if departments is None else found.filter(department__code__in=list(departments))


def closed_objections(departments: Collection[str] | None = None) -> QuerySet[Objection]:
    """Return the objections that are closed, of these departments (codes) or of all, the latest first."""
    found = _with_parts().exclude(state__in=OPEN).order_by("-closed_at")
    return found if departments is None else found.filter(department__code__in=list(departments))
