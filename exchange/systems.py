"""A department's own systems, kept by its head and its administrators: what they may do, and what they were refused."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from audit.recording import Subject, record_refusal
from exchange.errors import SystemNotFound, SystemsNotYours
from exchange.keeping import anyone, keeper, kept_by
from foundation.clock import end_of_day, now
from foundation.context import Actor
from foundation.reasons import Refused
from registry import enrolling, systems
from registry import queries as registry
from registry.errors import ClientRefused

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.models import Client, ClientKey, Person

LONGEST_NAME = 100


def systems_of(person: "Person", at: dt.datetime) -> "QuerySet[Client]":
    """Return the systems of the departments that a person keeps."""
    return registry.clients_of(kept_by(person, at))


def system_of(person: "Person", key: UUID, at: dt.datetime) -> "Client":
    """Return one of these systems; any other is not found."""
    found = systems_of(person, at).filter(pk=key).first()
    if found is None:
        raise SystemNotFound
    return found


def register_system(
    *, person: "Person", department: str, name: str, must_sign: bool = False, at: dt.datetime | None = None
) -> "tuple[Client, str]":
    """Register a system of a department (code) that the person keeps; return it with its secret, shown only now."""
    at = at or now()
    with _recorded("register_client", Subject("department", department), person, at):
        actor, found = keeper(person, department, at), registry.department_by_code(department)
        if found is None or actor is None or found.retired_at is not None:
            raise SystemsNotYours
        name = name.strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            code = "field_too_long" if len(name) > LONGEST_NAME else "field_required"
            raise ClientRefused(code, field="name", most=str(LONGEST_NAME))
        return enrolling.register_client(name=name, department=found, actor=actor, must_sign=must_sign)


def rotate_secret(*, person: "Person", system: "Client", days: str, at: dt.datetime | None = None) -> str:
    """Give a system a new secret and return it, shown only now; the present one holds for so many `days` more."""
    at = at or now()
    with _acting("rotate_secret", system, person, at) as actor:
        # What is no number of days is longer than any that is allowed.
        overlap = dt.timedelta(days=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 999)
        return systems.rotate_secret(system, actor=actor, overlap=overlap, at=at)


def deactivate_system(*, person: "Person", system: "Client", at: dt.datetime | None = None) -> None:
    """End a system for good, with its tokens, from this moment."""
    at = at or now()
    with _acting("deactivate_client", system, person, at) as actor:
        systems.deactivate_client(system, actor=actor, at=at)


def demand_signatures(*, person: "Person", system: "Client", must_sign: bool, at: dt.datetime | None = None) -> None:
    """Say whether a system must sign its calls."""
    at = at or now()
    with _acting("change_client", system, person, at) as actor:
        systems.change_client(system, actor=actor, must_sign=must_sign, at=at)


def add_key(
    *, person: "Person", system: "Client", jwk: str, until: dt.date | None = None, at: dt.datetime | None = None
) -> "ClientKey":
    """Register a public key of a system, given as the text of a JWK, until the end of a day if one is named."""
    at = at or now()
    with _acting("add_client_key", system, person, at) as actor:
        ends = end_of_day(until) if until else None
        return systems.add_client_key(system, _read(jwk), actor=actor, until=ends, at=at)


def end_key(*, person: "Person", system: "Client", kid: str, at: dt.datetime | None = None) -> None:
    """End a key of a system at once."""
    at = at or now()
    with _acting("end_client_key", system, person, at) as actor:
        systems.end_client_key(system, kid, actor=actor, at=at)


def _read(text: str) -> object:
    try:
        return json.loads(text[:4000])
    except (ValueError, RecursionError):
        return None


@contextmanager
def _acting(action: str, system: "Client", person: "Person", at: dt.datetime) -> Iterator[Actor]:
    """Give the person as a keeper of the system's department; whoever is none is refused."""
    with _recorded(action, Subject("client", str(system.pk)), person, at):
        actor = keeper(person, system.department.code, at) if system.department else None
        if actor is None:
            raise SystemsNotYours
        yield actor


@contextmanager
def _recorded(action: str, subject: Subject, person: "Person", at: dt.datetime) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise record_refusal(refused, action=action, actor=anyone(person, at), subject=subject) from None
