"""What a case tells about a number: whose licence is meant, and whether the holder presented it themselves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from exchange.asking import Ask
from exchange.errors import AccessRefused
from exchange.models import Application, Reference
from exchange.procedure import OPEN, State
from foundation.reasons import because
from licences import queries as licences
from licences.holders import holder_by_index
from licences.numbering import number_key

if TYPE_CHECKING:
    from licences.models import Licence
    from registry.models import Item


@dataclass(frozen=True, slots=True)
class Case:
    """The holder asked about, the one named or else the case's, and whether they presented the licence themselves."""

    holder: UUID | None = None
    holder_index: bytes | None = None
    presented: bool = False

    def is_about(self, licence: "Licence") -> bool:
        """Say whether the licence is the holder's; where none is known, any is."""
        return self.holder_index is None or licences.is_held_by_index(licence, self.holder_index)


def case_of(ask: Ask, item: "Item") -> Case:
    """Return what the case (an application of ours for this item, or nothing we know) tells about the number."""
    handed_in = Application.objects.exclude(state=State.DRAFT)
    application = handed_in.filter(number=ask.case).select_related("holder").first()
    if application and application.item_id != item.pk:
        raise AccessRefused(because("case_of_other_item", case=ask.case, item=item.code))
    reference = _reference(ask, application) if application else None
    if ask.holder_number:
        return _about(licences.index_of(ask.holder_number))
    if reference and reference.other_holder:
        # What an applicant says of somebody else's licence is no presentation by its holder.
        return _about(bytes(reference.other_holder))
    if application is None:
        return Case()
    # A decided case still names its holder, but what was presented for it gives no right any more.
    presented = reference is not None and application.state in OPEN
    return Case(application.holder_id, bytes(application.holder.number_index), presented)


def _about(index: bytes) -> Case:
    holder = holder_by_index(index)
    return Case(holder.pk if holder else None, index)


def _reference(ask: Ask, application: Application) -> Reference | None:
    key = number_key(ask.text)
    references = application.references.select_related("licence")
    named = (r for r in references if r.number_key == key or (r.licence and number_key(r.licence.identifier) == key))
    return next(named, None)
