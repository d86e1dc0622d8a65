from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.context import PLATFORM
from registry.errors import CatalogueError
from scenarios.loading import load_scenarios


class Command(BaseCommand):
    help = "Load the scenarios of a catalogue's folder (scenarios.csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            loaded = load_scenarios(folder, actor=PLATFORM)
        except CatalogueError as error:
            raise CommandError("\n".join(map(str, error.errors))) from error
        self.stdout.write(f"{len(loaded)} scenarios")
