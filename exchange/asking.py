"""From rows to the plain facts that the access decision looks at."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.access import Asker, ItemFacts, Question
from exchange.rates.charging import seconds_to_wait
from foundation.context import Actor
from foundation.reasons import Both
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Client, Department, Item, LicenceType, Person


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: a number (or identifier), for which item, why, and for which case."""

    text: str
    item: str
    purpose: str
    case: str = ""
    licence_type: str = ""
    holder_number: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks, as the decision and as the record see them; `rate` is what was agreed with a system, if anything."""

    asker: Asker
    actor: Actor
    rate: int | None = None


def standing_of_client(client: "Client", *, operator: str = "") -> Standing:
    """Return the standing of a department's system; `operator` names the person behind the call, if any."""
    department = client.department
    code, name = (department.code, department.name) if department else ("", Both("", ""))
    active = client.active and department is not None and department.retired_at is None
    actor = Actor(client=client.pk, department=code, role="client", name=operator or str(client.name))
    return Standing(Asker(active, code, name, operator), actor, client.rate)


def standing_of_person(person: "Person", department: "Department", role: str) -> Standing:
    """Return the standing of someone who works for a department."""
    actor = Actor(person=person.pk, department=department.code, role=role, name=person.get_full_name())
    active = person.is_active and department.retired_at is None
    return Standing(Asker(active, department.code, department.name, person.get_full_name()), actor)


def wait_of(standing: Standing, types: "Iterable[LicenceType]") -> int:
    """Charge a look at these types; return how many seconds whoever looks is to wait before it, 0 for people.

    Called before the look's transaction, so that one that is refused, and undone, is charged too.
    """
    if standing.actor.client is None:
        return 0
    return seconds_to_wait(
        client=standing.actor.client,
        department=standing.actor.department,
        types=[licence_type.code for licence_type in types],
        own_rate=standing.rate,
    )


def item_question(
    ask: Ask, standing: Standing, item: "Item | None", at: dt.datetime, *, disclose: bool, retry_after: int = 0
) -> Question:
    """Return the question about the item alone, before any type is looked at."""
    facts = _item_facts(item, standing, at) if item else None
    return Question(
        standing.asker, ask.item, facts, ask.purpose, ask.case, at, disclose=disclose, retry_after=retry_after
    )


def _item_facts(item: "Item", standing: Standing, at: dt.datetime) -> ItemFacts:
    return ItemFacts(
        code=item.code,
        in_force=registry.is_handled(item, at),
        handled_by_asker=registry.handles(standing.asker.department, item),
        department=item.department.name,
    )
