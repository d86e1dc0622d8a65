"""What pages and the API may ask about authorisations."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from exchange.models import Authorisation
from registry.lineage import lineage


def _with_parts() -> QuerySet[Authorisation]:
    return Authorisation.objects.select_related("holder", "licence_type", "department", "item", "granted_by")


def given_by(holders: Iterable[UUID]) -> QuerySet[Authorisation]:
    """Return all authorisations in the name of these holders, by whomever given, the newest first."""
    return _with_parts().filter(holder__in=list(holders)).prefetch_related("uses").order_by("-since", "-pk")


def in_force(found: QuerySet[Authorisation], at: dt.datetime) -> QuerySet[Authorisation]:
    """Return those that hold at `at`."""
    not_ended = Q(until__isnull=True) | Q(until__gt=at)
    return found.filter(not_ended, since__lte=at, revoked_at__isnull=True, used_at__isnull=True)


def over(found: QuerySet[Authorisation], at: dt.datetime) -> QuerySet[Authorisation]:
    """Return those that were used up, taken back, or have ended."""
    return found.filter(Q(until__lte=at) | Q(revoked_at__isnull=False) | Q(used_at__isnull=False))


def given_to(department: str) -> QuerySet[Authorisation]:
    """Return the authorisations of a department (code) and of those that it succeeded, the newest first."""
    return _with_parts().filter(department__code__in=lineage("department", department)).order_by("-since", "-pk")
