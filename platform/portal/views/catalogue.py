"""The administrator's pages of the catalogue: its size and versions, export, import with a preview."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.recording import Subject, record
from foundation.clock import legal_day, now
from portal.comparing import RowChange, row_change
from portal.previews import EXPIRES_AFTER, Preview, apply, preview
from portal.uploads import FILES, MEBIBYTE, MOST_UPLOADED, read_upload
from portal.who import Visitor, for_overseers
from registry import queries as registry
from registry.duties import late_duties
from registry.errors import CatalogueError
from registry.exporting import catalogue_from_registry
from registry.sheets import write_workbook
from registry.versions import current_version, rows_as_of, versions
from registry.writing import sheets_of

if TYPE_CHECKING:
    from registry.models import CatalogueVersion

VERSIONS, CHANGES = 10, 50  # on one page
MOST_FAULTS = MOST_ROWS = 2000  # shown of an upload
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@for_overseers
def catalogue(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """How large the catalogue is, who changed it when, and who is late with an update."""
    counted = versions().annotate(
        written=Count("changes", filter=Q(changes__row__isnull=False)),
        removed=Count("changes", filter=Q(changes__row__isnull=True)),
    )
    today = legal_day(now())
    shown = {
        "size": registry.catalogue_size(),
        "current": versions().first(),
        "page": Paginator(counted, VERSIONS).get_page(request.GET.get("page")),
        "late": [(duty, (today - duty.due_on).days) for duty in late_duties(today)],
    }
    return render(request, "portal/catalogue/catalogue.html", shown)


@require_GET
@for_overseers
def version(request: HttpRequest, visitor: Visitor, number: int) -> HttpResponse:
    """Show what a version changed, row by row, before and after."""
    found = get_object_or_404(versions(), number=number)
    page = Paginator(_changes_of(found), CHANGES).get_page(request.GET.get("page"))
    shown = {"version": found, "page": page, "is_newest": found.number == current_version()}
    return render(request, "portal/catalogue/version.html", shown)


def _changes_of(found: "CatalogueVersion") -> list[RowChange]:
    before = rows_as_of(found.number - 1)
    rows = found.changes.order_by("sheet", "key").values_list("sheet", "key", "row")
    return [row_change(sheet, key, before.get(sheet, {}).get(key), row) for sheet, key, row in rows]


@require_GET
@for_overseers
def export(request: HttpRequest, visitor: Visitor) -> FileResponse:
    """Hand out the whole catalogue as a workbook that the import reads back; that is an entry of the record."""
    number = current_version()
    with transaction.atomic():
        subject = Subject("catalogue", str(number))
        record(action="export_catalogue", actor=visitor.actor, subject=subject, outcome="done")
    tables = {name: rows.values() for name, rows in sheets_of(catalogue_from_registry()).items()}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.xlsx"
        write_workbook(path, tables)
        content = BytesIO(path.read_bytes())
    return FileResponse(content, as_attachment=True, filename=f"catalogue-{number}.xlsx", content_type=WORKBOOK)


@require_http_methods(["GET", "POST"])
@for_overseers
def upload(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Take a catalogue and show all its faults, or what it would change; nothing is written here."""
    if request.method == "GET":
        return _upload_page(request)
    file = request.FILES.get("catalogue")
    if file is None or file.file is None:
        return _upload_page(request, 400, nothing_chosen=True)
    try:
        wanted = read_upload((file.name or "")[-100:], file.file)
    except CatalogueError as error:
        shown = error.errors[:MOST_FAULTS]
        return _upload_page(request, 400, faults=shown, count=len(error.errors), more=len(error.errors) > len(shown))
    found = preview(wanted, actor=visitor.actor, session=_session(request))
    return render(request, "portal/catalogue/preview.html", {"file": file.name, **_shown(found)})


def _session(request: HttpRequest) -> str:
    return request.session.session_key or ""


def _upload_page(request: HttpRequest, status: int = 200, **shown: object) -> HttpResponse:
    limits = {"files": FILES, "most": MOST_UPLOADED // MEBIBYTE}
    return render(request, "portal/catalogue/import.html", {**limits, **shown}, status=status)


def _shown(found: Preview) -> dict[str, object]:
    kinds = ("added", "changed", "retired")
    counts = {kind: sum(map(len, getattr(found.changes, kind).values())) for kind in kinds}
    return {
        "preview": found,
        "counts": counts,
        "rows": found.rows[:MOST_ROWS],
        "more": len(found.rows) - MOST_ROWS if len(found.rows) > MOST_ROWS else 0,
        "minutes": EXPIRES_AFTER // 60,
    }


@require_POST
@for_overseers
def apply_upload(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Apply just what was previewed, or say why that is not possible any more."""
    applied = apply(request.POST.get("token", ""), actor=visitor.actor, session=_session(request))
    if applied.outcome != "applied":
        return _upload_page(request, 409, outcome=applied.outcome)
    messages.success(request, gettext("The catalogue was imported. This is what changed."), extra_tags="good")
    return redirect("catalogue-version", number=applied.version)
