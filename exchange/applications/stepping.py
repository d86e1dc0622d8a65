"""What all acts on an application share: who acts, the lock, the table's step, the entry, and recording refusals."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.recording import Subject, Why, record, record_refusal
from exchange.access import Asker
from exchange.asking import Standing
from exchange.errors import AccessRefused, ApplicationNotFound, OwnApplication, WrongState
from exchange.models import Application
from exchange.procedure import STEPS, Party, State, can_step
from exchange.staffing import staff_actor, staff_standing
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.reasons import Refused, because
from licences import queries as licences
from registry import queries as registry
from registry.lineage import current_department

if TYPE_CHECKING:
    from registry.models import Item, Person


def standing_for(by: "Person | Standing", item: "Item", at: dt.datetime) -> Standing:
    """Return the standing in which a person, or a department's own system, handles an item, or raise."""
    if not isinstance(by, Standing):
        return staff_standing(by, item, at)
    if not by.asker.active:
        raise AccessRefused(because("client_inactive"))
    if not registry.handles(by.asker.department, item):
        # A system of another department learns not even that there is such a case.
        raise ApplicationNotFound
    return by


def platform_standing(item: "Item") -> Standing:
    """Return the standing in which the platform itself verifies for the department that handles the item."""
    department = current_department(item.department)
    asker = Asker(active=True, department=department.code, department_name=department.name, operator="platform")
    return Standing(asker, Actor(department=department.code, role=PLATFORM.role))


def person_of(by: "Person | Standing") -> "Person | None":
    """Return the person who acts; a department's system is none."""
    return None if isinstance(by, Standing) else by


def actor_of(by: "Person | Standing", at: dt.datetime) -> Actor:
    """Return who acts as the record sees them when an act of theirs is refused."""
    return by.actor if isinstance(by, Standing) else staff_actor(by, at)


def check_not_own(application: Application, by: "Person | Standing", at: dt.datetime) -> None:
    """Raise where a person would handle their own application, or that of a holder for whom they act."""
    person = person_of(by)
    if person is None:
        return
    own = {representation.holder_id for representation in licences.represented_by(person.pk, at)}
    if application.applicant_id == person.pk or application.holder_id in own:
        raise OwnApplication


def check_step(application: Application, step: str, party: Party) -> None:
    """Raise `WrongState` where the table has no such step for the party."""
    state = State(application.state)
    if not can_step(step, state, party):
        raise WrongState(state)


def can_take(application: Application, step: str, by: "Person | Standing", at: dt.datetime) -> bool:
    """Say whether staff may take this step now."""
    try:
        standing_for(by, application.item, at)
        check_not_own(application, by, at)
        check_step(application, step, Party.STAFF)
    except Refused:
        return False
    return True


def locked(application: Application) -> Application:
    """Return the application as it is now, held until the transaction ends: of two acts at once the second waits."""
    rows = Application.objects.select_for_update(of=("self",)).select_related("item__department", "holder")
    return rows.get(pk=application.pk)


def why_of_case(application: Application) -> Why:
    """Return the ground of all that is done for an application."""
    return Why(application.item.code, application.item.name_zh[:200], application.number)


def subject_of_case(application: Application) -> Subject:
    """Return an application as entries name it."""
    return Subject("application", application.number)


@contextmanager
def refusals_recorded(action: str, application: Application, by: "Person | Standing") -> Iterator[None]:
    """Record a refusal of the act inside, once the act's own transaction is gone."""
    try:
        yield
    except Refused as refused:
        raise record_refusal(
            refused,
            action=action,
            actor=actor_of(by, now()),
            subject=subject_of_case(application),
            why=why_of_case(application),
        ) from None


def begun(
    application: Application, step: str, by: "Person | Standing", at: dt.datetime
) -> tuple[Application, Standing]:
    """Lock the application and check that staff may take the step; return both as they are now."""
    application = locked(application)
    standing = standing_for(by, application.item, at)
    check_not_own(application, by, at)
    check_step(application, step, Party.STAFF)
    return application, standing


def move(application: Application, step: str) -> None:
    """Put the application into the step's state; the caller saves it."""
    application.state = STEPS[step].target


def note(
    action: str,
    application: Application,
    actor: Actor,
    at: dt.datetime,
    *,
    fields: Iterable[str] = (),
    personal: Mapping[str, str] | None = None,
    outcome: str = "",
) -> None:
    """Write the act's entry; its outcome is the state that it led to, unless another is given."""
    record(
        action=action,
        actor=actor,
        subject=subject_of_case(application),
        outcome=outcome or str(application.state),
        why=why_of_case(application),
        fields=fields,
        personal=personal,
        at=at,
    )


def begin_review(application: Application, actor: Actor, at: dt.datetime) -> None:
    """Note that somebody has begun to examine an accepted application; in the caller's transaction."""
    if application.state == State.ACCEPTED:
        move(application, "review")
        application.save(update_fields=["state"])
        note("review", application, actor, at)
