"""In which standing staff handle an item, and opening an application as one of them."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from audit.recording import Subject, Why, record, record_refusal
from exchange import queries
from exchange.asking import Standing, standing_of_person
from exchange.errors import ApplicationNotFound, RoleMissing
from exchange.models import Application
from exchange.procedure import State
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Refused
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Item, Person


def standings(person: "Person", at: dt.datetime) -> list[Standing]:
    """Return the standings in which a person works for departments."""
    return [
        standing_of_person(person, membership.department, membership.role)
        for membership in registry.memberships(person, at)
        if membership.role in registry.STAFF_ROLES and membership.department
    ]


def staff_standing(person: "Person", item: "Item", at: dt.datetime) -> Standing:
    """Return the standing in which a person handles an item; `RoleMissing` where they have no role for it."""
    for standing in standings(person, at):
        if registry.handles(standing.asker.department, item):
            return standing
    raise RoleMissing(item.department.name)


def any_standing(person: "Person", item: "Item | None", at: dt.datetime) -> Standing | None:
    """Return the standing that handles the item, else the person's first: the access decision refuses with reason."""
    mine = standings(person, at)
    handling = (s for s in mine if item and registry.handles(s.asker.department, item))
    return next(handling, mine[0] if mine else None)


def staff_actor(person: "Person", at: dt.datetime) -> Actor:
    """Return a person as the record sees them when an act of theirs is refused."""
    standing = any_standing(person, None, at)
    return standing.actor if standing else Actor(person=person.pk, name=person.get_full_name())


def open_application(number: str, *, person: "Person", at: dt.datetime | None = None) -> Application:
    """Open an application as staff of the department that handles it; who opened it stands in the record."""
    at = at or now()
    found = queries.application_by_number(number)
    # A number that no application has may be anything.
    subject = Subject("application", found.number if found else "")
    why = Why(found.item.code, "", found.number) if found else Why()
    try:
        with transaction.atomic():
            # A draft is its applicant's alone.
            if found is None or found.state == State.DRAFT:
                raise ApplicationNotFound
            actor = staff_standing(person, found.item, at).actor
            record(action="open_application", actor=actor, subject=subject, outcome="opened", why=why)
            return found
    except Refused as refused:
        actor = staff_actor(person, at)
        raise record_refusal(
            refused, action="open_application", actor=actor, subject=subject, why=why, personal={"number": number[:80]}
        ) from None
