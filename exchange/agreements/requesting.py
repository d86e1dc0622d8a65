"""Asking for an agreement: a draft that loses nothing, and the request once it says all that it must."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from exchange.agreements.contents import (
    NAMES,
    Asked,
    asked_of,
    check_complete,
    check_requestable,
    faults_of,
    write,
)
from exchange.agreements.errors import AgreementNotYours, AgreementWrongState, RequestIncomplete
from exchange.agreements.listing import agreement_for
from exchange.agreements.noting import locked, note_step, refusals_recorded, subject_of
from exchange.agreements.parties import STAFF, check_step
from exchange.agreements.procedure import BY_SYSTEMS, STEPS, Party, Side, State, can_step
from exchange.asking import Standing
from exchange.errors import AccessRefused, RoleMissing
from exchange.keeping import anyone, keeper
from exchange.models import Agreement
from exchange.numbering import next_number
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Both, Grounds, Refused, because
from registry import queries as registry
from registry.lineage import lineage

if TYPE_CHECKING:
    from registry.models import Department, Item, LicenceType, Person

    _About = tuple[Department, Item, LicenceType]

_SCOPE = "SY"  # 使用


# --- By a person -----------------------------------------------------------------------------------------------------


def draft_agreement(
    *,
    person: "Person",
    department: "Department",
    item: "Item",
    licence_type: "LicenceType",
    asked: Asked = Asked(),  # noqa: B008 - frozen
    at: dt.datetime | None = None,
) -> Agreement:
    """Begin a request of the person's department for a conditional type that one of its items needs.

    What is not to be agreed on (shared unconditionally, or not at all, or not needed) is refused with the reason.
    """
    at = at or now()
    with refusals_recorded("step_agreement", subject_of(None), anyone(person, at)), transaction.atomic():
        actor = keeper(person, department.code, at, roles=STAFF)
        if actor is None:
            raise RoleMissing(department.name)
        return _draft((department, item, licence_type), asked, actor, at)


def _draft(about: "_About", asked: Asked, actor: Actor, at: dt.datetime) -> Agreement:
    department, item, licence_type = about
    check_requestable(department, item, licence_type, at)
    agreement = Agreement(
        reference=next_number(_SCOPE, at),
        department=department,
        item=item,
        licence_type=licence_type,
        state=State.DRAFT,
    )
    write(agreement, asked)
    agreement.save()
    note_step("draft", agreement, Side.REQUESTER, actor, at)
    return agreement


def amend_draft(agreement: Agreement, *, person: "Person", asked: Asked, at: dt.datetime | None = None) -> Agreement:
    """Keep what a draft says now, complete or not."""
    at = at or now()
    with refusals_recorded("step_agreement", subject_of(agreement), anyone(person, at)), transaction.atomic():
        agreement = locked(agreement)
        actor = check_step("request", agreement, person, at).actor
        _amend(agreement, asked, actor, at)
        return agreement


def _amend(agreement: Agreement, asked: Asked, actor: Actor, at: dt.datetime) -> None:
    write(agreement, asked)
    agreement.save()
    note_step("amend", agreement, Side.REQUESTER, actor, at)


def request_agreement(
    agreement: Agreement, *, person: "Person", asked: Asked | None = None, at: dt.datetime | None = None
) -> Agreement:
    """Put a draft, amended where `asked` is given, before the head of its own department.

    Where it is not complete `RequestIncomplete` names all at once, and the draft keeps what was entered.
    """
    at = at or now()
    if asked is not None:
        agreement = amend_draft(agreement, person=person, asked=asked, at=at)
    with refusals_recorded("step_agreement", subject_of(agreement), anyone(person, at)), transaction.atomic():
        agreement = locked(agreement)
        acting = check_step("request", agreement, person, at)
        _request(agreement, asked or asked_of(agreement), acting.actor, at)
        return agreement


def _request(agreement: Agreement, asked: Asked, actor: Actor, at: dt.datetime) -> None:
    check_requestable(agreement.department, agreement.item, agreement.licence_type, at)
    check_complete(agreement, asked, at)
    agreement.state = STEPS["request"].target
    agreement.save(update_fields=["state"])
    note_step("request", agreement, Side.REQUESTER, actor, at)


# --- By a department's system ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a system sends it: an item by its code, a type by name, alias or code; `key` is the caller's own."""

    item: str
    licence_type: str
    asked: Asked
    key: str

    @property
    def digest(self) -> str:
        """By what two requests are the same."""
        return self.asked.digest(self.item, self.licence_type)


