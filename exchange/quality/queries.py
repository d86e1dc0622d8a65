"""What pages may ask about quality: the figures of each type, and the rows behind one of them."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet, Sum

from exchange.mending import State
from exchange.models import Correction, Finding, QualityFigure, TypeChange
from exchange.quality.checks import CORRECTED, FAULTY, JUDGED, Check, days_of
from licences.reading import late_lists
from registry import queries as registry

if TYPE_CHECKING:
    from licences.models import StatusList
    from registry.models import Department, LicenceType

FIGURES = (*Check, FAULTY, CORRECTED)
"""What has rows behind it."""
PUBLISHED_WITHIN = dt.timedelta(minutes=2)
"""After a change a status list is published anew within seconds; later than that it is late."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of a type, of all issuers asked for; `changed_at` is when one of its licences last changed."""

    licence_type: "LicenceType"
    counts: Mapping[str, int] = field(default_factory=dict)
    changed_at: dt.datetime | None = None

    @property
    def judged(self) -> int:
        """Licences in force."""
        return self.counts.get(JUDGED, 0)

    def share(self, figure: str) -> float | None:
        """Return a figure as a share of the licences in force, from 0; None where there are none."""
        return self.counts.get(figure, 0) / self.judged if self.judged else None

    def is_stale(self, at: dt.datetime) -> bool:
        """Say whether nothing has changed for longer than the catalogue's update frequency."""
        days = days_of(self.licence_type.update_frequency)
        return bool(days and self.changed_at and at - self.changed_at > dt.timedelta(days=days))


def quality_of_types(issuers: Collection[str] | None = None) -> list[Quality]:
    """Return the figures of each type that has any, of these issuers (codes) or of all, the most faulty first."""
    found, changes = QualityFigure.objects.filter(count__gt=0), TypeChange.objects.order_by("at")
    if issuers is not None:
        found, changes = found.filter(issuer__code__in=issuers), changes.filter(issuer__code__in=issuers)
    counts: dict[UUID, dict[str, int]] = {}
    for key, figure, count in found.values_list("licence_type", "figure").annotate(n=Sum("count")).order_by():
        counts.setdefault(key, {})[figure] = count
    changed = dict(changes.values_list("licence_type", "at"))
    types = registry.types_by_id(counts)
    rows = [Quality(types[key], of_type, changed.get(key)) for key, of_type in counts.items()]
    return sorted(rows, key=lambda of: (-of.counts.get(FAULTY, 0), of.licence_type.name_zh))


def figures_by_owner() -> dict[str, tuple[int, int]]:
    """Return of each department that owns types the licences without any fault, and all in force."""
    sums: dict[str, list[int]] = {}
    rows = QualityFigure.objects.filter(figure__in=(JUDGED, FAULTY), licence_type__owner__isnull=False).order_by()
    for code, figure, count in rows.values_list("licence_type__owner__code", "figure").annotate(n=Sum("count")):
        of_owner = sums.setdefault(code, [0, 0])
        of_owner[0] += count if figure == JUDGED else -count
        of_owner[1] += count if figure == JUDGED else 0
    return {code: (right, whole) for code, (right, whole) in sums.items()}


def findings(
    licence_type: UUID, figure: str, issuers: Collection[str] | None = None, *, after: int = 0
) -> QuerySet[Finding]:
    """Return the rows behind a check, or behind all of them (`FAULTY`), in their order, from after one of them."""
    found = Finding.objects.filter(licence_type=licence_type, pk__gt=after).order_by("pk")
    if figure != FAULTY:
        found = found.filter(kind=figure)
    if issuers is not None:
        found = found.filter(issuer__code__in=list(issuers))
    return found.select_related("assessment__licence", "issuer")


def upheld_reports(licence_type: UUID, issuers: Collection[str] | None = None) -> QuerySet[Correction]:
    """Return the reports of wrong fields behind the correction rate, the latest first."""
    found = Correction.objects.filter(licence__licence_type=licence_type, state=State.UPHELD)
    if issuers is not None:
        found = found.filter(licence__issuer__code__in=list(issuers))
    return found.select_related("licence__licence_type", "licence__issuer", "provider").order_by("-closed_at", "-pk")


def rows_by_issuer(issuers: Collection[str] | None = None) -> "list[tuple[LicenceType, Department, Mapping[str, int]]]":
    """Return all figures by type and issuer, of these issuers (codes) or of all, in a stable order."""
    found = QualityFigure.objects.filter(count__gt=0).select_related("licence_type", "issuer")
    if issuers is not None:
        found = found.filter(issuer__code__in=list(issuers))
    counts: dict[tuple[LicenceType, Department], dict[str, int]] = {}
    for row in found.order_by("licence_type__name_zh", "issuer__code", "figure"):
        counts.setdefault((row.licence_type, row.issuer), {})[row.figure] = row.count
    return [(licence_type, issuer, of_pair) for (licence_type, issuer), of_pair in counts.items()]


def lists_not_published(at: dt.datetime, issuers: Collection[str] | None = None) -> "QuerySet[StatusList]":
    """Return the status lists that are older than the licences on them, of these issuers (codes) or of all."""
    found = late_lists(at - PUBLISHED_WITHIN)
    return found if issuers is None else found.filter(issuer__code__in=list(issuers))
