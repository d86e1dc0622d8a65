"""What somebody has seen of a licence, so that nobody learns of one by reporting a fault in it."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from audit.errors import EntryNotFound
from audit.queries import entry_by_id
from audit.tally import TOLD
from exchange.corrections.errors import LicenceNotHeld
from exchange.keeping import kept_by
from exchange.staffing import standings
from foundation.reasons import Both
from licences import queries as licences
from licences.fields import FIELDS, field_name
from registry.defining import form_numbered
from registry.forms import field_titles
from registry.lineage import lineage

if TYPE_CHECKING:
    from audit.queries import Entry
    from licences.models import Licence
    from registry.models import Person

# The outcomes whose answer spoke of the licence.
_SPOKEN = TOLD | {"incomplete", "signature_invalid"}
_VERIFIED = (
    "certificateName",
    "certificateNumber",
    "certificateIssuingAuthorityName",
    "certificateIssuedDate",
    "certificateEffectiveDate",
    "certificateExpiringDate",
)
"""What the answer of a verification tells; for a case the holder besides."""
_NEVER = frozenset({"certificateIdentifier", "certificateTypeCode", "certificateIssuingAuthorityCode"})
"""What the platform itself gives out, so that no issuer could mend it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A licence, the fields of it that were seen with their names, and by which look or for which holder."""

    licence: "Licence"
    fields: Mapping[str, Both]
    entry: UUID | None = None
    holder: UUID | None = None


def seen_in(key: UUID, departments: Collection[str]) -> Seen:
    """Return what a look by one of these departments (codes) showed.

    `EntryNotFound` for every other entry, and for one whose answer showed nothing of a licence: both answer alike.
    """
    entry = entry_by_id(key)
    if entry is None or entry.actor_department not in departments:
        raise EntryNotFound
    shown = _shown(entry)
    licence = licences.by_identifier([entry.subject]).get(entry.subject) if shown else None
    names = _titles(licence) if licence else {}
    fields = {name: names[name] for name in shown if name in names}
    if licence is None or not fields:
        raise EntryNotFound
    return Seen(licence, fields, entry=key)


def shows_licence(entry: "Entry") -> bool:
    """Say whether the answer of a look showed anything of a licence."""
    return bool(_shown(entry))


def _shown(entry: "Entry") -> Collection[str]:
    if entry.outcome not in _SPOKEN:
        return ()
    if entry.action == "verify":
        return (*_VERIFIED, "certificateHolderName") if entry.case else _VERIFIED
    return entry.fields if entry.action == "disclose" else ()


def seen_by(key: UUID, person: "Person", at: dt.datetime) -> Seen:
    """Return what a look showed that a person made, or another of a department for which they work."""
    own = (standing.actor.department for standing in standings(person, at))
    worked_for = {code for department in own for code in lineage("department", department)}
    return seen_in(key, worked_for | set(kept_by(person, at)))


def seen_by_holder(key: UUID, person: "Person", at: dt.datetime) -> Seen:
    """Return a licence of a holder for whom a person acts, all its fields; `LicenceNotHeld` else."""
    held_by = [representation.holder_id for representation in licences.represented_by(person.pk, at)]
    licence = licences.licence_of(key, held_by)
    if licence is None:
        raise LicenceNotHeld
    holder = next(h for h in held_by if licences.is_held_by(licence, h))
    return Seen(licence, _titles(licence), holder=holder)


def field_title(licence: "Licence", field: str) -> Both:
    """Return what a field of a licence is called, by the form that it was made by."""
    return _titles(licence).get(field) or field_name(field)


def titles_of(found: "Iterable[Licence]") -> dict[UUID, Mapping[str, Both]]:
    """Return what the fields of licences are called, by their keys, in a query for each form."""
    by_form: dict[tuple[UUID, int], Mapping[str, Both]] = {}
    titles: dict[UUID, Mapping[str, Both]] = {}
    for licence in found:
        form = (licence.licence_type_id, licence.form)
        titles[licence.pk] = by_form[form] = by_form.get(form) or _titles(licence)
    return titles


def _titles(licence: "Licence") -> dict[str, Both]:
    own = field_titles(form_numbered(licence.licence_type, licence.form))
    return {name: title for name, title in {**FIELDS, **own}.items() if name not in _NEVER}
