"""Reading and writing the CSV files of this folder, and the natural order of item codes."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

Row = dict[str, str]

HERE = Path(__file__).resolve().parent
_CODE = re.compile(r"([A-Z]+)([0-9]*)")


def read(name: str) -> list[Row]:
    """Return the rows of one file of this folder."""
    text = (HERE / name).read_text("utf-8-sig")
    return list(csv.DictReader(text.splitlines(keepends=True)))


def written(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Return `rows` as they are written to a file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def parts(text: str) -> list[str]:
    """Return the names of a list split by `;`."""
    return [part for part in text.split(";") if part]


def natural(code: str) -> tuple[int, str, int]:
    """Return the key that sorts A, B, ..., Z, AA, ..., and A2 before A10."""
    found = _CODE.fullmatch(code)
    if not found:
        raise ValueError(code)
    return len(found[1]), found[1], int(found[2] or 0)
