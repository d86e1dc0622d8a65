"""Reading a catalogue for a command: all faults are written, then the command ends."""

from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper

from registry.catalogue import Catalogue, read_catalogue
from registry.errors import CatalogueError


def read_folder(folder: Path, stderr: OutputWrapper) -> Catalogue:
    """Return the catalogue in `folder` (or workbook); a bad one has its faults written and raises `CommandError`."""
    try:
        return read_catalogue(folder)
    except CatalogueError as error:
        for fault in error.errors:
            stderr.write(str(fault))
        raise CommandError(f"{len(error.errors)} faults; nothing was done.") from error
