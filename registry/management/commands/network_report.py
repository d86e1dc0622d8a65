import datetime as dt
import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.clock import end_of_day
from registry.catalogue import Catalogue
from registry.exporting import catalogue_from_registry
from registry.management.reading import read_folder
from registry.networks.city import City
from registry.networks.markdown import report_markdown, steps_markdown
from registry.networks.needing import what_it_needs
from registry.networks.reporting import TOP, report_catalogue
from registry.versions import catalogue_as_of


class Command(BaseCommand):
    help = "Report on the networks of items and departments (the study's section 3), from a folder or the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="a folder or workbook; without it, the database")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", dest="as_json", help="every figure")
        form.add_argument("--markdown", action="store_true", help="a page to read; this is the default")
        parser.add_argument("--as-of", help="a past day (YYYY-MM-DD): the registry's catalogue as it was at its end")
        parser.add_argument("--item", help="instead, all that the item of this code needs, in order")
        parser.add_argument("--top", type=int, default=TOP, help="rows of each ranking")

    def handle(
        self,
        *args: Any,
        folder: Path | None,
        as_of: str | None,
        as_json: bool,
        item: str | None,
        top: int,
        **options: Any,
    ) -> None:
        if top < 1:
            raise CommandError("--top must be at least 1.")
        if folder and as_of:
            raise CommandError("--as-of asks the registry's history; a folder has none.")
        catalogue = read_folder(folder, self.stderr) if folder else _registered(as_of)
        page = _needs(catalogue, item, as_json=as_json) if item else _report(catalogue, top, as_json=as_json)
        self.stdout.write(page)


def _registered(as_of: str | None) -> Catalogue:
    if not as_of:
        return catalogue_from_registry()
    try:
        day = dt.date.fromisoformat(as_of)
    except ValueError as error:
        raise CommandError(f"--as-of: {as_of} is no day such as 2026-11-23.") from error
    return catalogue_as_of(end_of_day(day))


def _report(catalogue: Catalogue, top: int, *, as_json: bool) -> str:
    reports = report_catalogue(catalogue, top=top)
    return _json(reports.as_json()) if as_json else report_markdown(reports, _names(catalogue, City.of(catalogue)))


def _needs(catalogue: Catalogue, item: str, *, as_json: bool) -> str:
    city = City.of(catalogue)
    try:
        steps = what_it_needs(city, item)
    except LookupError as error:
        raise CommandError(f"There is no item {item}.") from error
    if as_json:
        return _json({"item": item, "steps": [asdict(step) for step in steps]})
    return steps_markdown(item, steps, _names(catalogue, city))


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _names(catalogue: Catalogue, city: City) -> dict[str, str]:
    """Return the Chinese names of departments and items; an added item goes by its licence."""
    names = {code: row["name_zh"] for code, row in catalogue.departments.items()}
    names |= {code: row.name_zh for code, row in catalogue.items.items()}
    return names | {added.code: added.licence for added in city.resolution.added_items}
