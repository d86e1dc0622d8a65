"""Falling back to paper: the platform proposes why, the clerk confirms or corrects it; a breakpoint's evidence."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from exchange.applications.checking import VALID, verify_one
from exchange.applications.errors import NeedUnknown, PaperNoUse
from exchange.applications.stepping import begin_review, begun, note, refusals_recorded
from exchange.asking import Standing
from exchange.causes import DISPROVED, Cause, Known, propose
from exchange.errors import InputInvalid
from exchange.models import Agreement, Application, PaperFallback, Reference
from exchange.procedure import Way
from foundation.clock import now
from foundation.reasons import because
from licences import queries as licences
from licences.numbering import number_key
from registry import queries as registry
from registry.lineage import current_department, lineage

if TYPE_CHECKING:
    from registry.models import LicenceType, Person
    from registry.queries import NeedGroup

_CITY = ("city", "county")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Which cause a clerk confirmed, who, and when."""

    cause: Cause
    person: "Person"
    at: dt.datetime


def known_of(application: Application, group: "NeedGroup", reference: Reference | None, at: dt.datetime) -> Known:
    """Return what the platform knows of a need of the case, for the proposal of a cause."""
    wanted = type_meant(group, reference)
    owner = current_department(wanted.owner) if wanted.owner else None
    return Known(
        outcome=reference.outcome if reference else "",
        refusal=reference.reason if reference else "",
        chose_paper=reference is not None and reference.way in (Way.PAPER, Way.PAPER_CHECKED),
        higher_level=owner is None or owner.level not in _CITY,
        connected=owner is not None and owner.pk in licences.departments_with_keys(),
        agreement_ended=_had_agreement(application, wanted, at),
    )


def type_meant(group: "NeedGroup", reference: Reference | None) -> "LicenceType":
    """Return the type that is meant for a need: that of the licence found, else the first that would meet it."""
    return reference.licence.licence_type if reference and reference.licence else group.types[0]


def _had_agreement(application: Application, wanted: "LicenceType", at: dt.datetime) -> bool:
    return Agreement.objects.filter(
        department__code__in=lineage("department", current_department(application.item.department).code),
        item__code__in=lineage("item", application.item.code),
        licence_type__name_zh__in=lineage("licence_type", wanted.name_zh),
        until__lte=at,
    ).exists()


def proposal(
    application: Application, group: "NeedGroup", reference: Reference | None, at: dt.datetime
) -> Cause | None:
    """Return the cause that the platform proposes for paper in the place of a need; None where paper is of no use."""
    return propose(known_of(application, group, reference, at))


def fall_back(
    application: Application,
    *,
    need: int,
    cause: str,
    number: str = "",
    person: "Person",
    at: dt.datetime | None = None,
) -> PaperFallback:
    """Note that a clerk saw paper for a need, and why; its number is checked against data.

    Raises `PaperNoUse` where data say that the licence does not hold. Noted again, the row says what was noted last.
    """
    at = at or now()
    with refusals_recorded("fall_back_to_paper", application, person):
        with transaction.atomic():
            application, standing = begun(application, "approve", person, at)
            group = _group(application, need)
            if cause not in list(Cause):
                raise InputInvalid({"cause": because("field_required")})
            reference = _shown(application, group, number, standing, at)
            refused = PaperNoUse() if reference.outcome in DISPROVED else None
            if refused is None:
                fallback = _noted(application, group, reference, Confirmed(Cause(cause), person, at))
                note(
                    "fall_back_to_paper",
                    application,
                    standing.actor,
                    at,
                    outcome="noted",
                    fields=[f"need-{need}", cause],
                )
                begin_review(application, standing.actor, at)
        if refused:
            # Raised after the commit: what the check found, and its entry, are kept.
            raise refused
        return fallback


def _group(application: Application, need: int) -> "NeedGroup":
    group = next((g for g in registry.need_groups(application.item) if g.number == need), None)
    if group is None:
        raise NeedUnknown
    return group


def _shown(application: Application, group: "NeedGroup", number: str, standing: Standing, at: dt.datetime) -> Reference:
    """Return the need's reference with the number on the paper, where one was typed, checked against data."""
    reference = application.references.filter(need_group=group.number).select_related("licence").first()
    reference = reference or Reference(application=application, need_group=group.number)
    if number_key(number.strip()) and number_key(number)[:140] != reference.number_key:
        reference.licence = None
        reference.number, reference.number_key = number.strip()[:140], number_key(number)[:140]
        # Of another number nothing has been found yet.
        reference.outcome = ""
    reference.save()
    if reference.number:
        verify_one(application, reference, group, standing, at)
    return reference


def _noted(application: Application, group: "NeedGroup", reference: Reference, confirmed: Confirmed) -> PaperFallback:
    cause, at = confirmed.cause, confirmed.at
    proposed = proposal(application, group, reference, at) or cause
    checked = reference.outcome == VALID
    reference.way = Way.PAPER_CHECKED if checked else Way.PAPER
    reference.save(update_fields=["way"])
    values = {
        "item": application.item,
        "licence_type": type_meant(group, reference),
        "proposed": proposed,
        "cause": cause,
        "checked": checked,
        "noted_by": confirmed.person,
        "noted_at": at,
    }
    fallback, _ = PaperFallback.objects.update_or_create(
        application=application, need_group=group.number, defaults=values
    )
    return fallback
