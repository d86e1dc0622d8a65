"""Operations on an issued licence: suspend, resume, revoke and the others of the life-cycle table."""

from django.conf import settings
from django.db import transaction

from audit.recording import Subject, record
from foundation.context import Actor
from licences.authenticity import authenticate, is_authentic
from licences.errors import OperationNotAllowed, ReasonRequired, RowAltered
from licences.lifecycle import OPERATIONS, State, can_operate
from licences.models import Licence
from licences.storing import authenticated


def check_operate(licence: Licence, operation: str, reason: str) -> None:
    """Raise where the table does not have this operation, or it lacks its reason."""
    if not can_operate(operation, State(licence.state)):
        raise OperationNotAllowed(operation, State(licence.state))
    if OPERATIONS[operation].needs_reason and not reason.strip():
        raise ReasonRequired


@transaction.atomic
def operate(licence: Licence, operation: str, *, reason: str, actor: Actor) -> Licence:
    """Carry out one operation of the table on the licence and record it; return the licence in its new state.

    A row that was edited in the database gets no fresh MAC: `RowAltered` is raised.
    """
    licence = Licence.objects.select_for_update().get(pk=licence.pk)
    if not is_authentic(
        authenticated(licence), key=licence.mac_key, mac=bytes(licence.mac), ring=settings.SEALING_RING
    ):
        raise RowAltered
    check_operate(licence, operation, reason)
    licence.state = OPERATIONS[operation].target
    licence.mac_key, licence.mac = authenticate(authenticated(licence), settings.SEALING_RING)
    licence.save(update_fields=["state", "mac_key", "mac"])
    record(
        action=operation,
        actor=actor,
        subject=Subject("licence", licence.identifier),
        outcome=str(licence.state),
        personal={"reason": reason[:2000]},
    )
    return licence
