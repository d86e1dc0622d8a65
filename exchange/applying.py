"""Applying for an item by reference: licences are named by number, no copy is handed in. The applicant's acts."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import Subject, Why, record_refusal
from exchange.applications.accepting import put_in_hand
from exchange.applications.checking import verify_all
from exchange.applications.choosing import Choice, Match, matches, reference_for, references_for
from exchange.applications.errors import StillMissing
from exchange.applications.stepping import (
    check_step,
    locked,
    move,
    note,
    platform_standing,
    subject_of_case,
    why_of_case,
)
from exchange.applications.submitting import hand_in, keep_references
from exchange.errors import ApplicationNotFound, ItemNotInForce, NeedsMissing, NotRepresented
from exchange.models import Application
from exchange.numbering import next_number
from exchange.procedure import Party, State
from foundation.clock import legal_day, now
from foundation.context import Actor
from foundation.reasons import Refused
from licences import queries as licences
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import Holder
    from registry.models import Item, Person

__all__ = [
    "Choice", "Match", "check_represents", "complete", "keep_draft", "matches", "person_actor", "submit", "withdraw",
]  # fmt: skip


def check_represents(person: "Person", holder: UUID, at: dt.datetime) -> "Holder":
    """Return the holder for whom the person may act, or raise."""
    for representation in licences.represented_by(person.pk, at):
        if representation.holder_id == holder:
            return representation.holder
    raise NotRepresented


def person_actor(person: "Person") -> Actor:
    """Return a citizen as the record sees them."""
    return Actor(person=person.pk, role="citizen", name=person.get_full_name())


# --- Handing in ------------------------------------------------------------------------------------------------------


def keep_draft(
    *,
    person: "Person",
    item: "Item",
    holder: UUID,
    choices: Mapping[int, Choice],
    project: str = "",
    draft: str = "",
    at: dt.datetime | None = None,
) -> Application:
    """Keep what was entered so far as a draft, which nobody but the applicant sees; `draft` is the number of one kept.

    A choice that names nothing usable is left out.
    """
    at = at or now()
    with _refusals_recorded("keep_draft", item, person), transaction.atomic():
        owner = _applicant_for(person, item, holder, at)
        application = _draft(person, item, draft, at)
        application.holder, application.project, application.submitted_at = owner, project.strip()[:200], at
        application.decide_by = legal_day(at)
        application.save()
        application.references.all().delete()
        found = (reference_for(m, choices.get(m.group.number, Choice())) for m in matches(item, owner.pk, at))
        keep_references(application, [reference for reference in found if reference])
        note("keep_draft", application, person_actor(person), at, personal={"project": application.project})
        return application


def submit(
    *,
    person: "Person",
    item: "Item",
    holder: UUID,
    choices: Mapping[int, Choice],
    project: str = "",
    draft: str = "",
    at: dt.datetime | None = None,
) -> Application:
    """Submit an application that names something for every need (by group number), and return it.

    What it names is verified at once; where that meets every need the application is accepted there and then. Raises
    `NeedsMissing` with every need that has no usable choice; nothing is kept then.
    """
    at = at or now()
    with _refusals_recorded("submit", item, person), transaction.atomic():
        owner = _applicant_for(person, item, holder, at)
        references = references_for(item, owner, choices, at)
        application = _draft(person, item, draft, at)
        application.holder, application.project = owner, project.strip()[:200]
        if draft:
            application.references.all().delete()
        hand_in(application, references, actor=person_actor(person), at=at)
        return application


def _applicant_for(person: "Person", item: "Item", holder: UUID, at: dt.datetime) -> "Holder":
    owner = check_represents(person, holder, at)
    if not registry.is_in_force(item, at):
        raise ItemNotInForce(item.code)
    return owner


def _draft(person: "Person", item: "Item", number: str, at: dt.datetime) -> Application:
    """Return the person's draft with this number, held; a new application where none is given."""
    if not number:
        return Application(number=next_number(item.code, at), item=item, applicant=person, state=State.DRAFT)
    rows = Application.objects.select_for_update(of=("self",)).select_related("item__department", "holder")
    application = rows.filter(number=number, applicant=person, item=item).first()
    if application is None:
        raise ApplicationNotFound
    check_step(application, "submit", Party.APPLICANT)
    return application


@contextmanager
def _refusals_recorded(action: str, item: "Item", person: "Person") -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        actor, why = person_actor(person), Why(item.code)
        raise record_refusal(refused, action=action, actor=actor, subject=Subject("application"), why=why) from None


# --- Afterwards ------------------------------------------------------------------------------------------------------


def complete(
    application: Application, *, person: "Person", choices: Mapping[int, Choice], at: dt.datetime | None = None
) -> Application:
    """Give what was listed as missing; as soon as all of it is there the application is accepted (art. 32)."""
    at = at or now()
    with _own_refusals_recorded("complete", application, person), transaction.atomic():
        application = _own(application, person, "complete", at)
        listed = set(application.missing_needs)
        try:
            references = references_for(application.item, application.holder, choices, at, only=listed)
        except NeedsMissing as missing:
            still = StillMissing(missing.missing.values())
            still.fields = missing.fields
            raise still from None
        keep_references(application, references)
        note(
            "complete",
            application,
            person_actor(person),
            at,
            outcome="submitted",
            fields=[r.licence.identifier for r in references if r.licence],
        )
        verify_all(application, platform_standing(application.item), at)
        put_in_hand(application, at)
        note("accept", application, platform_standing(application.item).actor, at)
        return application


def withdraw(application: Application, *, person: "Person", at: dt.datetime | None = None) -> Application:
    """Take an application back before it is decided, while the person acts for its holder."""
    at = at or now()
    with _own_refusals_recorded("withdraw", application, person), transaction.atomic():
        application = _own(application, person, "withdraw", at)
        move(application, "withdraw")
        application.accept_by = None
        application.save(update_fields=["state", "accept_by"])
        note("withdraw", application, person_actor(person), at)
        return application


def _own(application: Application, person: "Person", step: str, at: dt.datetime) -> Application:
    application = locked(application)
    if application.applicant_id != person.pk:
        raise NotRepresented
    # Who acts for the holder no longer does nothing in its name.
    check_represents(person, application.holder_id, at)
    check_step(application, step, Party.APPLICANT)
    return application


@contextmanager
def _own_refusals_recorded(action: str, application: Application, person: "Person") -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise record_refusal(
            refused,
            action=action,
            actor=person_actor(person),
            subject=subject_of_case(application),
            why=why_of_case(application),
        ) from None
