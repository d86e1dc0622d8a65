"""What other apps may ask about licences and their holders."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.clock import legal_day
from foundation.reasons import Both
from licences.holders import number_index
from licences.lifecycle import STATE_NAMES, State
from licences.models import Holder, Licence, Representation, SigningKey
from licences.numbering import Identifier, number_key, parse_identifier
from registry.lineage import current_department

if TYPE_CHECKING:
    from registry.models import LicenceType


def _with_parts() -> QuerySet[Licence]:
    return Licence.objects.select_related("licence_type__owner", "issuer", "signing_key").prefetch_related("holders")


def _was_issued(licence: Licence) -> bool:
    return licence.state not in (State.SEALED, State.DISCARDED)


def _latest(found: Iterable[Licence]) -> list[Licence]:
    """Keep of each licence its newest version that was issued; the newest where none was."""
    newest: dict[tuple[UUID, UUID, str], Licence] = {}
    for licence in found:
        key = (licence.licence_type_id, licence.issuer_id, licence.serial)
        if key not in newest or _rank(licence) > _rank(newest[key]):
            newest[key] = licence
    # A reform may change issuer or type of a version, which still takes the place of the one before once it is issued.
    kept = {licence.pk for licence in newest.values()}
    replaced = {licence.previous_id for licence in newest.values() if _was_issued(licence)}
    waiting = {licence.pk for licence in newest.values() if not _was_issued(licence) and licence.previous_id in kept}
    return [licence for licence in newest.values() if licence.pk not in replaced | waiting]


def _rank(licence: Licence) -> tuple[bool, int]:
    return _was_issued(licence), licence.version


def find_licences(text: str, types: Iterable[UUID]) -> list[Licence]:
    """Return the licences of these types that a typed number or identifier names: none, one, or an ambiguity."""
    of_types = _with_parts().filter(licence_type__in=list(types))
    identifier = parse_identifier(text)
    if isinstance(identifier, Identifier):
        return list(of_types.filter(identifier=str(identifier)))
    return _latest(of_types.filter(number_key=number_key(text)))


def types_of(text: str) -> set[UUID]:
    """Return the types of all licences with this number: for the record's true reason only, never for an answer."""
    identifier = parse_identifier(text)
    wanted = Q(identifier=str(identifier)) if isinstance(identifier, Identifier) else Q(number_key=number_key(text))
    return set(Licence.objects.filter(wanted).values_list("licence_type_id", flat=True))


def numbers(identifiers: Iterable[str]) -> dict[str, str]:
    """Return the numbers of licences by their identifiers."""
    found = Licence.objects.filter(identifier__in=list(identifiers))
    return dict(found.values_list("identifier", "number"))


def wallet(holder: UUID) -> list[Licence]:
    """Return a holder's licences, newest first, each in its newest version that was issued."""
    return list(filter(_was_issued, _latest(_with_parts().filter(holders=holder).order_by("-issued_at"))))


def _later(licence: Licence) -> list[Licence]:
    """Return the versions after this one, oldest first."""
    later: list[Licence] = []
    last: Licence | None = licence
    # Versions rise along the links, so that links which were edited in the database do not lead round in a circle.
    while last := _with_parts().filter(previous=last.pk, version__gt=last.version).first():
        later.append(last)
    return later


def chain_of(licence: Licence) -> list[Licence]:
    """Return all versions of a licence, oldest first, those sealed or discarded before their issue among them."""
    earlier: list[Licence] = []
    first: Licence | None = licence
    while first := _with_parts().filter(pk=first.previous_id, version__lt=first.version).first():
        earlier.append(first)
    return [*reversed(earlier), licence, *_later(licence)]


def successor_of(licence: Licence) -> Licence | None:
    """Return the newest version that was issued in the place of this one, if any; who may see it, exchange decides."""
    return next(filter(_was_issued, reversed(_later(licence))), None)


def last_held(licence: Licence, is_holder: Callable[[Licence], bool]) -> Licence | None:
    """Return the newest issued version, up to this one, with the holder in question."""
    upto = (version for version in reversed(chain_of(licence)) if version.version <= licence.version)
    return next((version for version in upto if _was_issued(version) and is_holder(version)), None)


def identifiers_of(holders: Iterable[UUID]) -> list[str]:
    """Return the identifiers of all versions of these holders' licences."""
    found = Licence.objects.filter(holders__in=list(holders)).values_list("identifier", flat=True)
    return list(found.distinct())


def is_held_by(licence: Licence, holder: UUID) -> bool:
    """Say whether the holder is among the licence's holders."""
    return any(h.pk == holder for h in licence.holders.all())


def is_held_by_index(licence: Licence, index: bytes) -> bool:
    """Say whether a holder with this keyed index is among the licence's holders."""
    return any(bytes(h.number_index) == index for h in licence.holders.all())


def represented_by(person: UUID, at: dt.datetime) -> list[Representation]:
    """Return the holders for whom a person may act at `at`, themselves first."""
    current = Q(since__lte=at) & (Q(until__isnull=True) | Q(until__gt=at))
    found = Representation.objects.filter(current, person=person).select_related("holder")
    return sorted(found, key=lambda r: (r.kind != "self", r.kind, r.since))


def index_of(number: str) -> bytes:
    """Return the keyed index of a holder's number."""
    return number_index(number)


def holder_by_index(index: bytes) -> Holder | None:
    """Return the holder with this keyed index."""
    return Holder.objects.filter(number_index=index).first()


def state_now(licence: Licence, at: dt.datetime) -> Both:
    """Return the name of the state as of `at`, dates considered (the periodic expiry may not have run yet)."""
    today, state = legal_day(at), State(licence.state)
    if state is State.VALID and licence.valid_from > today:
        return Both("尚未生效", "not yet valid")
    if state is State.VALID and licence.valid_until and licence.valid_until < today:
        state = State.EXPIRED
    return STATE_NAMES[state]


def is_valid_now(licence: Licence, at: dt.datetime) -> bool:
    """Say whether state and dates (the signature apart) make the licence valid at `at`."""
    today = legal_day(at)
    in_time = licence.valid_from <= today and (licence.valid_until is None or licence.valid_until >= today)
    return licence.state == State.VALID and in_time


def departments_with_keys() -> set[UUID]:
    """Return the departments that can sign."""
    keys = SigningKey.objects.filter(retired_at__isnull=True, compromised_at__isnull=True)
    return set(keys.values_list("department_id", flat=True))


def is_collected(licence_type: "LicenceType") -> bool:
    """Say whether licences of the type are kept here: some are already, or its owner (as it is now) can sign them.

    It looks at the type alone, so that it tells nothing of any number.
    """
    owner = current_department(licence_type.owner) if licence_type.owner else None
    keys = SigningKey.objects.filter(retired_at__isnull=True, compromised_at__isnull=True)
    can_sign = bool(owner and owner.uscc and licence_type.code and keys.filter(department=owner).exists())
    return can_sign or Licence.objects.filter(licence_type=licence_type).exists()


def counts() -> dict[str, int]:
    """Return how many licences, holders and keys there are."""
    return {
        "licences": Licence.objects.count(),
        "holders": Holder.objects.count(),
        "keys": SigningKey.objects.count(),
    }
