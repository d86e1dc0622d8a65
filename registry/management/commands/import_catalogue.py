from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from foundation.context import PLATFORM
from registry.importing import import_catalogue
from registry.management.reading import read_folder

SHOWN = 8


class Command(BaseCommand):
    help = (
        "Import a catalogue from a folder of CSV files or a workbook: all of it, or nothing and the list of all faults."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder of CSV files, or one .xlsx workbook")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")

    def handle(self, *args: Any, folder: Path, dry_run: bool, **options: Any) -> None:
        changes = import_catalogue(
            read_folder(folder, self.stderr),
            actor=PLATFORM,
            dry_run=dry_run,
            progress=lambda items: tqdm(items, desc="Items", unit="", disable=None),
        )
        for what in ("added", "changed", "retired"):
            for kind, keys in getattr(changes, what).items():
                more = " …" if len(keys) > SHOWN else ""
                self.stdout.write(f"{what} {len(keys)} {kind}: {', '.join(keys[:SHOWN])}{more}")
        if not changes:
            self.stdout.write("nothing to change")
