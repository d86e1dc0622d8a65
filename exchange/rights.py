"""The facts of one licence type for the access decision: class, agreements, duties, what the holder allowed."""

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from exchange.access import AgreementFacts, AuthorisationFacts, Question, TypeFacts
from exchange.agreements import quotas
from exchange.agreements.procedure import GIVING, ORDINARY_ENDS, STOPPED
from exchange.cases import Case
from exchange.models import Agreement, Authorisation, Duty
from foundation.reasons import Both
from licences.fields import FIELDS
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles
from registry.lineage import current_department, lineage

if TYPE_CHECKING:
    from registry.models import Department, Item, LicenceType


def type_question(question: Question, item: "Item", wanted: "LicenceType", case: Case, *, needed: bool) -> Question:
    """Return the question about an item with the facts of one licence type added."""
    owner = wanted.owner and current_department(wanted.owner)
    facts = type_facts(
        wanted,
        owner,
        needed=needed,
        items_needing=() if needed else tuple(i.code for i in registry.items_needing(wanted, question.at)),
        fields=_fields(wanted, question) if question.disclose else (),
    )
    asked = replace(
        question,
        licence_type=facts,
        agreements=_agreements(question, item, wanted),
        accepted_at=case.accepted_at,
        presented=case.presented,
        holder_known=case.holder_index is not None,
    )
    if facts.sharing == "unconditional" and not facts.needs_authorisation:
        return asked
    return replace(
        asked,
        authorisations=_authorisations(case.holder, item, wanted, question) if case.holder else (),
        duty=_duty(item, wanted, question),
    )


def type_facts(
    wanted: "LicenceType",
    owner: "Department | None",
    *,
    needed: bool,
    items_needing: tuple[str, ...] = (),
    fields: tuple[str, ...] = (),
) -> TypeFacts:
    """Return what the catalogue says of a type; `owner` is the department that owns it now."""
    return TypeFacts(
        name=wanted.name,
        owner=owner.code if owner else "",
        owner_name=owner.name if owner else Both("—", "—"),
        sharing=wanted.sharing_class,  # type: ignore[arg-type]
        needed=needed,
        items_needing=items_needing,
        legal_basis=wanted.legal_basis,
        needs_authorisation=wanted.needs_authorisation,
        fields=fields,
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
    )
    return tuple(facts for _, facts in agreement_facts(found, question.at))


def agreement_facts(found: QuerySet[Agreement], at: dt.datetime) -> list[tuple[Agreement, AgreementFacts]]:
    """Return those of the agreements that have ever been in force, each as the decision sees it at `at`."""
    begun = found.filter(state__in=[*GIVING, *ORDINARY_ENDS, *STOPPED], since__isnull=False)
    left = quotas.left(begun, at)
    return [(a, _facts(a, a.since, left.get(a.pk), at)) for a in begun if a.since]


def _facts(agreement: Agreement, since: dt.datetime, left: int | None, at: dt.datetime) -> AgreementFacts:
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


def _authorisations(
    holder: UUID, item: "Item", wanted: "LicenceType", question: Question
) -> tuple[AuthorisationFacts, ...]:
    of_type = Q(licence_type__name_zh__in=lineage("licence_type", wanted.name_zh))
    found = Authorisation.objects.filter(
        # A mandate covers whatever its item needs.
        of_type | Q(licence_type__isnull=True),
        holder=holder,
        department__code__in=lineage("department", question.asker.department),
    ).select_related("item")
    items = lineage("item", item.code)
    return tuple(
        AuthorisationFacts(
            reference=str(a.pk),
            since=a.since,
            until=a.until,
            purpose=a.purpose,
            for_item=a.item.code in items if a.item else not a.mandate,
            once=a.once,
            used_at=a.used_at,
            revoked_at=a.revoked_at,
            entrusted=bool(a.mandate),
        )
        for a in found
    )


def _duty(item: "Item", wanted: "LicenceType", question: Question) -> str:
    """Return the law that makes the use the department's duty at the time asked about, if one does."""
    found = Duty.objects.filter(
        Q(until__isnull=True) | Q(until__gt=question.at),
        since__lte=question.at,
        department__code__in=lineage("department", question.asker.department),
        item__code__in=lineage("item", item.code),
        licence_type__name_zh__in=lineage("licence_type", wanted.name_zh),
    ).order_by("since")
    return found.values_list("legal_basis", flat=True).first() or ""
