"""What was given to a department, for its systems and people; that they looked stands in the record."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from audit.recording import Subject, Why, record
from exchange.asking import Standing
from exchange.authorising.granting import refusals_recorded, subject_of
from exchange.authorising.queries import given_to, in_force, over
from exchange.errors import AccessRefused, AuthorisationNotFound
from exchange.models import Authorisation
from foundation.reasons import because
from registry.lineage import lineage


def list_given(*, standing: Standing, holding: bool, item: str, at: dt.datetime) -> QuerySet[Authorisation]:
    """Return the authorisations of the asker's department that hold, or those that are over; of one item, if named."""
    subject = Subject("authorisation")
    with refusals_recorded("list_authorisations", subject, standing.actor), transaction.atomic():
        if not (standing.asker.active and standing.asker.department):
            raise AccessRefused(because("client_inactive"))
        found = given_to(standing.asker.department)
        found = in_force(found, at) if holding else over(found, at)
        if item:
            found = found.filter(item__code__in=lineage("item", item))
        record(
            action="list_authorisations",
            actor=standing.actor,
            subject=subject,
            outcome="done",
            why=Why(item[:40]),
            at=at,
        )
        return found


def open_given(key: UUID, *, standing: Standing, at: dt.datetime) -> Authorisation:
    """Open one authorisation of the asker's department; another's is not found. It is recorded."""
    subject = Subject("authorisation", str(key))
    with refusals_recorded("open_authorisation", subject, standing.actor), transaction.atomic():
        found = given_to(standing.asker.department).filter(pk=key).first()
        if found is None:
            raise AuthorisationNotFound
        record(action="open_authorisation", actor=standing.actor, subject=subject_of(found), outcome="opened", at=at)
        return found
