"""A bad workbook of more than twenty kinds of errors: all are reported at once, each with its row and column."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from foundation.codes import uscc_check_character
from registry.catalogue import read_catalogue
from registry.errors import CatalogueError
from registry.models import Department
from registry.rows import COLUMNS

GOOD = "11510100LX0000046"
DEPARTMENTS = [
    ["A", "甲局", "A", "city", GOOD + uscc_check_character(GOOD)],
    ["B", "乙局", "B", "town", ""],  # 3 level unknown
    ["", "丙局", "C", "city", ""],  # 4 code empty
    ["A", "丁局", "D", "city", ""],  # 5 code twice
    ["E", "戊局", "E", "city", "123"],  # 6 no USCC
    ["F", "己局", "F", "city", GOOD + ("0" if uscc_check_character(GOOD) != "0" else "1")],  # 7 check character
    ["G", "庚局", "G", "city", GOOD + uscc_check_character(GOOD)],  # 8 another's USCC
    ["h1", "辛局", "H", "city", ""],  # 9 code not of letters
    ["I", "壬" * 201, "I", "city", ""],  # 10 too long
]
ITEMS = [
    ["A1", "事项一", "One", "A", "new", "甲证", "", "", ""],
    ["Z1", "事项二", "Two", "Z", "new", "乙证", "", "", ""],  # 3 department unknown
    ["A3", "事项三", "Three", "A", "fresh", "", "", "", ""],  # 4 kind unknown
    ["A1", "事项四", "Four", "A", "new", "", "", "", ""],  # 5 code twice
    ["B5", "事项五", "Five", "A", "new", "", "", "", ""],  # 6 code of another department
    ["A6", "事项六", "Six", "A", "new", "", "甲证|", "", ""],  # 7 an empty name
    ["A7", "事项七", "Seven", "A", "new", "", "甲证@A99", "", ""],  # 8 situation unknown
    ["A8", "事项八", "Eight", "A", "new", "", "乙证@A1", "", ""],  # 9 situation does not yield it
    ["A9", "", "Nine", "A", "new", "", "", "", ""],  # 10 name empty
    ["A10", "事项十", "Ten", "A", "new", "别名一", "", "", ""],  # 11 yields an alias
    ["A11", "#REF!", "Eleven", "A", "new", "", "", "", ""],  # 12 a formula that failed
]
EXTERNAL = [
    ["省证", "province", "V"],  # 2 level unknown
    ["市证", "city", "Q"],  # 3 no such department of the city
    ["甲证", "county", "F"],  # 4 an item yields it already
    ["县证", "county", "F"],
    ["县证", "county", "F"],  # 6 name twice
]
ALIASES = [
    ["别名一", "甲证"],
    ["别名一", "甲证"],  # 3 twice
    ["别名二", "无此证"],  # 4 of nothing
]
TYPES: list[list[Any]] = [
    ["甲证", "A", "secret", "", "", "", "", "", "any"],  # 2 class unknown
    ["乙证", "B", "not_shared", "", "", "", "", "", "any"],  # 3 no legal basis
    ["丙证", "C", "conditional", "", "", "", "", "", "any"],  # 4 no conditions
    ["丁证", "D", "unconditional", "", "", "", "", "soon", "any"],  # 5 no number of months
    ["戊证", "E", "unconditional", "", "", "", "", 24.0, "nobody"],  # 6 holder unknown
    ["戊证", "E", "unconditional", "", "", "", "", "", "any"],  # 7 twice
]
EXPECTED = {
    "departments": [(3, "level"), (4, "code"), (5, "code"), (6, "uscc"), (7, "uscc"), (8, "uscc"), (9, "code"),
                    (10, "name_zh")],
    "items": [(3, "department_code"), (4, "kind"), (5, "code"), (6, "code"), (7, "prerequisite_licences"),
              (8, "prerequisite_licences"), (9, "prerequisite_licences"), (10, "name_zh"), (11, "result_licences"),
              (12, "name_zh")],
    "external_licences": [(2, "level"), (3, "department"), (4, "name"), (6, "name")],
    "aliases": [(3, "name"), (4, "name")],
    "licence_types": [(2, "sharing_class"), (3, "legal_basis_zh"), (4, "sharing_conditions_zh"),
                      (5, "validity_months"), (6, "holder_kind"), (7, "name")],
}  # fmt: skip


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = Workbook()
    tables: dict[str, list[list[Any]]] = {
        "departments": DEPARTMENTS, "items": ITEMS, "external_licences": EXTERNAL, "aliases": ALIASES,
        "licence_types": TYPES,
    }  # fmt: skip
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(COLUMNS[name])
        for row in rows:
            sheet.append(row)
    path = tmp_path / "bad.xlsx"
    book.save(path)
    return path


def test_all_thirty_faults_are_named_with_sheet_row_and_column_in_both_languages(workbook: Path) -> None:
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(workbook)
    found = {(fault.file, fault.row, fault.column) for fault in raised.value.errors}
    expected = {(f"bad.xlsx[{sheet}]", row, column) for sheet, places in EXPECTED.items() for row, column in places}
    assert found == expected
    assert len(raised.value.errors) == 30
    assert all(fault.what.zh and fault.what.en for fault in raised.value.errors)
    assert len({fault.what.en for fault in raised.value.errors}) > 20


@pytest.mark.django_db
def test_the_command_prints_them_all_and_writes_nothing(workbook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="30 faults"):
        call_command("import_catalogue", str(workbook))
    assert len(capsys.readouterr().err.splitlines()) == 30
    assert not Department.objects.exists()


@pytest.mark.parametrize(("name", "content"), [("book.xlsx", b"no workbook"), ("book.xlsx", b"")])
def test_a_file_that_is_no_workbook_is_one_fault(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(tmp_path / name)
    assert [fault.row for fault in raised.value.errors] == [0]
