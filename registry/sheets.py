"""The sheets of a catalogue, read and written as a folder of CSV files or one XLSX workbook. No database."""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from foundation.reasons import Both
from registry.errors import RowError
from registry.rows import COLUMNS, LONGEST, OPTIONAL_COLUMNS, REQUIRED_SHEETS

Table = Sequence[Sequence[str]]
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: the file (and sheet) it stands in, its number counting the heading as 1, its values by column."""

    file: str
    number: int
    values: dict[str, str]


@dataclass(slots=True)
class Sheets:
    """All rows by sheet, with the faults of files, headings and cells found so far."""

    rows: dict[str, list[SheetRow]] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)

    def fault(self, row: SheetRow, column: str, zh: str, en: str) -> None:
        """Note a fault of a row."""
        self.errors.append(RowError(row.file, row.number, column, Both(zh, en)))


def read_sheets(path: Path) -> Sheets:
    """Read a folder of CSV files (UTF-8, a BOM is tolerated) or an XLSX workbook; nothing stops at the first fault."""
    sheets = Sheets()
    tables = _workbook(path, sheets) if path.is_file() else _folder(path, sheets)
    for name, (file, table) in tables.items():
        sheets.rows[name] = list(_rows(name, file, table, sheets))
    return sheets


def _missing(sheets: Sheets, file: str) -> None:
    sheets.fault(SheetRow(file, 0, {}), "", "缺少此文件", "the file is missing")


def _folder(folder: Path, sheets: Sheets) -> dict[str, tuple[str, Table]]:
    tables: dict[str, tuple[str, Table]] = {}
    for name in COLUMNS:
        path = folder / f"{name}.csv"
        try:
            tables[name] = path.name, list(csv.reader(path.read_text("utf-8-sig").splitlines(keepends=True)))
        except FileNotFoundError:
            if name in REQUIRED_SHEETS:
                _missing(sheets, path.name)
        except UnicodeDecodeError:
            place = SheetRow(path.name, 0, {})
            sheets.fault(place, "", "文件须为 UTF-8 编码", "the file must be encoded in UTF-8")
        except csv.Error as error:
            sheets.fault(SheetRow(path.name, 0, {}), "", f"不是有效的 CSV：{error}", f"is no valid CSV: {error}")
    return tables


def _workbook(path: Path, sheets: Sheets) -> dict[str, tuple[str, Table]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError):
        place = SheetRow(path.name, 0, {})
        sheets.fault(place, "", "不是 XLSX 工作簿", "is no XLSX workbook")
        return {}
    tables: dict[str, tuple[str, Table]] = {}
    for name in COLUMNS:
        file = f"{path.name}[{name}]"
        if name in book.sheetnames:
            tables[name] = file, [[_text(cell) for cell in row] for row in book[name].iter_rows(values_only=True)]
        elif name in REQUIRED_SHEETS:
            sheets.fault(SheetRow(file, 0, {}), "", "缺少此工作表", "the sheet is missing")
    book.close()
    return tables


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    # Spreadsheets keep whole numbers as floats: 24 months must not become 24.0.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _rows(name: str, file: str, table: Table, sheets: Sheets) -> Iterator[SheetRow]:
    heading = [cell.strip() for cell in table[0]] if table else []
    missing = [column for column in COLUMNS[name] if column not in heading]
    for column in missing:
        sheets.fault(SheetRow(file, 1, {}), column, "缺少此列", "the column is missing")
    if missing:
        return
    wanted = (*COLUMNS[name], *OPTIONAL_COLUMNS.get(name, ()))
    for number, cells in enumerate(table[1:], start=2):
        values = {column: cell.strip() for column, cell in zip(heading, cells, strict=False)}
        row = SheetRow(file, number, {column: values.get(column, "") for column in wanted})
        if any(row.values.values()):
            _check_cells(row, sheets)
            yield row


def _check_cells(row: SheetRow, sheets: Sheets) -> None:
    for column, value in row.values.items():
        longest = LONGEST.get(column, _LONGEST)
        if len(value) > longest:
            sheets.fault(row, column, f"内容超过{longest}字", f"holds more than {longest} characters")
        elif value.startswith("#") and value.rstrip("!?").isupper():
            sheets.fault(row, column, f"单元格公式出错：{value}", f"the cell's formula failed: {value}")
        elif "\0" in value:
            sheets.fault(row, column, "含有不允许的字符", "holds a character that is not allowed")


def write_folder(folder: Path, tables: Mapping[str, Iterable[Mapping[str, str]]]) -> None:
    """Write each sheet as a CSV file that `read_sheets` reads back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns_of(name), lineterminator="\n", extrasaction="ignore", restval="")
            writer.writeheader()
            writer.writerows(rows)


def write_workbook(path: Path, tables: Mapping[str, Iterable[Mapping[str, str]]]) -> None:
    """Write all sheets into one XLSX workbook that `read_sheets` reads back."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(columns_of(name))
        for row in rows:
            sheet.append([_cell(sheet, row.get(column, "")) for column in columns_of(name)])
    book.save(path)


def _cell(sheet: Any, value: str) -> WriteOnlyCell:
    # As text also where it begins with “=”, which would else become a formula.
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


def columns_of(name: str) -> list[str]:
    """Return the columns of a sheet, those that may be missing last."""
    return [*COLUMNS[name], *OPTIONAL_COLUMNS.get(name, ())]
