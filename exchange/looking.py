"""Who looked at a holder's licences: every access by whomever, refused ones too, as the person concerned may see it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from audit.leaf import Committed
from audit.queries import Entry, entries_on, openings
from exchange.models import Deferral, Objection
from exchange.noting import CONSIDERED
from exchange.queries import described
from foundation.reasons import Both
from licences import queries as licences
from licences.fields import field_name
from registry.defining import form_of
from registry.forms import field_titles

if TYPE_CHECKING:
    from licences.models import Licence

BY_NUMBER = ("verify", "disclose", CONSIDERED)
LOOKS = (
    *BY_NUMBER, "public_check", "open_licence", "search_holder", "find_licence", "take_document", "make_copy",
    "take_copy", "issue_download", "take_credential", "verify_document", "tell_change",
)  # fmt: skip
"""The actions that look at a licence, or for a holder's licences."""
CONCERNING = ("number", "reason", "subject")
"""The personal and withheld values of an entry that are the holder's own; the clerk's name and address are not."""
_SUCCESSOR = Both("接替的新版本", "the version that took its place")


@dataclass(frozen=True, slots=True)
class Look:
    """One access in the person's view: by whom, for what, which licence, what was shown, and what came of it.

    `deferrals` are those by which notice came late, the latest first; `objection` is the person's own, the latest.
    """

    entry: Entry
    department: Both
    item: Both
    licence: "Licence | None"
    shown: tuple[Both, ...]
    deferrals: tuple[Deferral, ...]
    objection: Objection | None


def looks_at(holders: Iterable[UUID], *, at: dt.datetime, licence: UUID | None = None) -> QuerySet[Entry]:
    """Return every access to these holders' licences, or to all their versions of one, the newest first.

    Those of which a law defers notice beyond `at` are left out.
    """
    holders = list(holders)
    subjects = licences.identifiers_of(holders, of=licence)
    if licence is None:
        subjects += [str(holder) for holder in holders]
    return entries_on(subjects, LOOKS).exclude(pk__in=_deferred(at))


def look_at(key: UUID, holders: Iterable[UUID], *, at: dt.datetime) -> Entry | None:
    """Return one access to these holders' licences, if it is one and they have notice of it."""
    return looks_at(holders, at=at).filter(pk=key).first()


def _deferred(at: dt.datetime) -> QuerySet[Deferral, UUID]:
    return Deferral.objects.filter(until__gt=at).values_list("entry", flat=True)


def told(entries: Iterable[Entry], *, person: UUID) -> list[Look]:
    """Join accesses with the names of what they speak of, and with what came of them."""
    rows = described(entries)
    keys = [row.entry.pk for row in rows]
    found = licences.by_identifier({row.entry.subject for row in rows})
    deferrals: dict[UUID, list[Deferral]] = {}
    for deferral in Deferral.objects.filter(entry__in=keys).order_by("-made_at"):
        deferrals.setdefault(deferral.entry, []).append(deferral)
    objections = {o.entry: o for o in Objection.objects.filter(entry__in=keys, person=person).order_by("filed_at")}
    titles = _titles(found.values(), {row.entry.subject for row in rows if row.entry.action == "disclose"})
    return [
        Look(
            entry=row.entry,
            department=row.department,
            item=row.item,
            licence=found.get(row.entry.subject),
            shown=_shown(row.entry, titles.get(row.entry.subject, {})),
            deferrals=tuple(deferrals.get(row.entry.pk, ())),
            objection=objections.get(row.entry.pk),
        )
        for row in rows
    ]


def _titles(found: "Iterable[Licence]", disclosed: set[str]) -> dict[str, Mapping[str, Both]]:
    """Return what the fields of each licence are called, by the form of its day."""
    read = (licence for licence in found if licence.identifier in disclosed)
    return {licence.identifier: field_titles(form_of(licence.licence_type, licence.issued_at)) for licence in read}


def _shown(entry: Entry, titles: Mapping[str, Both]) -> tuple[Both, ...]:
    # Other entries keep keys of their own among their fields.
    if entry.action not in ("verify", "disclose"):
        return ()
    return tuple(_SUCCESSOR if name == "successor" else titles.get(name) or field_name(name) for name in entry.fields)


def own_openings(entry: Entry) -> dict[str, Committed]:
    """Return what opens those commitments of an access's leaf that are over the holder's own values, by name."""
    found = openings([entry.pk]).get(entry.pk, {})
    return {name: found[name] for name in CONCERNING if name in found}
