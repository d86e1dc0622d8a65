"""Places in departments' status lists: given out once each, in an order that tells nothing."""

import secrets
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from foundation.clock import now
from foundation.ids import new_id
from foundation.sealing import KEY_BYTES
from licences.models import StatusList
from licences.statuslist import positions

SIZE = 1 << 20
STATUS_ORDER = "status-order"

Place = tuple[StatusList, int]


def _open_list(issuer: UUID) -> StatusList:
    """Return the issuer's list that still has room, locked; a new one where there is none."""
    while True:
        found = StatusList.objects.select_for_update().filter(issuer=issuer, taken__lt=F("size")).first()
        if found:
            return found
        made = StatusList(id=new_id(), issuer_id=issuer, size=SIZE, changed_at=now())
        made.order_sealed = settings.SEALING_RING.seal(
            secrets.token_bytes(KEY_BYTES), purpose=STATUS_ORDER, bound_to=made.id.bytes
        )
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:
            # Another opened one at the same time: that one is taken.
            continue


def take_places(issuer: UUID, count: int) -> list[Place]:
    """Return `count` places that nobody had, in the caller's transaction; without its commit they are free again."""
    places: list[Place] = []
    while len(places) < count:
        of = _open_list(issuer)
        sealed = bytes(of.order_sealed)
        key = settings.SEALING_RING.open(sealed, purpose=STATUS_ORDER, bound_to=of.pk.bytes)
        upto = min(of.taken + count - len(places), of.size)
        places += [(of, index) for index in positions(key, range(of.taken, upto), of.size)]
        of.taken = upto
        of.save(update_fields=["taken"])
    return places


def take_index(issuer: UUID) -> Place:
    """Return one place that nobody had."""
    return take_places(issuer, 1)[0]


def status_claim(of: StatusList, index: int) -> dict[str, Any]:
    """Return the `status` claim of a credential with this place (Token Status List, section 6.2)."""
    return {"status_list": {"idx": index, "uri": f"{settings.PUBLIC_URL}/status-lists/{of.pk}"}}


def mark_changed(status_list: UUID | None) -> None:
    """Note that a licence on this list changed its status, so that the list is published anew."""
    if status_list:
        StatusList.objects.filter(pk=status_list).update(changed_at=now())
