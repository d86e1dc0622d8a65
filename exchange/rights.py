"""The facts of one licence type for the access decision: its sharing class, agreements, what the holder allowed."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from exchange.access import AgreementFacts, Question, TypeFacts
from exchange.cases import Case
from exchange.models import Agreement, Authorisation
from foundation.reasons import Both
from licences.fields import FIELDS
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles
from registry.lineage import current_department, lineage

if TYPE_CHECKING:
    from registry.models import Item, LicenceType


def type_question(question: Question, item: "Item", wanted: "LicenceType", case: Case, *, needed: bool) -> Question:
    """Return the question about an item with the facts of one licence type added."""
    owner = wanted.owner and current_department(wanted.owner)
    needing = () if needed else tuple(i.code for i in registry.items_needing(wanted, question.at))
    facts = TypeFacts(
        name=wanted.name,
        owner=owner.code if owner else "",
        owner_name=owner.name if owner else Both("—", "—"),
        sharing=wanted.sharing_class,  # type: ignore[arg-type]
        needed=needed,
        items_needing=needing,
        legal_basis=wanted.legal_basis,
        needs_authorisation=wanted.needs_authorisation,
        fields=_fields(wanted, question) if question.disclose else (),
    )
    return replace(
        question,
        licence_type=facts,
        agreements=_agreements(question.asker.department, item, wanted),
        presented=case.presented,
        holder_known=case.holder_index is not None,
        authorised=case.holder is not None and _is_authorised(case.holder, wanted, question),
    )


def _fields(wanted: "LicenceType", question: Question) -> tuple[str, ...]:
    """Return the fields that licences of the type have: the standard's and those of the type's form."""
    return tuple(dict.fromkeys([*FIELDS, *field_titles(form_of(wanted, question.at))]))


def _agreements(department: str, item: "Item", wanted: "LicenceType") -> tuple[AgreementFacts, ...]:
    # A right of use passes on to whom a reform made the successor.
    found = Agreement.objects.filter(
        department__code__in=lineage("department", department),
        item__code__in=lineage("item", item.code),
        licence_type__name_zh__in=lineage("licence_type", wanted.name_zh),
    )
    return tuple(AgreementFacts(a.reference, a.purpose, a.since, a.until, tuple(a.fields)) for a in found)


def _is_authorised(holder: UUID, wanted: "LicenceType", question: Question) -> bool:
    found = Authorisation.objects.filter(
        holder=holder,
        licence_type__name_zh__in=lineage("licence_type", wanted.name_zh),
        department__code__in=lineage("department", question.asker.department),
        revoked_at__isnull=True,
        used_at__isnull=True,
        since__lte=question.at,
        purpose__in=["", question.purpose],
    )
    return any(a.until is None or question.at < a.until for a in found)
