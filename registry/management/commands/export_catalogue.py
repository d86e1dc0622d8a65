from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from registry.exporting import catalogue_from_registry
from registry.sheets import write_folder, write_workbook
from registry.writing import sheets_of


class Command(BaseCommand):
    help = "Export the catalogue as a folder of CSV files, or as one workbook where the name ends in .xlsx."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path)

    def handle(self, *args: Any, target: Path, **options: Any) -> None:
        tables = {name: list(rows.values()) for name, rows in sheets_of(catalogue_from_registry()).items()}
        write = write_workbook if target.suffix == ".xlsx" else write_folder
        write(target, tables)
        self.stdout.write(", ".join(f"{len(rows)} {name}" for name, rows in tables.items()))
