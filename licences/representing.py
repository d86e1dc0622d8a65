"""Who acts for whom: people for themselves, for a child until it comes of age, for a company by law or appointment.

A registrar registers it; a legal representative appoints and dismisses besides.
"""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.recording import Act, Subject, record, record_all, record_refusal
from foundation.clock import LEGAL_ZONE, now
from foundation.codes import birth_date
from foundation.context import Actor
from foundation.reasons import Refused, because
from licences.errors import NotRepresentable
from licences.holders import IDENTITY_NUMBER, REGISTRARS, is_organisation, open_number
from licences.models import Holder, Representation
from licences.models import RepresentationKind as Kind

OF_AGE = 18
"""Years; civil code (民法典), article 17."""
WITHDRAWN, CAME_OF_AGE, REPRESENTATIVE_CHANGED = "withdrawn", "came_of_age", "legal_representative_changed"
_OF_COMPANIES = (Kind.LEGAL_REPRESENTATIVE, Kind.COMPANY)


def represent(
    *,
    person: UUID,
    holder: Holder,
    kind: str,
    actor: Actor,
    until: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Representation:
    """Let a person act for a holder from `at` (now) until `until`, if any; a child's ends on its 18th birthday.

    Raises `NotRepresentable` where the holder or the actor is not of the right kind, or the person may act already.
    """
    try:
        with transaction.atomic():
            _check_registrar(actor)
            return _represent(person, _locked(holder), Kind(kind), actor=actor, at=at or now(), until=until)
    except Refused as refused:
        raise record_refusal(refused, action="represent", actor=actor, subject=_subject(person)) from None


def appoint(
    holder: Holder, *, person: UUID, by: Actor, until: dt.datetime | None = None, at: dt.datetime | None = None
) -> Representation:
    """Let a person act for an organisation, by its present legal representative or a registrar."""
    try:
        with transaction.atomic():
            holder, at = _locked(holder), at or now()
            if not (by.role in REGISTRARS or is_legal_representative(by.person, holder, at)):
                raise NotRepresentable(because("appointing_not_permitted"))
            return _represent(person, holder, Kind.COMPANY, actor=by, at=at, until=until)
    except Refused as refused:
        raise record_refusal(refused, action="represent", actor=by, subject=_subject(person)) from None


def change_legal_representative(
    holder: Holder, *, person: UUID, actor: Actor, at: dt.datetime | None = None
) -> Representation:
    """Make the person the organisation's legal representative; with the former one end all whom it appointed.

    The same person again changes nothing.
    """
    try:
        with transaction.atomic():
            _check_registrar(actor)
            return _change_legal_representative(_locked(holder), person, actor, at or now())
    except Refused as refused:
        subject = Subject("holder", str(holder.pk))
        raise record_refusal(refused, action="change_legal_representative", actor=actor, subject=subject) from None


def end_representation(
    representation: Representation, *, actor: Actor, reason: str = WITHDRAWN, at: dt.datetime | None = None
) -> Representation:
    """Let the person act for the holder no longer; one that has ended stays as it is.

    It is for a registrar, the organisation's legal representative, or the person who resigns from acting for it.
    """
    try:
        with transaction.atomic():
            representation = Representation.objects.select_for_update().get(pk=representation.pk)
            at = at or now()
            _check_may_end(representation, actor, at)
            if representation.until is None or representation.until > at:
                _end([representation], reason, actor, at)
            return representation
    except Refused as refused:
        subject = _subject(representation.person_id)
        raise record_refusal(refused, action="end_representation", actor=actor, subject=subject) from None


def is_legal_representative(person: UUID | None, holder: Holder, at: dt.datetime) -> bool:
    """Say whether the person is the organisation's legal representative at `at`."""
    found = Representation.objects.filter(person=person, holder=holder, kind=Kind.LEGAL_REPRESENTATIVE, since__lte=at)
    return person is not None and _not_ended(found, at).exists()


def representations_of(holder: Holder) -> QuerySet[Representation]:
    """Return who acts and acted for a holder, the latest first."""
    return holder.representations.select_related("person").order_by("-since", "-pk")


def comes_of_age(born: dt.date) -> dt.datetime:
    """Return the first instant at which a person is of age, by the law's own days; of a leap day it is 1 March."""
    year = born.year + OF_AGE
    try:
        birthday = born.replace(year=year)
    except ValueError:
        birthday = dt.date(year, 3, 1)
    return dt.datetime.combine(birthday, dt.time(), LEGAL_ZONE).astimezone(dt.UTC)


def _subject(person: UUID) -> Subject:
    return Subject("person", str(person))


def _locked(holder: Holder) -> Holder:
    """Lock the holder, so that of two at once the second finds what the first did; only then is the time taken."""
    return Holder.objects.select_for_update().get(pk=holder.pk)


def _not_ended(found: QuerySet[Representation], at: dt.datetime) -> QuerySet[Representation]:
    return found.filter(Q(until__isnull=True) | Q(until__gt=at))


def _check_registrar(actor: Actor) -> None:
    if actor.role not in REGISTRARS:
        raise NotRepresentable(because("representing_not_permitted"))


def _check_may_end(representation: Representation, actor: Actor, at: dt.datetime) -> None:
    resigns = actor.person == representation.person_id and representation.kind in _OF_COMPANIES
    if actor.role in REGISTRARS or resigns:
        return
    if not is_legal_representative(actor.person, representation.holder, at):
        raise NotRepresentable(because("representing_not_permitted"))


def _represent(
    person: UUID, holder: Holder, kind: Kind, *, actor: Actor, at: dt.datetime, until: dt.datetime | None = None
) -> Representation:
    _check_kind(holder, kind)
    _check_free(person, holder, kind, at)
    ended_because = ""
    if kind is Kind.CHILD and (until is None or until > _end_of_childhood(holder, at)):
        until, ended_because = _end_of_childhood(holder, at), CAME_OF_AGE
    if until is not None and until <= at:
        raise NotRepresentable(because("until_not_future"), fields={"until": because("until_not_future")})
    made = Representation.objects.create(
        person_id=person, holder=holder, kind=kind, since=at, until=until, ended_because=ended_because
    )
    fields = [str(kind), str(holder.pk)]
    record(action="represent", actor=actor, subject=_subject(person), outcome="done", fields=fields, at=at)
    return made


def _check_kind(holder: Holder, kind: Kind) -> None:
    of_company = kind in _OF_COMPANIES
    if of_company != is_organisation(holder):
        raise NotRepresentable(because("organisations_only" if of_company else "persons_only"))


def _check_free(person: UUID, holder: Holder, kind: Kind, at: dt.datetime) -> None:
    present = _not_ended(holder.representations.all(), at)
    if present.filter(person=person).exists():
        raise NotRepresentable(because("represents_already"))
    if kind is Kind.LEGAL_REPRESENTATIVE and present.filter(kind=kind).exists():
        raise NotRepresentable(because("legal_representative_present"))


def _end_of_childhood(child: Holder, at: dt.datetime) -> dt.datetime:
    if child.code_type != IDENTITY_NUMBER:
        raise NotRepresentable(because("child_birth_unknown"))
    end = comes_of_age(birth_date(open_number(child)))
    if end <= at:
        raise NotRepresentable(because("child_of_age"))
    return end


def _change_legal_representative(holder: Holder, person: UUID, actor: Actor, at: dt.datetime) -> Representation:
    _check_kind(holder, Kind.LEGAL_REPRESENTATIVE)
    present = _not_ended(holder.representations.filter(kind__in=_OF_COMPANIES), at)
    same = present.filter(person=person, kind=Kind.LEGAL_REPRESENTATIVE).first()
    if same:
        return same
    _end(list(present), REPRESENTATIVE_CHANGED, actor, at)
    return _represent(person, holder, Kind.LEGAL_REPRESENTATIVE, actor=actor, at=at)


def _end(representations: Iterable[Representation], reason: str, actor: Actor, at: dt.datetime) -> None:
    acts = []
    for representation in representations:
        representation.until, representation.ended_because = at, reason
        representation.save(update_fields=["until", "ended_because"])
        subject, fields = _subject(representation.person_id), [representation.kind, str(representation.holder_id)]
        acts.append(Act("end_representation", actor, subject, "done", reason=reason, fields=fields, at=at))
    record_all(acts)
