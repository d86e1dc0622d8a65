"""Workbooks and other archives that somebody sends: trusted in nothing, and never unpacked beyond a limit."""

import zipfile
import zlib

MOST_PARTS = 1000

# What zipfile and readers of XML raise for files that are damaged or were made to harm.
UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, ArithmeticError, AttributeError, EOFError, LookupError,
    NotImplementedError, OSError, RuntimeError, SyntaxError, TypeError, ValueError,
)  # fmt: skip


def is_bounded(archive: zipfile.ZipFile, *, most: int, most_but: int = 0, but: str = "") -> bool:
    """Say whether an archive unpacks to at most `most` bytes, in at most `MOST_PARTS` parts.

    Reading a part never gives more than the size it declares, so these are added. With `but`, the parts whose names do
    not begin so (they are the ones that a reader keeps in memory) have the limit `most_but` besides.
    """
    parts = archive.infolist()
    whole = sum(part.file_size for part in parts)
    kept = sum(part.file_size for part in parts if but and not part.filename.startswith(but))
    return len(parts) <= MOST_PARTS and whole <= most and kept <= (most_but or most)
