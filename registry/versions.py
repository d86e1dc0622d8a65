"""Every change of the catalogue is kept: who, when, what was, and the catalogue as of any past date."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from foundation.context import Actor
from registry.catalogue import check_sheets
from registry.models import CatalogueChange, CatalogueVersion
from registry.rows import Catalogue
from registry.sheets import SheetRow, Sheets
from registry.writing import SheetRows


def rows_as_of(version: int | None = None) -> SheetRows:
    """Return each sheet's rows as the version (or the newest) left them."""
    found: SheetRows = {}
    changes = CatalogueChange.objects.order_by("version_id")
    if version is not None:
        changes = changes.filter(version__lte=version)
    for sheet, key, row in changes.values_list("sheet", "key", "row"):
        rows = found.setdefault(sheet, {})
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row
    return found


def keep_version(rows: SheetRows, *, actor: Actor, at: dt.datetime) -> CatalogueVersion | None:
    """Keep what differs from the newest version as a version of its own; return it, or nothing if all is the same."""
    before = rows_as_of()
    changed: list[tuple[str, str, dict[str, str] | None]] = []
    for sheet in rows.keys() | before.keys():
        old, new = before.get(sheet, {}), rows.get(sheet, {})
        changed += [(sheet, key, row) for key, row in new.items() if old.get(key) != row]
        changed += [(sheet, key, None) for key in old if key not in new]
    if not changed:
        return None
    version = CatalogueVersion.objects.create(at=at, actor_person=actor.person, actor_name=actor.name[:150])
    CatalogueChange.objects.bulk_create(
        CatalogueChange(version=version, sheet=sheet, key=key, row=row) for sheet, key, row in sorted(changed, key=str)
    )
    return version


def current_version() -> int:
    """Return the number of the newest version; 0 where the catalogue is empty."""
    newest = CatalogueVersion.objects.order_by("-number").first()
    return newest.number if newest else 0


def hold_newest() -> None:
    """Hold the newest version until the transaction ends, so that of two who change at once the second waits."""
    versions().select_for_update().first()


def versions() -> QuerySet[CatalogueVersion]:
    """Return all versions, newest first."""
    return CatalogueVersion.objects.order_by("-number")


def catalogue_as_of(at: dt.datetime) -> Catalogue:
    """Return the catalogue as it was at `at`, to be resolved and reported on like any other; empty before the first."""
    version = versions().filter(at__lte=at).first()
    if version is None:
        return Catalogue()
    sheets = Sheets()
    for name, rows in rows_as_of(version.number).items():
        sheets.rows[name] = [SheetRow(name, number, row) for number, row in enumerate(rows.values(), start=2)]
    return check_sheets(sheets)


def history_of(sheet: str, key: str) -> list[tuple[CatalogueVersion, Mapping[str, Any] | None]]:
    """Return what a row was in each version that changed it, oldest first; nothing where it was taken away."""
    changes = CatalogueChange.objects.filter(sheet=sheet, key=key).select_related("version").order_by("version_id")
    return [(change.version, change.row) for change in changes]
