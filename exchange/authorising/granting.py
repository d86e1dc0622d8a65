"""Granting and taking back: by the holder, or by whoever acts for a child or a company."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.recording import Subject, Why, record, record_refusal
from exchange.authorising.errors import AuthorisationOver
from exchange.authorising.terms import LONGEST_DAYS, State, end_of, state_of
from exchange.errors import AuthorisationNotFound, InputInvalid, NotRepresented
from exchange.models import Application, Authorisation
from foundation.clock import legal_day, now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.reasons import Both, Grounds, Refused, because
from licences import queries as licences
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Representation
    from registry.models import Department, Item, LicenceType, Person

LONGEST_MANDATE, LONGEST_PURPOSE = 80, 200
_CHILD = "child"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a holder allows: a type to a department for one item of it; `until` is the last legal day.

    Without a type it is a mandate (委托): the department acts for the holder in the item, with all that the item needs,
    by the document `mandate` names. `purpose` narrows the use further; empty, the item itself is the purpose.
    """

    department: "Department"
    item: "Item"
    licence_type: "LicenceType | None" = None
    once: bool = False
    until: dt.date | None = None
    purpose: str = ""
    mandate: str = ""


def grant(
    wanted: Grant,
    *,
    person: "Person",
    holder: UUID,
    application: Application | None = None,
    key: UUID | None = None,
    at: dt.datetime | None = None,
) -> Authorisation:
    """Authorise a department in the name of a holder for whom the person acts; it holds from this instant on.

    `application` is the one within which it was given, if any. `key` is what a form carries: sent twice it authorises
    once. Faults of the input are named together.
    """
    at = at or now()
    actor, subject = citizen(person), Subject("authorisation", "", _code(wanted.licence_type))
    with refusals_recorded("authorise", subject, actor), transaction.atomic():
        representation = acting_for(person, holder, at)
        check_grant(wanted, at)
        made = Authorisation(
            id=key or new_id(),
            holder_id=holder,
            granted_by=person,
            licence_type=wanted.licence_type,
            department=wanted.department,
            item=wanted.item,
            application=application,
            purpose=wanted.purpose.strip(),
            mandate=wanted.mandate.strip(),
            since=at,
            until=end_of(wanted.until, at, represented_until=guarded_until(representation)),
            once=wanted.once,
        )
        if not _stored(made):
            return _known(made)
        record(
            action="authorise",
            actor=actor,
            subject=subject_of(made),
            outcome="done",
            why=Why(wanted.item.code, made.purpose, application.number if application else ""),
            fields=[wanted.department.code, *term_of(made)],
            personal={"mandate": made.mandate},
            at=at,
        )
        return made


def _stored(made: Authorisation) -> bool:
    """Store a new authorisation; say whether it was not there before."""
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _known(made: Authorisation) -> Authorisation:
    """Return what the same form authorised before; a key of somebody else's finds nothing."""
    known = Authorisation.objects.filter(pk=made.pk, holder=made.holder_id, granted_by=made.granted_by_id).first()
    if known is None:
        raise AuthorisationNotFound
    return known


def revoke(key: UUID, *, person: "Person", at: dt.datetime | None = None) -> Authorisation:
    """Take an authorisation back; no access relies on it from this instant on. For whoever acts for its holder now."""
    at = at or now()
    actor, subject = citizen(person), Subject("authorisation", str(key))
    with refusals_recorded("revoke_authorisation", subject, actor), transaction.atomic():
        found = Authorisation.objects.select_for_update().filter(pk=key).first()
        if found is None or not _acts_for(person, found.holder_id, at):
            raise AuthorisationNotFound
        if state_of(found, at) is not State.IN_FORCE:
            raise AuthorisationOver
        found.revoked_at, found.revoked_by = at, person
        found.save(update_fields=["revoked_at", "revoked_by"])
        record(action="revoke_authorisation", actor=actor, subject=subject_of(found), outcome="done", at=at)
        return found


