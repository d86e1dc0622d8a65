"""Files that are whole or not there: written under another name, on the disk before they take their place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give the name under which to write what takes the place of `path` at the end, so that no crash leaves half of it.

    Where the writing fails nothing takes that place.
    """
    partial = path.with_name(path.name + ".partial")
    yield partial
    _to_disk(partial)
    partial.replace(path)
    _to_disk(path.parent)


def _to_disk(path: Path) -> None:
    # A name is on the disk when the folder that holds it is.
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
