"""From rows to the plain facts that the access decision looks at."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from exchange.access import AgreementFacts, Asker, ItemFacts, Question, TypeFacts
from exchange.models import Agreement, Application, Authorisation
from foundation.context import Actor
from foundation.reasons import Both
from licences.fields import FIELDS
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
    """Who asks, as the decision and as the record see them."""

    asker: Asker
    actor: Actor


def standing_of_client(client: "Client", *, operator: str = "") -> Standing:
    """Return the standing of a department's system; `operator` names the person behind the call, if any."""
    department = client.department
    code, name = (department.code, department.name) if department else ("", Both("", ""))
    active = client.active and department is not None and department.retired_at is None
    actor = Actor(client=client.pk, department=code, role="client", name=operator or str(client.name))
    return Standing(Asker(active, code, name, operator), actor)


def standing_of_person(person: "Person", department: "Department", role: str) -> Standing:
    """Return the standing of someone who works for a department."""
    actor = Actor(person=person.pk, department=department.code, role=role, name=person.get_full_name())
    active = person.is_active and department.retired_at is None
    return Standing(Asker(active, department.code, department.name, person.get_full_name()), actor)


def item_question(ask: Ask, standing: Standing, item: "Item | None", at: dt.datetime, *, disclose: bool) -> Question:
    """Return the question about the item alone, before any type is looked at."""
    facts = _item_facts(item, standing, at) if item else None
    return Question(standing.asker, ask.item, facts, ask.purpose, ask.case, at, disclose)


def _item_facts(item: "Item", standing: Standing, at: dt.datetime) -> ItemFacts:
    return ItemFacts(
        code=item.code,
        in_force=registry.is_in_force(item, at),
        handled_by_asker=registry.handles(standing.asker.department, item),
        department=item.department.name,
    )


def type_question(
    question: Question,
    item: "Item",
    wanted: "LicenceType",
    *,
    needed: bool,
    presented: bool,
    application: Application | None = None,
) -> Question:
    """Return the question with the facts of one licence type added."""
    owner = wanted.owner
    needing = () if needed else tuple(i.code for i in registry.items_needing(wanted, question.at))
    facts = TypeFacts(
        name=wanted.name,
        owner=owner.code if owner else "",
        owner_name=owner.name if owner else Both("—", "—"),
        sharing=wanted.sharing_class,  # type: ignore[arg-type]
        needed=needed,
        items_needing=needing,
        legal_basis=Both(wanted.legal_basis_zh, wanted.legal_basis_en or wanted.legal_basis_zh),
        needs_authorisation=wanted.needs_authorisation,
        fields=tuple(wanted.schema.get("fields") or FIELDS),
    )
    return replace(
        question,
        licence_type=facts,
        agreements=_agreements(question.asker.department, item, wanted),
        presented=presented,
        authorised=application is not None and _is_authorised(application, wanted, question),
    )


def _agreements(department: str, item: "Item", wanted: "LicenceType") -> tuple[AgreementFacts, ...]:
    found = Agreement.objects.filter(department__code=department, item=item, licence_type=wanted)
    return tuple(AgreementFacts(a.reference, a.purpose, a.since, a.until, tuple(a.fields)) for a in found)


def _is_authorised(application: Application, wanted: "LicenceType", question: Question) -> bool:
    found = Authorisation.objects.filter(
        holder=application.holder_id,
        licence_type=wanted,
        department__code=question.asker.department,
        revoked_at__isnull=True,
        used_at__isnull=True,
        since__lte=question.at,
        purpose__in=["", question.purpose],
    )
    return any(a.until is None or question.at < a.until for a in found)