# --- What granting and the codes share -------------------------------------------------------------------------------


def citizen(person: "Person") -> Actor:
    """Return a citizen as the record sees them."""
    return Actor(person=person.pk, role="citizen", name=person.get_full_name())


def subject_of(made: Authorisation) -> Subject:
    """Return an authorisation as entries name it."""
    return Subject("authorisation", str(made.pk), _code(made.licence_type))


def term_of(made: Authorisation) -> list[str]:
    """Return how long it was given for as entries say it: once or more often, and until when."""
    return ["once" if made.once else "repeatedly", made.until.isoformat() if made.until else ""]


def acting_for(person: "Person", holder: UUID, at: dt.datetime) -> "Representation":
    """Return by what power the person acts for the holder; raises `NotRepresented`."""
    found = (r for r in licences.represented_by(person.pk, at) if r.holder_id == holder)
    representation = next(found, None)
    if representation is None:
        raise NotRepresented
    return representation


def guarded_until(representation: "Representation") -> dt.datetime | None:
    """Return when a guardian's power over a child ends; what is given for a company outlives who gave it."""
    return representation.until if representation.kind == _CHILD else None


def check_grant(wanted: Grant, at: dt.datetime) -> None:
    """Raise `InputInvalid` with every fault: the item, who handles it, whether it needs the type, the last day."""
    faults: dict[str, Grounds] = {}
    if not registry.is_in_force(wanted.item, at):
        faults["item"] = because("item_not_in_force", item=wanted.item.code)
    elif not registry.handles(wanted.department.code, wanted.item):
        faults["item"] = because("department_not_handling", department=wanted.department.name, item=wanted.item.code)
    elif wanted.licence_type and not _is_needed(wanted.licence_type, wanted.item):
        items = ", ".join(i.code for i in registry.items_needing(wanted.licence_type, at)) or "—"
        named: dict[str, str | Both] = {"item": wanted.item.code, "type": wanted.licence_type.name, "items": items}
        faults["item"] = because("type_not_needed", **named)
    faults |= _faults_of_texts(wanted) | _faults_of_term(wanted, at)
    if faults:
        raise InputInvalid(faults)


def _is_needed(wanted: "LicenceType", item: "Item") -> bool:
    return any(t.pk == wanted.pk for group in registry.need_groups(item) for t in group.types)


def _faults_of_texts(wanted: Grant) -> dict[str, Grounds]:
    faults: dict[str, Grounds] = {}
    if wanted.licence_type is None and not wanted.mandate.strip():
        faults["mandate"] = because("mandate_missing")
    for name, text, most in (
        ("mandate", wanted.mandate, LONGEST_MANDATE),
        ("purpose", wanted.purpose, LONGEST_PURPOSE),
    ):
        if len(text.strip()) > most:
            faults[name] = because("field_too_long", most=str(most))
    return faults


def _faults_of_term(wanted: Grant, at: dt.datetime) -> dict[str, Grounds]:
    today = legal_day(at)
    if wanted.until is None:
        return {} if wanted.once else {"until": because("field_required")}
    if wanted.until < today:
        return {"until": because("expiry_not_future")}
    too_long = wanted.until > today + dt.timedelta(days=LONGEST_DAYS)
    return {"until": because("authorisation_too_long", days=str(LONGEST_DAYS))} if too_long else {}


def _acts_for(person: "Person", holder: UUID, at: dt.datetime) -> bool:
    return any(r.holder_id == holder for r in licences.represented_by(person.pk, at))


def _code(licence_type: "LicenceType | None") -> str:
    return licence_type.code if licence_type else ""


@contextmanager
def refusals_recorded(
    action: str, subject: Subject, actor: Actor, why: Why = Why(), personal: dict[str, str] | None = None
) -> Iterator[None]:
    """Record a refusal of the act inside, once the act's own transaction is gone."""
    try:
        yield
    except Refused as refused:
        raise record_refusal(refused, action=action, actor=actor, subject=subject, why=why, personal=personal) from None
