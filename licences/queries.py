"""What other apps may ask about licences and their holders."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from foundation.clock import legal_day
from foundation.reasons import Both
from licences.holders import holder_by_index, indexes_of, number_index
from licences.lifecycle import STATE_NAMES, State
from licences.models import Holder, Licence, Representation, SigningKey, UseCopy
from licences.numbering import Identifier, number_key, parse_identifier
from registry.lineage import current_department

if TYPE_CHECKING:
    from registry.models import LicenceType

# What nobody has been given yet, or ever: unknown to all but its issuer.
NEVER_ISSUED = (State.SEALED, State.DISCARDED)
BEARING_AT_MOST = 100

V = TypeVar("V", bound="_Version")


def _with_parts() -> QuerySet[Licence]:
    issued = Licence.objects.exclude(state__in=NEVER_ISSUED)
    return issued.select_related("licence_type__owner", "issuer", "signing_key").prefetch_related("holders__numbers")


class _Version(Protocol):
    """A version of a licence, by which it is known which is the newest."""

    @property
    def pk(self) -> Any: ...
    @property
    def licence_type_id(self) -> Any: ...
    @property
    def issuer_id(self) -> Any: ...
    @property
    def serial(self) -> Any: ...
    @property
    def version(self) -> Any: ...
    @property
    def previous_id(self) -> Any: ...


def latest(found: "Iterable[V]") -> "list[V]":
    """Keep of each licence its newest version."""
    found = list(found)
    if len(found) < 2:
        return found
    newest: dict[tuple[UUID, UUID, str], V] = {}
    for licence in found:
        key = (licence.licence_type_id, licence.issuer_id, licence.serial)
        if key not in newest or licence.version > newest[key].version:
            newest[key] = licence
    # A reform may change issuer or type of a version, which still takes the place of the one before.
    replaced = {licence.previous_id for licence in newest.values()}
    return [licence for licence in newest.values() if licence.pk not in replaced]


def find_licences(text: str, types: Iterable[UUID]) -> list[Licence]:
    """Return the licences of these types that a typed number or identifier names: none, one, or an ambiguity."""
    of_types = _with_parts().filter(licence_type__in=list(types))
    identifier = parse_identifier(text)
    if isinstance(identifier, Identifier):
        return list(of_types.filter(identifier=str(identifier)))
    return latest(of_types.filter(number_key=number_key(text)))


def with_check_code(code: str) -> list[Licence]:
    """Return the issued licence whose short verification address ends in this code, if there is one."""
    return list(_with_parts().filter(check_code=code))


def types_of(text: str) -> set[UUID]:
    """Return the types of all licences with this number: for the record's true reason only, never for an answer."""
    return {licence.licence_type_id for licence in bearing(text)}


def bearing(text: str) -> list[Licence]:
    """Return the licences that a number or identifier names, of whatever type: for the record, never for an answer.

    A number that more than `BEARING_AT_MOST` bear points at none of them in particular.
    """
    identifier = parse_identifier(text)
    wanted = Q(identifier=str(identifier)) if isinstance(identifier, Identifier) else Q(number_key=number_key(text))
    found = Licence.objects.filter(wanted).exclude(state__in=NEVER_ISSUED).order_by("-issued_at")
    return latest(found[: BEARING_AT_MOST + 1])


def numbers(identifiers: Iterable[str]) -> dict[str, str]:
    """Return the numbers of licences by their identifiers."""
    found = Licence.objects.filter(identifier__in=list(identifiers))
    return dict(found.values_list("identifier", "number"))


def _next(licence: Licence, known: QuerySet[Licence]) -> Licence | None:
    # Versions rise along the links: those that were edited in the database do not lead round in a circle.
    return known.filter(previous=licence.pk, version__gt=licence.version).first()


def _previous(licence: Licence, known: QuerySet[Licence]) -> Licence | None:
    return known.filter(next=licence.pk, version__lt=licence.version).first()


def successor_of(licence: Licence) -> Licence | None:
    """Return the newest version that was issued in this one's place, if any; who may see it, the exchange decides."""
    newest, newer = None, _next(licence, _with_parts())
    while newer:
        newest, newer = newer, _next(newer, _with_parts())
    return newest


def chain_of(licence: Licence) -> list[Licence]:
    """Return all versions of a licence, the oldest first, for its issuer: those that were never issued as well."""
    chain = [licence]
    while (older := _previous(chain[0], Licence.objects.all())) is not None:
        chain.insert(0, older)
    while (newer := _next(chain[-1], Licence.objects.all())) is not None:
        chain.append(newer)
    return chain


