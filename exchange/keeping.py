"""Who looks after a department's part of the record: its head and its administrators; over all, the data authority."""

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from foundation.context import Actor
from registry import queries as registry
from registry.lineage import lineage

if TYPE_CHECKING:
    from registry.models import Membership, Person


def kept_by(person: "Person", at: dt.datetime) -> list[str]:
    """Return the codes of the departments whose part of the record a person keeps, with those they succeeded."""
    own = (m.department for m in registry.memberships(person, at) if m.role in registry.KEEPERS)
    return sorted({code for department in own if department for code in lineage("department", department.code)})


def keeper(
    person: "Person", department: str, at: dt.datetime, *, roles: Collection[str] = registry.KEEPERS
) -> Actor | None:
    """Return a person as a keeper, in one of these roles, of a department (code) or of the one that succeeded it."""
    for membership in registry.memberships(person, at):
        own = membership.department
        if own and membership.role in roles and department in lineage("department", own.code):
            return _actor(person, membership)
    return None


def authority(person: "Person", at: dt.datetime) -> Actor | None:
    """Return a person as the data authority, if that is their role."""
    return _in_role(person, (registry.AUTHORITY,), at)


def overseer(person: "Person", at: dt.datetime) -> Actor | None:
    """Return a person as one who oversees all departments, if such a role is theirs."""
    return _in_role(person, registry.OVERSEERS, at)


def anyone(person: "Person", at: dt.datetime) -> Actor:
    """Return a person as the record sees them when an act of theirs is refused."""
    found = registry.memberships(person, at)
    return _actor(person, found[0]) if found else Actor(person=person.pk, role="citizen", name=person.get_full_name())


def _in_role(person: "Person", roles: Collection[str], at: dt.datetime) -> Actor | None:
    found = (m for m in registry.memberships(person, at) if m.role in roles)
    return next((_actor(person, membership) for membership in found), None)


def _actor(person: "Person", membership: "Membership") -> Actor:
    department = membership.department.code if membership.department else ""
    return Actor(person=person.pk, department=department, role=membership.role, name=person.get_full_name())
