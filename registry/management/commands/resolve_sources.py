import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from registry.management.reading import read_folder
from registry.sources import Resolution, resolve

SHOWN = 20


class Command(BaseCommand):
    help = "Say where every licence comes from that an item needs (the study's section 2.2). No database is asked."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder of CSV files or an XLSX workbook")
        parser.add_argument("--json", action="store_true", dest="as_json", help="every flow, in a stable order")

    def handle(self, *args: Any, folder: Path, as_json: bool, **options: Any) -> None:
        resolution = resolve(read_folder(folder, self.stderr))
        if as_json:
            self.stdout.write(json.dumps(as_lists(resolution), ensure_ascii=False, indent=1))
        else:
            self.summarise(resolution)

    def summarise(self, resolution: Resolution) -> None:
        by_step = [sum(flow.step == step for flow in resolution.flows) for step in (1, 2, 3)]
        self.stdout.write(f"{len(resolution.flows)} flows in the city, by step 1, 2, 3: {', '.join(map(str, by_step))}")
        self.stdout.write(f"{len(resolution.external)} flows from other levels")
        self.stdout.write(f"{len(resolution.conventional)} needs of conventional licences, which make no flow")
        for added in resolution.added_items:
            self.stdout.write(f"added {added.code}: {added.licence}")
        self.stdout.write(f"{len(resolution.unresolved)} needs unresolved")
        for use in resolution.unresolved[:SHOWN]:
            self.stdout.write(f"  {use.user} needs {use.licence}")
        if len(resolution.unresolved) > SHOWN:
            self.stdout.write("  …")


def as_lists(resolution: Resolution) -> dict[str, list[dict[str, Any]]]:
    """Return a resolution as lists of plain values; `group` stands only where a need has alternatives."""
    return {
        name: [{key: value for key, value in row.items() if key != "group" or value} for row in rows]
        for name, rows in asdict(resolution).items()
    }