def last_held(licence: Licence, is_holder: Callable[[Licence], bool]) -> Licence | None:
    """Return the newest version before this one that had the holder in question."""
    held = _previous(licence, _with_parts())
    while held and not is_holder(held):
        held = _previous(held, _with_parts())
    return held


def holder_by_key(key: UUID) -> Holder | None:
    """Return a holder by its key."""
    return Holder.objects.filter(pk=key).prefetch_related("numbers").first()


def wallet(holder: UUID) -> list[Licence]:
    """Return a holder's licences, newest first, each in its newest version."""
    return latest(_with_parts().filter(holders=holder).order_by("-issued_at"))


def held_of(holder: UUID, types: Iterable[UUID]) -> list[Licence]:
    """Return a holder's licences of these types, newest first, each in the newest version that the holder had."""
    found = _with_parts().filter(holders=holder, licence_type__in=list(types))
    return latest(found.order_by("-issued_at", "-pk"))


def use_copy(key: UUID) -> UseCopy | None:
    """Return a copy by its key; who may have it, the caller knows."""
    return UseCopy.objects.filter(pk=key).select_related("licence", "document").first()


def licence_of(identifier: UUID, holders: Iterable[UUID]) -> Licence | None:
    """Return a licence by its key, if one of these holders holds it."""
    return _with_parts().filter(pk=identifier, holders__in=list(holders)).first()


def copies_of(licence: Licence) -> list[UseCopy]:
    """Return the copies bound to one use that were made of a licence, newest first."""
    return list(licence.copies.order_by("-made_at"))


def copy_of(key: UUID, holders: Iterable[UUID]) -> UseCopy | None:
    """Return a copy by its key, if one of these holders holds its licence."""
    found = UseCopy.objects.filter(pk=key, licence__holders__in=list(holders))
    return found.select_related("licence", "document").first()


def identifiers_of(holders: Iterable[UUID], *, of: UUID | None = None) -> list[str]:
    """Return the identifiers of all versions of these holders' licences, or of the one licence that `of` belongs to."""
    found = Licence.objects.filter(holders__in=list(holders))
    if of:
        one = Licence.objects.filter(pk=of).first()
        found = found.filter(pk__in=[version.pk for version in chain_of(one)] if one else [])
    return list(found.values_list("identifier", flat=True).distinct())


def by_identifier(identifiers: Iterable[str]) -> dict[str, Licence]:
    """Return licences by their identifiers, with type and issuer, whatever their state."""
    found = Licence.objects.filter(identifier__in=list(identifiers)).select_related("licence_type__owner", "issuer")
    return {licence.identifier: licence for licence in found.prefetch_related("holders")}


def is_held_by(licence: Licence, holder: UUID) -> bool:
    """Say whether the holder is among the licence's holders."""
    return any(h.pk == holder for h in licence.holders.all())


def is_held_by_index(licence: Licence, index: bytes) -> bool:
    """Say whether one of the licence's holders has or had the number with this keyed index."""
    return any(index in indexes_of(holder) for holder in licence.holders.all())


def held_by_index(index: bytes, types: Iterable[UUID]) -> QuerySet[Licence]:
    """Return the licences of these types, in all versions, of the holder that has or had the number with this index."""
    held = _with_parts().filter(holders__numbers__number_index=index, licence_type__in=list(types))
    return held.distinct().order_by("-issued_at", "-version")


def represented_by(person: UUID, at: dt.datetime) -> list[Representation]:
    """Return the holders for whom a person may act at `at`, themselves first."""
    current = Q(since__lte=at) & (Q(until__isnull=True) | Q(until__gt=at))
    found = Representation.objects.filter(current, person=person).select_related("holder")
    return sorted(found, key=lambda r: (r.kind != "self", r.kind, r.since))


def holder_with(index: bytes) -> UUID | None:
    """Return the holder that has or had the number with this keyed index."""
    found = holder_by_index(index)
    return found.pk if found else None


def index_of(number: str) -> bytes:
    """Return the keyed index of a holder's number."""
    return number_index(number)


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


def of_collected(types: "QuerySet[LicenceType]") -> "QuerySet[LicenceType]":
    """Return those of the types of which at least one licence is kept here, in whatever state."""
    kept = Licence.objects.exclude(state__in=NEVER_ISSUED).filter(licence_type=OuterRef("pk"))
    return types.filter(Exists(kept))


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
