"""What a department asks about the licences that it issued and those it is making: all of them, and only its own."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from licences.lifecycle import State
from licences.models import Draft, Licence
from licences.numbering import Identifier, number_key, parse_identifier
from licences.stages import Stage
from registry.lineage import lineage


def issuers(departments: Iterable[str]) -> list[str]:
    """Return the codes of these departments and of those that they succeeded."""
    return sorted({code for department in departments for code in lineage("department", department)})


def issued_by(departments: Iterable[str]) -> QuerySet[Licence]:
    """Return the licences of these issuers (codes), those that were never issued as well, the newest first."""
    found = Licence.objects.filter(issuer__code__in=list(departments)).order_by("-issued_at", "-pk")
    return found.select_related("licence_type__owner", "issuer", "signing_key").prefetch_related("holders")


def search_issued(
    departments: Iterable[str],
    *,
    text: str = "",
    holder: UUID | None = None,
    licence_type: UUID | None = None,
    state: State | None = None,
) -> QuerySet[Licence]:
    """Return what of `issued_by` bears the number or identifier `text`, and fits whatever else is given.

    A number is found by its beginning too, a version by its identifier alone.
    """
    found = issued_by(departments)
    if text:
        identifier = parse_identifier(text)
        key = number_key(text)
        named = isinstance(identifier, Identifier)
        found = found.filter(Q(identifier=str(identifier)) if named else Q(number_key__startswith=key))
    if holder:
        found = found.filter(holders=holder)
    if licence_type:
        found = found.filter(licence_type=licence_type)
    return found.filter(state=state) if state else found


def identifiers_issued_by(departments: Iterable[str], *, text: str = "") -> QuerySet[Licence, str]:
    """Return the identifiers of the licences of these issuers (codes), of those that bear `text` where it is given."""
    return search_issued(departments, text=text).order_by().values_list("identifier", flat=True)


def is_issued_by(identifier: str, departments: Iterable[str]) -> bool:
    """Say whether one of these issuers (codes) issued the licence with this identifier."""
    return Licence.objects.filter(identifier=identifier, issuer__code__in=list(departments)).exists()


def types_issued(departments: Iterable[str]) -> list[UUID]:
    """Return the types of which these issuers have licences."""
    found = Licence.objects.filter(issuer__code__in=list(departments))
    return list(found.order_by("licence_type").values_list("licence_type", flat=True).distinct())


def drafts_of(departments: Iterable[str], stage: Stage | None = None) -> QuerySet[Draft]:
    """Return the licences in the making of these issuers (codes), the newest first, in one stage where it is given."""
    found = Draft.objects.filter(issuer__code__in=list(departments)).order_by("-made_at", "-pk")
    found = found.select_related("licence_type", "issuer", "replaces", "licence").prefetch_related("holders")
    return found.filter(state=stage) if stage else found


def draft_counts(departments: Iterable[str]) -> Counter[str]:
    """Return how many drafts of these issuers there are by stage."""
    found = Draft.objects.filter(issuer__code__in=list(departments)).order_by().values("state")
    return Counter({row["state"]: row["count"] for row in found.annotate(count=Count("pk"))})
