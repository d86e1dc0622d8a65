from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.context import PLATFORM
from registry.errors import CatalogueError
from registry.type_files import is_new, load_forms, read_forms


class Command(BaseCommand):
    help = (
        "Define forms of licence types from a folder of JSON files: all of it, or nothing and the list of all faults."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder of JSON files, one for each type")
        parser.add_argument("--dry-run", action="store_true", help="say what would be defined, write nothing")

    def handle(self, *args: Any, folder: Path, dry_run: bool, **options: Any) -> None:
        try:
            if dry_run:
                names = [file.licence_type.name_zh for file in read_forms(folder) if is_new(file)]
            else:
                names = [str(version) for version in load_forms(folder, actor=PLATFORM)]
        except CatalogueError as error:
            for fault in error.errors:
                self.stderr.write(str(fault))
            raise CommandError(f"{len(error.errors)} faults; nothing was done.") from error
        for name in names:
            self.stdout.write(f"{'would define' if dry_run else 'defined'} {name}")
        if not names:
            self.stdout.write("nothing to define")
