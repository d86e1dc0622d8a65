"""Files of licences that exist on paper: CSV or XLSX, read row by row, so that a million rows need no more memory.

Pure. A heading may be a column's key, its Chinese name by GB/T 36903, or its short name; any other heading is a field
of the licence's type, by its key or its title, and one that begins with # a remark. A file is trusted in nothing:
whatever it holds, it is read, its rows have faults by column, or `FileUnreadable` is raised.
"""

import csv
import datetime as dt
import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from foundation.reasons import Both, Grounds, because
from foundation.workbooks import UNREADABLE, is_bounded
from licences.errors import FileUnreadable
from licences.numbering import check_number

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("证照编号", "zzbh", "certificatenumber"),
    "holder_name": ("持证主体", "czzt", "certificateholdername"),
    "holder_type": ("持证主体代码类型", "czztdmlxdm", "certificateholdertype"),
    "holder_code": ("持证主体代码", "czztdm", "certificateholdercode"),
    "issued_on": ("证照颁发日期", "zzbfrq", "certificateissueddate"),
    "valid_from": ("有效期起始日期", "zzyxqqsrq", "certificateeffectivedate"),
    "valid_until": ("有效期截止日期", "zzyxqjzrq", "certificateexpiringdate"),
}
REQUIRED = ("number", "holder_name", "holder_type", "holder_code", "issued_on")
SEPARATOR, REMARK = "、", "#"
_KEYS = {alias: key for key, aliases in COLUMNS.items() for alias in (key, *aliases)}
_DATES = ("issued_on", "valid_from", "valid_until")
_ENCODINGS = ("utf-8-sig", "gb18030")
_LONGEST = 2000
_SHOWN_OF_DATE = 10

MEBIBYTE = 1 << 20
MOST_UNPACKED = 2048 * MEBIBYTE
MOST_KEPT = 256 * MEBIBYTE
MOST_COLUMNS = 200
MOST_ROWS = 1_048_576  # those of the format
_SHEETS = "xl/worksheets/"

# Neither databases nor signatures take these; a row that holds them says so by the character in their place.
_FORBIDDEN, _REPLACED = re.compile(r"[\0\ud800-\udfff]"), "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class HolderNamed:
    """A holder as a row names them."""

    name: str
    code_type: str
    number: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One licence on paper, as a row says it, with the row's faults by column."""

    row: int
    number: str
    holders: tuple[HolderNamed, ...]
    issued_on: dt.date | None
    valid_from: dt.date | None
    valid_until: dt.date | None
    content: Mapping[str, str]
    faults: Mapping[str, Grounds] = field(default_factory=dict)


Row = tuple[int, dict[str, str]]


