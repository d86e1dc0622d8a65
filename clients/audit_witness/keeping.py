"""Files that are whole after any crash, and one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BusyError(Exception):
    """Another process works on this folder."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put a file in its place so that a reader finds the old or the new one, also after a power cut."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(handle, "wb") as file:  # noqa: PTH123 - of a handle, so that the mode holds from the first byte on
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    keep_folder(path.parent)


def keep_folder(folder: Path) -> None:
    """Wait until what was renamed in a folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; raises `BusyError` where another holds it. A crash lets go of it."""
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"another witness works on {folder}") from error
        yield
