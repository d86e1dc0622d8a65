from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.context import PLATFORM
from registry.catalogue import read_catalogue
from registry.errors import CatalogueError
from registry.importing import import_catalogue


class Command(BaseCommand):
    help = "Import a catalogue from a folder of CSV files: all of it, or nothing and the list of all faults."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")

    def handle(self, *args: Any, folder: Path, dry_run: bool, **options: Any) -> None:
        try:
            changes = import_catalogue(read_catalogue(folder), actor=PLATFORM, dry_run=dry_run)
        except CatalogueError as error:
            for fault in error.errors:
                self.stderr.write(str(fault))
            raise CommandError(f"{len(error.errors)} faults; nothing was written.") from error
        for what in ("added", "changed", "retired"):
            for kind, keys in getattr(changes, what).items():
                self.stdout.write(f"{what} {len(keys)} {kind}: {', '.join(keys[:8])}{' …' if len(keys) > 8 else ''}")
        if not changes:
            self.stdout.write("nothing to change")