def file_digest(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes, by which the same file is known again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def read_rows(path: Path, titles: Mapping[str, str]) -> Iterator[Row]:
    """Yield each row's number (the heading is 1) and its cells by key; `titles` gives the type's fields by title.

    Raises `FileUnreadable` where the file is neither CSV nor XLSX, or its heading lacks a column.
    """
    with _opened(path) as table:
        lines = iter(table)
        heading = [_cleaned(cell) for cell in next(lines, [])][:MOST_COLUMNS]
        keys = ["" if cell.startswith(REMARK) else _KEYS.get(cell.lower(), titles.get(cell, cell)) for cell in heading]
        missing = [column for column in REQUIRED if column not in keys]
        if missing:
            names = "、".join(COLUMNS[column][0] for column in missing)
            raise FileUnreadable(because("columns_missing", columns=Both(names, ", ".join(missing))))
        for number, cells in enumerate(lines, start=2):
            values = {key: cell for key, raw in zip(keys, cells, strict=False) if key and (cell := _cleaned(raw))}
            if values:
                yield number, values


def _cleaned(cell: str) -> str:
    return _FORBIDDEN.sub(_REPLACED, cell).strip()


def in_chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield the rows in lists of `size`."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk


def paper_of(row: int, values: Mapping[str, str]) -> Paper:
    """Return what a row says."""
    faults: dict[str, Grounds] = {column: because("field_required") for column in REQUIRED if not values.get(column)}
    faults |= {key: grounds for key, value in values.items() if (grounds := _cell_fault(key, value))}
    dates = {column: _date(values.get(column, ""), column, faults) for column in _DATES}
    content = {key: value for key, value in values.items() if key not in COLUMNS}
    holders = _holders(values, faults)
    return Paper(row, values.get("number", ""), holders, content=content, faults=faults, **dates)


def _cell_fault(key: str, value: str) -> Grounds | None:
    if len(value) > _LONGEST:
        return because("field_too_long", most=str(_LONGEST))
    if _REPLACED in value:
        return because("field_invalid", why=Both("含有不允许的字符", "holds a character that is not allowed"))
    wrong = check_number(value) if key == "number" else None
    return because("field_invalid", why=wrong) if wrong else None


def _holders(values: Mapping[str, str], faults: dict[str, Grounds]) -> tuple[HolderNamed, ...]:
    names, codes = (values.get(column, "").split(SEPARATOR) for column in ("holder_name", "holder_code"))
    types = values.get("holder_type", "").split(SEPARATOR)
    # One type of number stands for all holders of the row.
    types = types * len(names) if len(types) == 1 else types
    if not len(names) == len(codes) == len(types):
        faults["holder_code"] = because("holders_unequal", names=str(len(names)), codes=str(len(codes)))
        return ()
    return tuple(HolderNamed(*map(str.strip, parts)) for parts in zip(names, types, codes, strict=True))


def _date(text: str, column: str, faults: dict[str, Grounds]) -> dt.date | None:
    digits = text.split(" ")[0].rstrip("日").replace("年", "-").replace("月", "-").replace("/", "-").replace(".", "-")
    parts = digits.split("-")
    try:
        if len(parts) == 3:
            return dt.date(*map(int, parts))
        return dt.date.fromisoformat(digits) if digits else None
    except (ValueError, OverflowError):
        # Not in full: a holder's number may have slipped into the column.
        shown = text if len(text) <= _SHOWN_OF_DATE else f"{text[:_SHOWN_OF_DATE]}…"
        faults.setdefault(column, because("date_invalid", value=shown))
        return None


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Sequence[str]]]:
    if zipfile.is_zipfile(path):
        yield _workbook_lines(path)
        return
    with path.open("r", encoding=_encoding(path), newline="") as file:
        yield _csv_lines(file)


def _csv_lines(file: Iterable[str]) -> Iterator[Sequence[str]]:
    try:
        yield from csv.reader(file, strict=True)
    except (csv.Error, UnicodeDecodeError) as error:
        raise FileUnreadable(because("file_unreadable", why=str(error)[:200])) from error


def _encoding(path: Path) -> str:
    """Return the encoding in which the first mebibyte can be read: UTF-8, or GB 18030 as Chinese spreadsheets write."""
    with path.open("rb") as file:
        sample = file.read(MEBIBYTE)
    for encoding in _ENCODINGS:
        try:
            # A character may be cut in two at the sample's end.
            sample[: sample.rfind(b"\n") + 1 or None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileUnreadable(because("file_unreadable", why="UTF-8, GB 18030"))


def _workbook_lines(path: Path) -> Iterator[Sequence[str]]:
    """Yield the rows of the first sheet; those that are missing between two come as empty ones, so that each counts."""
    try:
        with path.open("rb") as content:
            if not is_bounded(zipfile.ZipFile(content), most=MOST_UNPACKED, but=_SHEETS, most_but=MOST_KEPT):
                raise FileUnreadable(because("file_unreadable", why=f"XLSX > {MOST_UNPACKED // MEBIBYTE} MiB"))
            book = openpyxl.load_workbook(content, read_only=True, data_only=True)
            for sheet in book.worksheets[:1]:
                # With limits, for a file may name any cell, and all before it would come as empty ones.
                for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True):
                    yield [_text(cell) for cell in row]
    except (InvalidFileException, *UNREADABLE) as error:
        raise FileUnreadable(because("file_unreadable", why="XLSX")) from error


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime | dt.date):
        return f"{cell:%Y-%m-%d}"
    # Spreadsheets keep whole numbers as floats: 24 months must not become 24.0.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
