"""The issuer's room: files of licences that exist on paper, taken in here and issued by jobs, row by row."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import chain
from operator import or_
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from foundation.clock import now
from foundation.reasons import Both, Grounds, Refused, because
from licences import batches as acts
from licences.backlog import COLUMNS
from licences.batch_queries import (
    RowState,
    Stage,
    batches_of,
    failed_rows,
    progress_of,
    progress_of_all,
    rows_in,
    stage_of,
)
from licences.subjects import batch_subject
from portal.uploads import MEBIBYTE
from portal.views.drafting import issuer_of
from portal.views.issuing import note_look, own_issuers, uuid_of
from portal.who import Visitor, for_issuers
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles
from registry.lineage import current_department

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet

    from licences.models import Batch
    from registry.models import LicenceType

MOST_SENT = 64 * MEBIBYTE
PAGE = 50
_BOM = "\ufeff"  # by which spreadsheets know UTF-8
# What a spreadsheet would take for a formula.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9.]+$)")
_STEPS = {"stop": acts.stop, "go-on": acts.go_on, "retry": acts.retry}
_COLUMN_TITLES: Mapping[str, Both] = {
    "number": Both("证照编号", "Number"),
    "holder_name": Both("持证主体", "Holder"),
    "holder_type": Both("持证主体代码类型", "Type of the holder's number"),
    "holder_code": Both("持证主体代码", "Holder's number"),
    "issued_on": Both("证照颁发日期", "Day of issue"),
    "valid_from": Both("有效期起始日期", "Valid from"),
    "valid_until": Both("有效期截止日期", "Valid until"),
}


# --- All batches ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@for_issuers
def batches(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the department's batches, and take in another file."""
    if request.method == "GET":
        return _batches_page(request, visitor)
    chosen = uuid_of(request.POST.get("type", ""))
    licence_type = _types(visitor).filter(pk=chosen).first() if chosen else None
    file = request.FILES.get("file")
    faults: dict[str, Grounds] = {}
    if licence_type is None:
        faults["type"] = because("field_required")
    if file is None:
        faults["file"] = because("field_required")
    elif (file.size or 0) > MOST_SENT:
        faults["file"] = because("file_too_large", most=f"{MOST_SENT // MEBIBYTE} MiB")
    if faults or licence_type is None or file is None:
        return _batches_page(request, visitor, faults)
    try:
        return redirect("issuing-batch", key=_take_in(visitor, licence_type, file).pk)
    except Refused as refused:
        return _batches_page(request, visitor, {"file": refused.grounds})


def _types(visitor: Visitor) -> "QuerySet[LicenceType]":
    return registry.types_for_issuing(own_issuers(visitor))


def _take_in(visitor: Visitor, licence_type: "LicenceType", file: "UploadedFile[Any]") -> "Batch":
    issuer = issuer_of(licence_type, own_issuers(visitor))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sent"
        with path.open("wb") as kept:
            kept.writelines(file.chunks())
        actor = visitor.at_post(current_department(issuer).code)
        name = Path(file.name or "").name
        return acts.take_in(path, licence_type=licence_type, issuer=issuer, actor=actor, name=name)


def _batches_page(request: HttpRequest, visitor: Visitor, faults: Mapping[str, Grounds] | None = None) -> HttpResponse:
    page = Paginator(_own_batches(visitor), PAGE).get_page(request.GET.get("page"))
    progress = progress_of_all(list(page.object_list))
    shown = {
        "page": page,
        "rows": [(batch, progress[batch.pk], stage_of(batch, progress[batch.pk])) for batch in page.object_list],
        "types": _types(visitor),
        "wanted": request.POST.get("type", "") or request.GET.get("type", ""),
        "faults": faults or {},
        "most": MOST_SENT // MEBIBYTE,
    }
    return render(request, "portal/issuing/batches.html", shown, status=400 if faults else 200)


def _own_batches(visitor: Visitor) -> "QuerySet[Batch]":
    return reduce(or_, (batches_of(code) for code in own_issuers(visitor)))


