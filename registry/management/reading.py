"""Reading a catalogue's folder for a command: all faults are written, then the command ends."""

from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper

from registry.catalogue import Catalogue, read_catalogue
from registry.errors import CatalogueError


def read_folder(folder: Path, stderr: OutputWrapper) -> Catalogue:
    """Return the catalogue in `folder`; where it is bad, write each fault of each row and raise `CommandError`."""
    try:
        return read_catalogue(folder)
    except CatalogueError as error:
        for fault in error.errors:
            stderr.write(str(fault))
        raise CommandError(f"{len(error.errors)} faults; nothing was read.") from error
