"""What pages and the API may ask about reports: a reporter's own, a provider's, and all of them."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from audit.recording import Subject, record
from exchange.asking import Standing
from exchange.corrections.errors import CorrectionNotFound
from exchange.corrections.noting import subject_of
from exchange.issuing import check_active
from exchange.mending import OPEN
from exchange.models import Correction
from exchange.refusals import refusals_recorded

if TYPE_CHECKING:
    from registry.models import Person


def _with_parts() -> QuerySet[Correction]:
    return Correction.objects.select_related(
        "licence__licence_type", "licence__issuer", "provider", "department", "person", "mended_by", "holder"
    )


def reports_by(person: "Person") -> QuerySet[Correction]:
    """Return a person's reports, the newest first."""
    return _with_parts().filter(person=person).order_by("-reported_at", "-pk")


def report_of(person: "Person", number: str) -> Correction | None:
    """Return a person's own report."""
    return None if "\0" in number else reports_by(person).filter(number=number).first()


def open_reports(providers: Collection[str] | None = None) -> QuerySet[Correction]:
    """Return the reports that wait for an answer, of these providers (codes) or of all, the most urgent first.

    Those of the same field of a licence stand together.
    """
    found = _with_parts().filter(state__in=OPEN).order_by("answer_by", "licence", "field", "reported_at")
    return found if providers is None else found.filter(provider__code__in=list(providers))


def closed_reports(providers: Collection[str] | None = None) -> QuerySet[Correction]:
    """Return the reports that are closed, of these providers (codes) or of all, the latest first."""
    found = _with_parts().exclude(state__in=OPEN).order_by("-closed_at", "-pk")
    return found if providers is None else found.filter(provider__code__in=list(providers))


def _of_clients(standing: Standing) -> QuerySet[Correction]:
    mine = _with_parts().filter(department__code=standing.asker.department, client__isnull=False)
    return mine.order_by("-reported_at", "-pk")


def reports_of(standing: Standing) -> QuerySet[Correction]:
    """Return the reports of the systems of the caller's department, the newest first; the look is recorded."""
    with refusals_recorded("open_reports", Subject("correction"), standing.actor), transaction.atomic():
        check_active(standing)
        record(action="open_reports", actor=standing.actor, subject=Subject("correction"), outcome="opened")
    return _of_clients(standing)


def report_for_client(number: str, standing: Standing) -> Correction:
    """Return one report of the systems of the caller's department; the look is recorded, a refused one too."""
    found = None if "\0" in number else _of_clients(standing).filter(number=number).first()
    subject = subject_of(found) if found else Subject("correction")
    with refusals_recorded("open_correction", subject, standing.actor), transaction.atomic():
        check_active(standing)
        if found is None:
            raise CorrectionNotFound
        record(action="open_correction", actor=standing.actor, subject=subject, outcome="opened")
        return found