# --- One batch ------------------------------------------------------------------------------------------------------


def _own_batch(visitor: Visitor, key: UUID) -> "Batch":
    found = _own_batches(visitor).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@require_GET
@for_issuers
def batch(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show how far a batch is, and the rows that failed, each with its faults."""
    found = _own_batch(visitor, key)
    titles = {**field_titles(form_of(found.licence_type, now())), **_COLUMN_TITLES}
    page = Paginator(rows_in(found, RowState.FAILED), PAGE).get_page(request.GET.get("page"))
    failed = [
        (row.number, [(titles.get(fault["field"], Both(fault["field"], fault["field"])), Both(fault["zh"], fault["en"]))
                      for fault in row.faults])
        for row in page.object_list
    ]  # fmt: skip
    shown = {**_shown(found), "page": page, "failed": failed}
    return render(request, "portal/issuing/batch.html", shown)


@require_GET
@for_issuers
def batch_progress(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show how far a batch is, for the part of its page that asks again and again; once it rests, the whole page."""
    shown = _shown(_own_batch(visitor, key))
    answer = render(request, "portal/issuing/progress.html", shown)
    if not shown["moves"]:
        answer["HX-Refresh"] = "true"
    return answer


def _shown(found: "Batch") -> dict[str, Any]:
    progress = progress_of(found)
    stage = stage_of(found, progress)
    return {"batch": found, "progress": progress, "stage": stage, "moves": stage in (Stage.ISSUING, Stage.TAKING_IN)}


@require_POST
@for_issuers
def batch_step(request: HttpRequest, visitor: Visitor, key: UUID, step: str) -> HttpResponse:
    """Stop a batch, let it go on, or try what failed again."""
    found = _own_batch(visitor, key)
    if step not in _STEPS:
        raise Http404
    _STEPS[step](found, actor=visitor.at_post(current_department(found.issuer).code))
    return redirect("issuing-batch", key=key)


# --- Files ----------------------------------------------------------------------------------------------------------


@require_GET
@for_issuers
def template(request: HttpRequest, visitor: Visitor, key: UUID) -> StreamingHttpResponse:
    """Hand over an empty file with the headings of a type."""
    licence_type = _types(visitor).filter(pk=key).first()
    if licence_type is None:
        raise Http404
    headings = list(_headings(licence_type).values())
    return _csv([headings], f"{licence_type.name_zh}.csv")


@require_GET
@for_issuers
def failed_file(request: HttpRequest, visitor: Visitor, key: UUID) -> StreamingHttpResponse:
    """Hand over the rows that failed, their faults beside them, to be mended and sent as a new file."""
    found = _own_batch(visitor, key)
    note_look(visitor, "take_failed_rows", batch_subject(found))
    return _csv(_failed_lines(found), f"{found.licence_type.name_zh} 未通过.csv")


def _headings(licence_type: "LicenceType") -> dict[str, str]:
    """Return the headings of a file by their keys: what every licence has, then the type's own fields."""
    titles = field_titles(form_of(licence_type, now()))
    return {**{key: names[0] for key, names in COLUMNS.items()}, **{key: title.zh for key, title in titles.items()}}


def _failed_lines(found: "Batch") -> Iterator[list[str]]:
    headings = _headings(found.licence_type)
    # The last column has no heading: a reader of such files passes it over.
    yield [*headings.values(), ""]
    for _, values, faults in failed_rows(found):
        said = "；".join(f"{headings.get(fault['field'], fault['field'])}：{fault['zh']}" for fault in faults)
        yield [*(_harmless(values.get(key, "")) for key in headings), _harmless(said)]


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _csv(lines: Iterable[list[str]], name: str) -> StreamingHttpResponse:
    """Return lines as a file that spreadsheets open as it is meant, written while it is sent."""
    writer = csv.writer(_Echo())
    content = chain([_BOM], (writer.writerow(line) for line in lines))
    named = f"attachment; filename=\"rows.csv\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
