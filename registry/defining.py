"""The form in which licences of a type are made at a time, and defining a new one: forms are data, in versions."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, replace
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from audit.recording import Subject, record, record_refusal
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.reasons import Both, Grounds, because
from registry.errors import FormInvalid, FormNotPermitted
from registry.form_checks import check_form
from registry.forms import DEFAULT_STYLE, Form
from registry.lineage import lineage
from registry.models import LicenceType, LicenceTypeVersion, Membership, Person
from registry.models.people import Role
from registry.queries import memberships

DEFINERS = (Role.HEAD, Role.ADMINISTRATOR)
LONGEST_BASIS = 300


# --- What is in force ----------------------------------------------------------------------------------------------


def form_of(licence_type: LicenceType, at: dt.datetime) -> Form:
    """Return the form in force at `at`; a type without versions has the base form with its catalogue's term.

    Of the versions that have begun the newest counts: it also takes the place of older ones that begin later.
    """
    version = versions_of(licence_type).filter(in_force_from__lte=at).first()
    return form_in(version) if version else base_form(licence_type)


def form_numbered(licence_type: LicenceType, number: int) -> Form:
    """Return a version's form of a type by its number; 0 is the base form."""
    version = versions_of(licence_type).filter(number=number).first() if number else None
    return form_in(version) if version else base_form(licence_type)


def base_form(licence_type: LicenceType) -> Form:
    """Return the form of a type that nobody has defined: the common fields, and the catalogue's term."""
    months = licence_type.validity_months
    return Form(number_template=licence_type.number_template, validity={"months": months} if months else {})


def form_in(version: LicenceTypeVersion) -> Form:
    """Return the form that a version says."""
    return Form(
        number=version.number,
        schema=version.schema,
        number_template=version.number_template or version.licence_type.number_template,
        validity=version.validity,
        holder_kinds=tuple(version.holder_kinds),
        disclosable=tuple(version.disclosable),
        vct=version.vct,
        style=version.style,
        two_persons=version.two_persons,
    )


def versions_of(licence_type: LicenceType) -> QuerySet[LicenceTypeVersion]:
    """Return all versions of a type's form, the newest first."""
    return (
        LicenceTypeVersion.objects.filter(licence_type=licence_type).select_related("licence_type").order_by("-number")
    )


def makers_of(versions: Iterable[LicenceTypeVersion]) -> dict[UUID | None, Person]:
    """Return who made the versions; nobody for those of the platform."""
    return dict(Person.objects.in_bulk({version.made_by for version in versions if version.made_by}))


def vct_of(licence_type: LicenceType, form: Form) -> str:
    """Return the profile under which the type's credentials are signed: the form's, or the platform's address of it."""
    return form.vct or f"{settings.PUBLIC_URL}/types/{licence_type.code}"


# --- Who may define ------------------------------------------------------------------------------------------------


def defined_by(person: Person, at: dt.datetime) -> list[Membership]:
    """Return the roles by which a person may define forms at `at`: of departments, or for the whole city."""
    roles = (*DEFINERS, Role.AUTHORITY)
    return [membership for membership in memberships(person, at) if membership.role in roles]


def can_define(licence_type: LicenceType, actor: Actor, at: dt.datetime) -> bool:
    """Say whether the actor may define the type's form: for its owner (or who succeeded it), or for the city."""
    if actor == PLATFORM:
        return True
    person = Person.objects.filter(pk=actor.person, is_active=True).first() if actor.person else None
    return person is not None and any(_reaches(role, licence_type) for role in defined_by(person, at))


def _reaches(membership: Membership, licence_type: LicenceType) -> bool:
    if membership.role == Role.AUTHORITY:
        return True
    owner, department = licence_type.owner, membership.department
    return bool(owner and department) and owner.code in lineage("department", department.code)  # type: ignore[union-attr]


def check_may_define(licence_type: LicenceType, actor: Actor, at: dt.datetime) -> None:
    """Refuse who may not define the type's form."""
    if not can_define(licence_type, actor, at):
        owner = licence_type.owner.name if licence_type.owner else Both("制发机构", "its owner")
        raise FormNotPermitted(licence_type.name, owner)


# --- Defining ------------------------------------------------------------------------------------------------------


def define_type(
    licence_type: LicenceType, form: Form, *, actor: Actor, in_force_from: dt.datetime | None = None, basis: str = ""
) -> LicenceTypeVersion:
    """Make `form` the type's newest version, from now or from a later time; what the newest says already is left.

    `form.number` is given, not taken. Raises `FormNotPermitted` (recorded), or `FormInvalid` with every fault. A
    version never changes once it is made.
    """
    at = now()
    subject = Subject("licence_type", licence_type.code or licence_type.name_zh, licence_type.code)
    try:
        check_may_define(licence_type, actor, at)
    except FormNotPermitted as refused:
        raise record_refusal(refused, action="define_type", actor=actor, subject=subject) from None
    faults = check_form(form) | _when_and_why(in_force_from, basis, at)
    if faults:
        raise FormInvalid(faults)
    version = LicenceTypeVersion(
        licence_type=licence_type,
        **asdict(form),
        in_force_from=in_force_from or at,
        made_at=at,
        made_by=actor.person,
        basis=basis,
    )
    with transaction.atomic():
        kept = _keep(version, form)
        if kept is version:
            done = f"version {version.number}"
            record(action="define_type", actor=actor, subject=subject, outcome="done", fields=[done])
    return kept


def _keep(version: LicenceTypeVersion, form: Form) -> LicenceTypeVersion:
    """Keep a version under the next number and return it, or the newest where that says the same already."""
    # Held until the transaction ends, so that of two who define at once the second sees the first's version.
    licence_type = LicenceType.objects.select_for_update().get(pk=version.licence_type_id)
    newest = versions_of(licence_type).first()
    if newest and newest.in_force_from <= version.in_force_from and same(form_in(newest), form):
        return newest
    version.number = newest.number + 1 if newest else 1
    version.save(force_insert=True)
    return version


def _when_and_why(in_force_from: dt.datetime | None, basis: str, at: dt.datetime) -> dict[str, Grounds]:
    faults = {}
    if in_force_from and in_force_from < at:
        why = Both("生效时间不得早于现在", "must not lie in the past: licences already issued keep their form")
        faults["in_force_from"] = because("field_invalid", why=why)
    if len(basis) > LONGEST_BASIS:
        why = Both(f"至多 {LONGEST_BASIS} 个字符", f"must have at most {LONGEST_BASIS} characters")
        faults["basis"] = because("field_invalid", why=why)
    return faults


def same(one: Form, other: Form) -> bool:
    """Say whether two forms say the same, whatever their numbers."""
    return _plain(one) == _plain(other)


def _plain(form: Form) -> Form:
    return replace(form, number=0, style={**DEFAULT_STYLE, **form.style})
