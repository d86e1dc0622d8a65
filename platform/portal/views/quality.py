"""The pages of quality: the figures of each type, and the rows behind each; a department sees what it issued."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.recording import Subject, record
from exchange.quality.checks import CHECK_NAMES, CORRECTED, FAULTY, JUDGED
from exchange.quality.queries import (
    FIGURES,
    Quality,
    findings,
    lists_not_published,
    quality_of_types,
    rows_by_issuer,
    upheld_reports,
)
from foundation.clock import legal_day, now
from foundation.reasons import REASONS, Both, because
from licences.fields import field_name
from portal.spreadsheets import CONTENT_TYPES, Row, attachment, file_of
from portal.templatetags.portal import plain
from portal.views.issuing import own_issuers
from portal.views.reports import named
from portal.who import Visitor, for_issuers_and_overseers
from registry import queries as registry
from registry.defining import form_numbered
from registry.forms import field_titles

if TYPE_CHECKING:
    from exchange.models import Finding
    from registry.models import LicenceType

PAGE, TYPES = 50, 20
NAMES = {
    **CHECK_NAMES,
    JUDGED: Both("在用证照", "Licences in force"),
    FAULTY: Both("有问题的证照", "With any fault"),
    CORRECTED: Both("报错属实", "Reports upheld"),
}
_HEADING = (
    Both("证照类型代码", "Code of the type"),
    Both("证照类型", "Licence type"),
    Both("制发部门代码", "Code of the issuer"),
    Both("制发部门", "Issuer"),
)


def _issuers(visitor: Visitor) -> list[str] | None:
    return None if visitor.oversees else own_issuers(visitor)


def _note(visitor: Visitor, action: str, subject: Subject, *fields: str) -> None:
    with transaction.atomic():
        record(action=action, actor=visitor.actor, subject=subject, outcome="done", fields=fields)


@require_GET
@for_issuers_and_overseers
def quality(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the figures of each type: of all issuers, or of the department's."""
    issuers, at = _issuers(visitor), now()
    page = Paginator(quality_of_types(issuers), TYPES).get_page(request.GET.get("page"))
    _note(visitor, "read_quality", Subject("licence_type"))
    shown = {
        "rows": [_figures(row) for row in page.object_list],
        "page": page,
        "late": list(lists_not_published(at, issuers)[:PAGE]),
    }
    return render(request, "portal/quality/quality.html", shown)


def _figures(row: Quality) -> dict[str, Any]:
    counts = row.counts
    return {
        "quality": row,
        "faulty": (counts.get(FAULTY, 0), row.share(FAULTY)),
        "corrected": (counts.get(CORRECTED, 0), row.share(CORRECTED)),
        "checks": [(check, name, counts[check]) for check, name in CHECK_NAMES.items() if counts.get(check)],
        "stale": row.is_stale(now()),
    }


@require_GET
@for_issuers_and_overseers
def rows(request: HttpRequest, visitor: Visitor, key: UUID, figure: str) -> HttpResponse:
    """Show the rows behind a figure, so many at a time; no value of any licence stands there."""
    licence_type = registry.types_by_id([key]).get(key)
    if licence_type is None or figure not in FIGURES:
        raise Http404
    issuers = _issuers(visitor)
    _note(visitor, "read_quality", Subject("licence_type", licence_type.code, licence_type.code), figure)
    shown: dict[str, Any] = {"licence_type": licence_type, "figure": NAMES[figure], "own": own_issuers(visitor)}
    if figure == CORRECTED:
        page = Paginator(upheld_reports(key, issuers), PAGE).get_page(request.GET.get("page"))
        shown |= {"page": page, "reports": named(page.object_list)}
    else:
        found = list(findings(key, figure, issuers, after=_after(request))[: PAGE + 1])
        shown["found"] = _told(licence_type, found[:PAGE])
        shown["next"] = found[PAGE - 1].pk if len(found) > PAGE else None
    return render(request, "portal/quality/rows.html", shown)


def _after(request: HttpRequest) -> int:
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _told(licence_type: "LicenceType", found: "Iterable[Finding]") -> list[dict[str, Any]]:
    """Return findings with what their fields are called, by the form of each licence."""
    titles: dict[int, dict[str, Both]] = {}
    told = []
    for finding in found:
        licence = finding.assessment.licence
        if licence.form not in titles:
            titles[licence.form] = field_titles(form_numbered(licence_type, licence.form))
        # A fault inside a field is named by its path.
        field = finding.field.split(".")[0]
        told.append(
            {
                "finding": finding,
                "licence": licence,
                "check": NAMES[finding.kind],
                "field": (titles[licence.form].get(field) or field_name(field)) if field else None,
                "reason": because(finding.reason) if finding.reason in REASONS else None,
            }
        )
    return told


@require_GET
@for_issuers_and_overseers
def export(request: HttpRequest, visitor: Visitor, kind: str) -> StreamingHttpResponse:
    """Hand out the figures by type and issuer; a department those of what it issued."""
    if kind not in CONTENT_TYPES:
        raise Http404
    _note(visitor, "export_quality", Subject("licence_type"), kind)
    figures = (JUDGED, FAULTY, CORRECTED, *CHECK_NAMES)
    heading = [plain(title) for title in (*_HEADING, *(NAMES[figure] for figure in figures))]
    # The language is the request's, which has ended when the rows are written.
    table = [_exported(*row, figures) for row in rows_by_issuer(_issuers(visitor))]
    name = f"{plain(Both('证照质量', 'quality'))}-{legal_day(now()).isoformat()}"
    content = file_of(kind, heading, _each(table))
    return StreamingHttpResponse(content, content_type=CONTENT_TYPES[kind], headers=attachment(name, kind))


def _exported(licence_type: Any, issuer: Any, counts: Any, figures: Iterable[str]) -> Row:
    named = [licence_type.code, plain(licence_type.name), issuer.code, plain(issuer.name)]
    return [*named, *(counts.get(figure, 0) for figure in figures)]


def _each(table: list[Row]) -> Iterator[Row]:
    yield from table
