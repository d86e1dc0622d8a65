"""Who is who to an agreement: the staff and heads of its two sides, by their roles today, and the data authority."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.agreements.errors import AgreementNotYours, AgreementWrongState, BothSides, OwnRequest
from exchange.agreements.procedure import STEPS, Party, Side, State, can_step
from exchange.models import Agreement
from foundation.context import Actor
from registry import queries as registry
from registry.lineage import current_department, lineage

if TYPE_CHECKING:
    from registry.models import Department, Membership, Person

STAFF = (*registry.STAFF_ROLES, *registry.KEEPERS)


@dataclass(frozen=True, slots=True)
class Acting:
    """A person (or a department's system) as one party of an agreement."""

    party: Party
    actor: Actor


def provider_of(agreement: Agreement) -> "Department":
    """Return the department that provides the licences today."""
    owner = agreement.licence_type.owner
    if owner is None:
        raise ValueError(f"{agreement.licence_type} has no owner")
    return current_department(owner)


def requester_of(agreement: Agreement) -> "Department":
    """Return the department that holds the right of use today."""
    return current_department(agreement.department)


def parties_of(person: "Person", agreement: Agreement, at: dt.datetime) -> list[Acting]:
    """Return as whom a person may act in an agreement, those with more say first; nobody where they are no party."""
    owner = agreement.licence_type.owner.code if agreement.licence_type.owner else ""
    found: list[Acting] = []
    for membership in registry.memberships(person, at):
        actor = _actor(person, membership)
        if membership.role == registry.AUTHORITY:
            found.append(Acting(Party.AUTHORITY, actor))
        elif membership.department and membership.role in STAFF:
            codes = lineage("department", membership.department.code)
            sides = [(agreement.department.code, Side.REQUESTER), (owner, Side.PROVIDER)]
            found += [one for code, side in sides if code in codes for one in _as(side, membership.role, actor)]
    return sorted(found, key=lambda one: one.party not in (Party.REQUESTER_HEAD, Party.PROVIDER_HEAD))


def _as(side: Side, role: str, actor: Actor) -> list[Acting]:
    head = [Acting(Party(f"{side}_head"), actor)] if role == registry.HEAD else []
    return [*head, Acting(Party(side), actor)]


def _actor(person: "Person", membership: "Membership") -> Actor:
    department = membership.department.code if membership.department else ""
    return Actor(person=person.pk, department=department, role=membership.role, name=person.get_full_name())


def check_step(step: str, agreement: Agreement, person: "Person", at: dt.datetime) -> Acting:
    """Return as whom a person takes a step.

    Raises where the step is not theirs, where the state does not allow it, where they have acted for another side, and
    where they would approve what they asked for although their department has another head.
    """
    state, sources = State(agreement.state), STEPS[step].sources
    mine = [one for one in parties_of(person, agreement, at) if one.party in sources]
    if not mine:
        raise AgreementNotYours(sources)
    able = [one for one in mine if can_step(step, state, one.party)]
    if not able:
        raise AgreementWrongState(state)
    taken = list(agreement.steps.filter(person=person))
    acting = next((one for one in able if all(row.side == one.party.side for row in taken)), None)
    if acting is None:
        raise BothSides
    asked = any(row.step in ("draft", "request") for row in taken)
    if step == "approve" and asked and _has_other_head(person, agreement, at):
        raise OwnRequest
    return acting


def _has_other_head(person: "Person", agreement: Agreement, at: dt.datetime) -> bool:
    codes = lineage("department", requester_of(agreement).code)
    return any(head.pk != person.pk for head in registry.heads_of(codes, at))


def departments_of(person: "Person", at: dt.datetime) -> list[str]:
    """Return the codes of the departments whose agreements a person of their staff sees, those they succeeded too."""
    own = [m.department for m in registry.memberships(person, at) if m.role in STAFF and m.department]
    return sorted({code for department in own for code in lineage("department", department.code)})
