"""Loading scenarios from a catalogue's scenarios.csv (code, name_zh, name_en, items; items split by `;`)."""

import csv
from collections.abc import Mapping
from pathlib import Path

from django.db import transaction

from audit.recording import Subject, record
from foundation.context import Actor
from foundation.reasons import Both
from registry import queries as registry
from registry.errors import CatalogueError, RowError
from scenarios.models import Scenario, Step

COLUMNS = ("code", "name_zh", "name_en", "items")


@transaction.atomic
def load_scenarios(folder: Path, *, actor: Actor) -> list[Scenario]:
    """Make the scenarios equal to the file; a folder without one leaves them. `CatalogueError` names all faults."""
    path = folder / "scenarios.csv"
    if not path.is_file():
        return []
    reader = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise CatalogueError([_fault(1, column, "缺少此列", "the column is missing") for column in missing])
    rows = list(enumerate(reader, start=2))
    faults = [fault for number, row in rows for fault in _faults(number, row)]
    if faults:
        raise CatalogueError(faults)
    Scenario.objects.exclude(code__in=[row["code"] for _, row in rows]).delete()
    loaded = [_load(row) for _, row in rows]
    record(action="load_scenarios", actor=actor, subject=Subject("catalogue"), outcome="done")
    return loaded


def _fault(row: int, column: str, zh: str, en: str) -> RowError:
    return RowError("scenarios.csv", row, column, Both(zh, en))


def _codes(row: Mapping[str, str]) -> list[str]:
    return [code.strip() for code in (row["items"] or "").split(";") if code.strip()]


def _faults(number: int, row: Mapping[str, str]) -> list[RowError]:
    faults = [_fault(number, c, "不能为空", "must not be empty") for c in COLUMNS if not (row[c] or "").strip()]
    known = {item.code for item in registry.items_by_code(_codes(row))}
    faults += [
        _fault(number, "items", f"没有事项 {code}", f"there is no item {code}")
        for code in _codes(row)
        if code not in known
    ]
    twice = {code for code in _codes(row) if _codes(row).count(code) > 1}
    faults += [_fault(number, "items", f"事项 {code} 重复", f"item {code} stands twice") for code in sorted(twice)]
    return faults


def _load(row: Mapping[str, str]) -> Scenario:
    names = {"name_zh": row["name_zh"], "name_en": row["name_en"]}
    scenario, _ = Scenario.objects.update_or_create(code=row["code"], version=1, defaults=names)
    items = {item.code: item for item in registry.items_by_code(_codes(row))}
    scenario.steps.all().delete()
    Step.objects.bulk_create(
        Step(scenario=scenario, item=items[code], position=position) for position, code in enumerate(_codes(row), 1)
    )
    return scenario
