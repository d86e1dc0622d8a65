"""Loading scenarios from a catalogue's scenarios.csv (code, name_zh, name_en, items; items split by `;`)."""

import csv
from pathlib import Path

from django.db import transaction

from foundation.reasons import Both
from registry import queries as registry
from registry.errors import CatalogueError, RowError
from scenarios.models import Scenario, Step


@transaction.atomic
def load_scenarios(folder: Path) -> list[Scenario]:
    """Make the scenarios equal to the file; a folder without one has none. Raises `CatalogueError` with all faults."""
    path = folder / "scenarios.csv"
    if not path.is_file():
        return []
    loaded, errors = [], []
    for number, row in enumerate(csv.DictReader(path.read_text("utf-8-sig").splitlines()), start=2):
        codes = [code.strip() for code in row["items"].split(";")]
        items = [registry.item_by_code(code) for code in codes]
        for code, item in zip(codes, items, strict=True):
            if item is None:
                what = Both(f"没有事项 {code}", f"there is no item {code}")
                errors.append(RowError(path.name, number, "items", what))
        names = {"name_zh": row["name_zh"], "name_en": row["name_en"]}
        scenario, _ = Scenario.objects.update_or_create(code=row["code"], defaults=names)
        scenario.steps.all().delete()
        Step.objects.bulk_create(
            Step(scenario=scenario, item=item, position=position) for position, item in enumerate(items, 1) if item
        )
        loaded.append(scenario)
    if errors:
        raise CatalogueError(errors)
    return loaded