@dataclass(frozen=True, slots=True)
class Sent:
    """The agreement that a system asked for; `is_replayed` where the same request had come before."""

    agreement: Agreement
    is_replayed: bool


def request_for(request: Request, *, standing: Standing) -> Sent:
    """Ask for an agreement in the name of the caller's department; it then waits for the department's head.

    Sent again with its key, the same request is the same agreement, and one that was not complete is mended. Refusals
    are recorded.
    """
    at = now()
    with refusals_recorded("step_agreement", subject_of(None), standing.actor):
        _check_active(standing)
        try:
            agreement, is_known = _kept(request, standing, at)
        except IntegrityError:
            # The same request came at the same instant.
            agreement, is_known = _kept(request, standing, at)
        if not is_known:
            with transaction.atomic():
                agreement = locked(agreement)
                _request(agreement, request.asked, standing.actor, at)
    return Sent(agreement, is_replayed=is_known)


@transaction.atomic
def _kept(request: Request, standing: Standing, at: dt.datetime) -> tuple[Agreement, bool]:
    """Keep the request as a draft; return it, and whether the same one went beyond that before."""
    key = f"{standing.actor.client}:{request.key}"
    known = Agreement.objects.filter(request_key=key).first()
    if known is None:
        agreement = _draft(_named(request, standing, at), request.asked, standing.actor, at)
        agreement.request_key, agreement.request_digest = key, request.digest
        agreement.save(update_fields=["request_key", "request_digest"])
        return agreement, False
    agreement = locked(known)
    if agreement.steps.filter(step="request").exists():
        if agreement.request_digest != request.digest:
            raise Refused(because("idempotency_key_reused"))
        return agreement, True
    _, item, licence_type = _named(request, standing, at)
    if (item.pk, licence_type.pk) != (agreement.item_id, agreement.licence_type_id) or agreement.state != State.DRAFT:
        raise Refused(because("idempotency_key_reused"))
    agreement.request_digest = request.digest
    _amend(agreement, request.asked, standing.actor, at)
    return agreement, False


def _named(request: Request, standing: Standing, at: dt.datetime) -> "_About":
    """Return what the request is about; where it does not name that, all that it lacks is named at once."""
    department = registry.department_by_code(standing.asker.department)
    item, types = registry.item_by_code(request.item), registry.types_named(request.licence_type)
    if department and item and len(types) == 1:
        return department, item, types[0]
    faults = {} if item else {"item": _unnamed(request.item)}
    if len(types) != 1:
        faults["licence_type"] = _unnamed(request.licence_type, several=len(types) > 1)
    known = {name: Both(name, name) for name in request.asked.fields}
    faults |= faults_of(request.asked, known, at)
    raise RequestIncomplete("", [NAMES[name] for name in faults], faults)


def _unnamed(text: str, *, several: bool = False) -> Grounds:
    if not text.strip():
        return because("field_required")
    many = Both("对应多个，请写明其一", "stands for several: name one of them")
    return because("field_invalid", why=many if several else Both("不存在", "names nothing that exists"))


def step_for(reference: str, step: str, *, standing: Standing, at: dt.datetime | None = None) -> Agreement:
    """Take a step that a department's system may take, in the name of its department. Refusals are recorded."""
    at = at or now()
    own = lineage("department", standing.asker.department)
    # What names no agreement of theirs may be anything.
    with refusals_recorded("step_agreement", subject_of(None), standing.actor):
        _check_active(standing)
        found = agreement_for(reference, own)
    with refusals_recorded("step_agreement", subject_of(found), standing.actor), transaction.atomic():
        agreement = locked(found)
        if agreement.department.code not in own:
            raise AgreementNotYours(STEPS[step].sources)
        if step not in BY_SYSTEMS or not can_step(step, State(agreement.state), Party.REQUESTER):
            raise AgreementWrongState(State(agreement.state))
        if step == "request":
            _request(agreement, asked_of(agreement), standing.actor, at)
            return agreement
        agreement.state = STEPS[step].target
        agreement.save(update_fields=["state"])
        note_step(step, agreement, Side.REQUESTER, standing.actor, at)
        return agreement


def _check_active(standing: Standing) -> None:
    if not standing.asker.active:
        raise AccessRefused(because("client_inactive"))
