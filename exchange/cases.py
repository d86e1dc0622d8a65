"""What a case tells about a number: whose licence is meant, and whether the holder presented it themselves."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from exchange.asking import Ask
from exchange.errors import AccessRefused, AuthorisationNotFound
from exchange.models import Application, Authorisation, Reference
from exchange.procedure import IN_HAND, OPEN, State
from foundation.reasons import because
from licences import queries as licences
from licences.holders import holder_by_index
from licences.numbering import number_key
from registry.lineage import lineage

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item


@dataclass(frozen=True, slots=True)
class Case:
    """The holder asked about, the one named or else the case's, and whether they presented the licence themselves.

    `accepted_at` is when the case was accepted, while it is an application of ours that is not decided yet.
    """

    holder: UUID | None = None
    holder_index: bytes | None = None
    presented: bool = False
    accepted_at: dt.datetime | None = None

    def is_about(self, licence: "Licence") -> bool:
        """Say whether the licence is the holder's; where none is known, any is."""
        return self.holder_index is None or licences.is_held_by_index(licence, self.holder_index)


def case_of(ask: Ask, item: "Item", *, department: str) -> Case:
    """Return what the case (an application of ours for this item, or nothing we know) tells about the number.

    An authorisation that is named tells whose licence is meant, if it is one given to the department (code).
    """
    handed_in = Application.objects.exclude(state=State.DRAFT)
    application = handed_in.filter(number=ask.case).select_related("holder").first()
    if application and application.item_id != item.pk:
        raise AccessRefused(because("case_of_other_item", case=ask.case, item=item.code))
    reference = _reference(ask, application) if application else None
    # A decided case still names its holder, but what was accepted or presented for it gives no right any more.
    accepted_at = application.accepted_at if application and application.state in IN_HAND else None
    if ask.authorisation:
        return _of_authorisation(ask.authorisation, department, accepted_at)
    if ask.holder_number:
        return _about(licences.index_of(ask.holder_number), accepted_at)
    if reference and reference.other_holder:
        # What an applicant says of somebody else's licence is no presentation by its holder.
        return _about(bytes(reference.other_holder), accepted_at)
    if application is None:
        return Case()
    presented = reference is not None and application.state in OPEN
    return Case(application.holder_id, bytes(application.holder.number_index), presented, accepted_at)


def _of_authorisation(key: str, department: str, accepted_at: dt.datetime | None) -> Case:
    found = Authorisation.objects.filter(department__code__in=lineage("department", department))
    given = found.filter(pk=key).select_related("holder").first() if _is_key(key) else None
    if given is None:
        # Another department's, and one that nobody gave, answer the same.
        raise AuthorisationNotFound
    return Case(given.holder_id, bytes(given.holder.number_index), accepted_at=accepted_at)


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _about(index: bytes, accepted_at: dt.datetime | None) -> Case:
    holder = holder_by_index(index)
    return Case(holder.pk if holder else None, index, accepted_at=accepted_at)


def _reference(ask: Ask, application: Application) -> Reference | None:
    key = number_key(ask.text)
    references = application.references.select_related("licence")
    named = (r for r in references if r.number_key == key or (r.licence and number_key(r.licence.identifier) == key))
    return next(named, None)
