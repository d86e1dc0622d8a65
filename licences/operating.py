"""Operations on a licence: suspend, resume, revoke and the others of the life-cycle table."""

from django.conf import settings
from django.db import transaction

from audit.recording import record, record_refusal
from foundation.context import Actor
from foundation.reasons import Refused
from licences.authenticity import authenticate, is_authentic
from licences.errors import NotTheIssuer, OperationNotAllowed, OperationNotPermitted, ReasonRequired, RowAltered
from licences.lifecycle import OPERATIONS, PLATFORM, STATUS_VALUES, State, can_operate, may_operate
from licences.models import Licence
from licences.statuses import mark_changed
from licences.storing import authenticated
from licences.subjects import subject_of
from registry.lineage import current_department


def check_operate(licence: Licence, operation: str, *, reason: str) -> None:
    """Raise where the table does not have this operation, or it lacks its reason."""
    if not can_operate(operation, State(licence.state)):
        raise OperationNotAllowed(operation, State(licence.state))
    if OPERATIONS[operation].needs_reason and not reason.strip():
        raise ReasonRequired


def check_may(operation: str, licence: Licence, actor: Actor) -> None:
    """Raise where the actor's role or department does not allow the operation on this licence."""
    if actor.role != PLATFORM and actor.department != current_department(licence.issuer).code:
        raise NotTheIssuer(licence.issuer.name)
    if not may_operate(operation, actor.role):
        raise OperationNotPermitted(OPERATIONS[operation].name, OPERATIONS[operation].who)


def can_do(operation: str, licence: Licence, actor: Actor) -> bool:
    """Say whether the actor may do this to the licence as it is now, the reason apart."""
    try:
        check_may(operation, licence, actor)
    except Refused:
        return False
    return can_operate(operation, State(licence.state))


def operate(licence: Licence, operation: str, *, reason: str = "", actor: Actor) -> Licence:
    """Carry out one operation of the table on the licence and record it; return the licence in its new state.

    A refusal is recorded too. A row that was edited in the database gets no fresh MAC: `RowAltered` is raised.
    """
    try:
        with transaction.atomic():
            check_may(operation, licence, actor)
            return carry_out(licence, operation, reason=reason, actor=actor)
    except Refused as refused:
        raise record_refusal(refused, action=operation, actor=actor, subject=subject_of(licence)) from None


@transaction.atomic
def carry_out(licence: Licence, operation: str, *, reason: str = "", actor: Actor) -> Licence:
    """Do what `operate` does within an act that has looked who may do it, and that records its own refusal."""
    licence = Licence.objects.select_for_update().get(pk=licence.pk)
    if not is_authentic(
        authenticated(licence), key=licence.mac_key, mac=bytes(licence.mac), ring=settings.SEALING_RING
    ):
        raise RowAltered
    check_operate(licence, operation, reason=reason)
    before = State(licence.state)
    licence.state = OPERATIONS[operation].target
    licence.mac_key, licence.mac = authenticate(authenticated(licence), settings.SEALING_RING)
    licence.save(update_fields=["state", "mac_key", "mac"])
    if STATUS_VALUES[before] != STATUS_VALUES[State(licence.state)]:
        mark_changed(licence.status_list_id)
    record(
        action=operation,
        actor=actor,
        subject=subject_of(licence),
        outcome=str(licence.state),
        personal={"reason": reason[:2000]},
    )
    return licence
