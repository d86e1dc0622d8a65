"""Applying for an item by reference: licences are named by number, no copy is handed in."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import Subject, Why, record, record_refusal
from exchange.errors import ItemNotInForce, NeedsMissing, NotRepresented, WrongState
from exchange.models import Application, Reference
from exchange.numbering import next_number
from exchange.procedure import STEPS, State, can_step
from foundation.clock import legal_day, now, working_days_after
from foundation.context import Actor
from foundation.reasons import Both, Grounds, Refused, because
from licences import queries as licences
from licences.holders import number_index
from licences.numbering import number_key
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Holder, Licence
    from registry.models import Item, Person

# Administrative licensing law, article 42: a decision within 20 days of acceptance, counted in working days (art. 82).
DECISION_DAYS = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """What meets one need: a licence of the wallet, or a typed number, perhaps of another holder."""

    licence: UUID | None = None
    number: str = ""
    other_holder: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """One need of an item, the holder's licences that meet it, and the items that yield one where none does."""

    group: registry.NeedGroup
    fitting: tuple["Licence", ...]
    sources: tuple["Item", ...]


def matches(item: "Item", holder: UUID | None, at: dt.datetime) -> list[Match]:
    """Return each need of the item with what the holder already has for it, valid licences first."""
    groups = registry.need_groups(item)
    owned = licences.wallet(holder) if holder else []
    producers = registry.producers({t for group in groups for t in group.types}, at)
    found = []
    for group in groups:
        types = {t.pk for t in group.types}
        fitting = [licence for licence in owned if licence.licence_type_id in types]
        fitting.sort(key=lambda licence: not licences.is_valid_now(licence, at))
        sources = dict.fromkeys(item for t in group.types for item in producers[t.pk])
        found.append(Match(group, tuple(fitting), tuple(sources)))
    return found


def check_represents(person: "Person", holder: UUID, at: dt.datetime) -> "Holder":
    """Return the holder for whom the person may act, or raise."""
    for representation in licences.represented_by(person.pk, at):
        if representation.holder_id == holder:
            return representation.holder
    raise NotRepresented


def person_actor(person: "Person") -> Actor:
    """Return a citizen as the record sees them."""
    return Actor(person=person.pk, role="citizen", name=person.get_full_name())


def submit(
    *,
    person: "Person",
    item: "Item",
    holder: UUID,
    choices: Mapping[int, Choice],
    project: str = "",
    at: dt.datetime | None = None,
) -> Application:
    """Submit an application that names a licence for every need (by group number), and return it.

    Raises `NeedsMissing` with every need that has no usable choice; nothing is kept then.
    """
    at = at or now()
    actor, why = person_actor(person), Why(item.code)
    try:
        with transaction.atomic():
            owner = check_represents(person, holder, at)
            if not registry.is_in_force(item, at):
                raise ItemNotInForce(item.code)
            references = _references(item, owner, choices, at)
            application = Application.objects.create(
                number=next_number(item.code, at),
                item=item,
                holder=owner,
                applicant=person,
                project=project.strip()[:200],
                submitted_at=at,
                decide_by=working_days_after(legal_day(at), DECISION_DAYS).day,
            )
            for reference in references:
                reference.application = application
            Reference.objects.bulk_create(references)
            why = Why(item.code, "", application.number)
            record(
                action="submit",
                actor=actor,
                subject=Subject("application", application.number),
                outcome="submitted",
                why=why,
                fields=[r.licence.identifier for r in references if r.licence],
                personal={"project": application.project},
            )
            return application
    except Refused as refused:
        raise record_refusal(refused, action="submit", actor=actor, subject=Subject("application"), why=why) from None


def _references(item: "Item", holder: "Holder", choices: Mapping[int, Choice], at: dt.datetime) -> list[Reference]:
    found: list[Reference] = []
    missing: dict[int, Both] = {}
    faults: dict[str, Grounds] = {}
    for match in matches(item, holder.pk, at):
        group = match.group
        choice = choices.get(group.number, Choice())
        reference = _reference(match, choice)
        if reference is not None:
            found.append(reference)
            continue
        missing[group.number] = group.name
        faults[f"need-{group.number}"] = because("reference_not_own" if choice.licence else "field_required")
    if missing:
        raise NeedsMissing(missing, faults)
    return found


def _reference(match: Match, choice: Choice) -> Reference | None:
    number = choice.number.strip()
    if choice.licence:
        chosen = next((licence for licence in match.fitting if licence.pk == choice.licence), None)
        if chosen is None:
            return None
        return Reference(
            need_group=match.group.number, number=chosen.number, number_key=chosen.number_key, licence=chosen
        )
    if not number_key(number):
        return None
    other = choice.other_holder.strip()
    return Reference(
        need_group=match.group.number,
        number=number[:140],
        number_key=number_key(number)[:140],
        other_holder=number_index(other) if other else None,
    )


def withdraw(application: Application, *, person: "Person") -> Application:
    """Take an application back before it is decided, while the person acts for its holder."""
    actor = person_actor(person)
    subject, why = Subject("application", application.number), Why(application.item.code, "", application.number)
    try:
        with transaction.atomic():
            application = Application.objects.select_for_update().select_related("item").get(pk=application.pk)
            if application.applicant_id != person.pk:
                raise NotRepresented
            # Who acts for the holder no longer takes nothing back in its name.
            check_represents(person, application.holder_id, now())
            if not can_step("withdraw", State(application.state)):
                raise WrongState(State(application.state))
            application.state = STEPS["withdraw"].target
            application.save(update_fields=["state"])
            record(action="withdraw", actor=actor, subject=subject, outcome="withdrawn", why=why)
            return application
    except Refused as refused:
        raise record_refusal(refused, action="withdraw", actor=actor, subject=subject, why=why) from None
