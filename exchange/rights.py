"""The facts of one licence type for the access decision: its sharing class, agreements, what the holder allowed."""

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from exchange.access import AgreementFacts, Question, TypeFacts
from exchange.agreements import quotas
from exchange.agreements.procedure import GIVING, ORDINARY_ENDS, STOPPED
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
        agreements=_agreements(question, item, wanted),
        accepted_at=case.accepted_at,
        presented=case.presented,
        holder_known=case.holder_index is not None,
        authorised=case.holder is not None and _is_authorised(case.holder, wanted, question),
    )


def _fields(wanted: "LicenceType", question: Question) -> tuple[str, ...]:
    """Return the fields that licences of the type have: the standard's and those of the type's form."""
    return tuple(dict.fromkeys([*FIELDS, *field_titles(form_of(wanted, question.at))]))


def _agreements(question: Question, item: "Item", wanted: "LicenceType") -> tuple[AgreementFacts, ...]:
    # A right of use passes on to whom a reform made the successor.
    found = Agreement.objects.filter(
        department__code__in=lineage("department", question.asker.department),
        item__code__in=lineage("item", item.code),
        licence_type__name_zh__in=lineage("licence_type", wanted.name_zh),
        state__in=[*GIVING, *ORDINARY_ENDS, *STOPPED],
        since__isnull=False,
    )
    left = quotas.left(found, question.at)
    return tuple(agreement_facts(a, a.since, left.get(a.pk), question.at) for a in found if a.since)


def agreement_facts(agreement: Agreement, since: dt.datetime, left: int | None, at: dt.datetime) -> AgreementFacts:
    """Return an agreement as the decision sees it; `left` of its quota, if it has one, are left at `at`."""
    return AgreementFacts(
        reference=agreement.reference,
        purpose=agreement.purpose,
        since=since,
        until=agreement.until,
        fields=tuple(agreement.fields),
        ways=tuple(agreement.ways),
        cases_continue=agreement.cases_continue,
        stopped=agreement.state in STOPPED,
        quota=agreement.quota or 0,
        quota_left=left,
        resumes=quotas.resumes(agreement, at),
    )


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
