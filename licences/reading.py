"""Reading what licences in force say, many at a time, for those who judge how good the data are."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from foundation.sealing import SealError
from licences.holders import open_number
from licences.lifecycle import State
from licences.models import Licence, StatusList
from licences.sdjwt import CredentialError, verify
from licences.storing import stored_credential

JUDGED = (State.VALID, State.SUSPENDED, State.EXPIRED)
"""What has been issued and neither ended by an act nor made way for another version."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A licence with its holders' code types and numbers; no `claims` where its credential does not hold.

    All of it is personal: whoever reads it keeps none of it in the clear.
    """

    key: UUID
    identifier: str
    number: str
    number_key: str
    licence_type: UUID
    issuer: UUID
    form: int
    state: State
    issued_at: dt.datetime
    valid_until: dt.date | None
    holders: tuple[tuple[str, str], ...]
    claims: Mapping[str, Any] | None


def judged(keys: Iterable[UUID]) -> list[Reading]:
    """Return those of these licences that are judged, opened."""
    rows = Licence.objects.filter(pk__in=list(keys), state__in=JUDGED).select_related("signing_key")
    return [_read(licence) for licence in rows.prefetch_related("holders")]


def keys_of(identifiers: Collection[str]) -> dict[str, UUID]:
    """Return the keys of licences by their identifiers, whatever their state."""
    return dict(Licence.objects.filter(identifier__in=list(identifiers)).values_list("identifier", "pk"))


def keys_after(key: UUID | None, limit: int) -> list[UUID]:
    """Return the keys of the next licences in the order of keys, whatever their state."""
    rows = Licence.objects.filter(pk__gt=key) if key else Licence.objects.all()
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def past_end(today: dt.date) -> QuerySet[Licence]:
    """Return the licences whose last day has passed and which are still kept as valid or suspended."""
    return Licence.objects.filter(valid_until__lt=today, state__in=(State.VALID, State.SUSPENDED))


def late_lists(before: dt.datetime) -> QuerySet[StatusList]:
    """Return the status lists that changed before `before` and have not been published since."""
    changed = StatusList.objects.filter(changed_at__lt=before).select_related("issuer").order_by("changed_at")
    return changed.exclude(published_at__gte=F("changed_at"))


def _read(licence: Licence) -> Reading:
    return Reading(
        key=licence.pk,
        identifier=licence.identifier,
        number=licence.number,
        number_key=licence.number_key,
        licence_type=licence.licence_type_id,
        issuer=licence.issuer_id,
        form=licence.form,
        state=State(licence.state),
        issued_at=licence.issued_at,
        valid_until=licence.valid_until,
        holders=tuple((holder.code_type, open_number(holder)) for holder in licence.holders.all()),
        claims=_claims(licence),
    )


def _claims(licence: Licence) -> dict[str, Any] | None:
    try:
        return verify(stored_credential(licence), licence.signing_key.public_jwk)
    except (CredentialError, SealError):
        return None
