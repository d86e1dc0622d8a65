"""Enrolling people, their roles, and the clients of departments' own systems."""

import datetime as dt
import secrets
from typing import Any

from django.db import transaction

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Refused, because
from registry.models import Client, Department, Membership, Person


@transaction.atomic
def enrol_person(*, username: str, password: str | None, name: str, actor: Actor, **values: Any) -> Person:
    """Make a person who can sign in."""
    person = Person.objects.create_user(username, password, name=name, **values)
    record(action="enrol_person", actor=actor, subject=Subject("person", str(person.pk)), outcome="done")
    return person


@transaction.atomic
def grant_role(
    *, person: Person, role: str, department: Department | None, actor: Actor, since: dt.datetime | None = None
) -> Membership:
    """Give a person a role in a department, or a city-wide one."""
    membership = Membership(person=person, role=role, department=department, since=since or now())
    membership.full_clean()
    membership.save()
    record(
        action="grant_role",
        actor=actor,
        subject=Subject("person", str(person.pk)),
        outcome="done",
        reason="",
        fields=[role, department.code if department else ""],
    )
    return membership


@transaction.atomic
def revoke_role(membership: Membership, *, actor: Actor, at: dt.datetime | None = None) -> None:
    """End a person's role from this moment on; what they did in it stays theirs."""
    at = at or now()
    held = Membership.objects.select_for_update().select_related("department", "person").get(pk=membership.pk)
    if held.until is not None and held.until <= at:
        raise Refused(because("role_not_held"))
    held.until = at
    held.save(update_fields=["until"])
    record(
        action="revoke_role",
        actor=actor,
        subject=Subject("person", str(held.person_id)),
        outcome="done",
        fields=[held.role, held.department.code if held.department else ""],
        at=at,
    )


@transaction.atomic
def register_client(
    *,
    name: str,
    department: Department,
    actor: Actor,
    reads_record: bool = False,
    must_sign: bool = False,
    rate: int | None = None,
) -> tuple[Client, str]:
    """Register a department's system for client credentials; return it and its secret, which is stored hashed only.

    One that `reads_record` may ask for tokens with the scope `record`, which opens the entries of all departments. One
    that `must_sign` is answered only where its calls bear a signature. `rate` is its own limit of looks a second.
    """
    secret = secrets.token_urlsafe(32)
    client = Client.objects.create(
        name=name,
        department=department,
        reads_record=reads_record,
        must_sign=must_sign,
        rate=rate,
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    granted = [name for name, given in (("reads_record", reads_record), ("must_sign", must_sign)) if given]
    subject = Subject("client", str(client.pk))
    record(action="register_client", actor=actor, subject=subject, outcome="done", fields=granted)
    return client, secret
