"""Files of licences on paper: whatever they hold, they are read, their faults are named, or they are refused."""

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import backlog
from licences.backlog import COLUMNS, REQUIRED, Row, in_chunks, paper_of, read_rows
from licences.errors import FileUnreadable
from tests import paper

TITLES = {"项目名称": "projectName"}
GOOD = {
    "number": "蓉国土〔2016〕1号",
    "holder_name": "演示企业有限公司",
    "holder_type": "001",
    "holder_code": "91990000LX100001XX",
    "issued_on": "2016-05-04",
}


def read(folder: Path, content: bytes) -> list[Row]:
    path = folder / "file"
    path.write_bytes(content)
    return list(read_rows(path, TITLES))


def sheet(cells: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active
    for row in cells:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


# --- Headings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", range(3))
def test_a_column_goes_by_its_key_or_any_of_its_standard_names(tmp_path: Path, names: int) -> None:
    heading = [([key, *aliases] * 2)[names] for key, aliases in COLUMNS.items()]
    ((number, values),) = read(tmp_path, f"{','.join(heading)}\n1,2,3,4,5,6,7\n".encode())
    assert number == 2
    assert values == dict(zip(COLUMNS, "1234567", strict=True))


def test_a_field_of_the_type_goes_by_its_title_or_key_and_a_remark_is_left_out(tmp_path: Path) -> None:
    heading = ",".join([*REQUIRED, "项目名称", "basis", "#row", ""])
    ((_, values),) = read(tmp_path, f"{heading}\n1,2,3,4,5,甲,乙,9,x\n".encode())
    assert values["projectName"] == "甲"
    assert values["basis"] == "乙"
    assert set(values) == {*REQUIRED, "projectName", "basis"}


def test_all_missing_columns_are_named_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable) as caught:
        read(tmp_path, "证照编号,持证主体,证照颁发日期\n1,2,3\n".encode())
    assert caught.value.grounds.code == "columns_missing"
    assert "持证主体代码类型、持证主体代码" in caught.value.grounds.zh
    assert "holder_type, holder_code" in caught.value.grounds.en


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n\n", sheet([])])
def test_an_empty_file_lacks_its_columns(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnreadable) as caught:
        read(tmp_path, content)
    assert caught.value.grounds.code == "columns_missing"


# --- Encodings and kinds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, paper.csv_bytes(paper.rows(2), encoding=encoding))
    assert [number for number, _ in found] == [2, 3]
    assert found[1][1]["holder_name"] == "演示企业2有限公司"


def test_gb18030_is_known_also_where_the_sample_cuts_a_character_in_two(tmp_path: Path) -> None:
    lines = [paper.row(number, 备注="证" * 700) for number in range(1, 800)]
    content = paper.csv_bytes(lines, encoding="gb18030")
    assert len(content) > backlog.MEBIBYTE
    assert len(read(tmp_path, content)) == len(lines)


def test_a_workbook_is_known_by_its_bytes_and_its_cells_are_read_as_people_see_them(tmp_path: Path) -> None:
    heading = ["证照编号", "持证主体", "持证主体代码类型", "持证主体代码", "证照颁发日期", "项目名称"]
    row = ["1", "甲", "001", "91", dt.date(2016, 5, 4), 24.0]
    ((number, values),) = read(tmp_path, sheet([heading, [None], row]))
    assert number == 3
    assert (values["issued_on"], values["projectName"]) == ("2016-05-04", "24")


def test_rows_are_counted_as_the_spreadsheet_counts_them(tmp_path: Path) -> None:
    heading = ",".join(REQUIRED)
    found = read(tmp_path, f"{heading}\n\n,,,,\n1,2,3,4,5\n\n6,7,8,9,0\n".encode())
    assert [number for number, _ in found] == [4, 6]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00\x01\xff",
        b'number,"open\n',
        b"a" * 200_000 + b",b\n",
        b"PK\x05\x06" + b"\0" * 18,
        sheet([["a"]])[:-40],
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        read(tmp_path, content)


def _with_sheet(xml: str) -> bytes:
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheet([["a"]]))) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as to,
    ):
        for part in source.infolist():
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            to.writestr(part.filename, xml if is_sheet else source.read(part))
    return changed.getvalue()


_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def test_a_workbook_that_claims_cells_at_the_end_of_the_world_is_read_no_further_than_the_format_goes(
    tmp_path: Path,
) -> None:
    for place in ("A99999999999", "XFD1048576"):
        row = place.strip("ABCDEFX")
        xml = (
            f'<worksheet {_MAIN}><dimension ref="A1:{place}"/><sheetData>'
            f'<row r="{row}"><c r="{place}" t="str"><v>x</v></c></row></sheetData></worksheet>'
        )
        with pytest.raises(FileUnreadable):
            read(tmp_path, _with_sheet(xml))


def test_a_workbook_made_to_fill_the_memory_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MOST_UNPACKED", 1_000_000)
    bomb = _with_sheet(f"<worksheet {_MAIN}><sheetData>{' ' * 2_000_000}</sheetData></worksheet>")
    assert len(bomb) < 20_000
    with pytest.raises(FileUnreadable) as caught:
        read(tmp_path, bomb)
    assert "MiB" in caught.value.grounds.en


def test_what_a_reader_keeps_in_memory_has_a_limit_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MOST_KEPT", 100)
    with pytest.raises(FileUnreadable):
        read(tmp_path, paper.xlsx_bytes(paper.rows(1)))


def test_entities_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "证">{entities}]><worksheet {_MAIN}><sheetData>'
        '<row r="1"><c r="A1" t="str"><v>&e9;</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(FileUnreadable):
        read(tmp_path, _with_sheet(xml))


def test_characters_that_no_database_takes_are_faults_of_their_column(tmp_path: Path) -> None:
    ((number, values),) = read(tmp_path, f"{','.join(REQUIRED)}\n1,a\0b,001,91,2016-05-04\n".encode())
    found = paper_of(number, values)
    assert found.faults["holder_name"].code == "field_invalid"
    assert "\0" not in found.holders[0].name


def test_chunks_hold_all_rows_in_their_order() -> None:
    rows: list[Row] = [(number, {}) for number in range(7)]
    assert [[n for n, _ in chunk] for chunk in in_chunks(rows, 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(in_chunks([], 3)) == []


# --- Rows --------------------------------------------------------------------------------------------------------


def test_a_good_row_has_no_faults() -> None:
    found = paper_of(2, {**GOOD, "projectName": "改造"})
    assert found.faults == {}
    assert (found.number, found.issued_on, found.content) == (
        GOOD["number"],
        dt.date(2016, 5, 4),
        {"projectName": "改造"},
    )


def test_every_missing_value_is_named_at_once() -> None:
    assert {name: why.code for name, why in paper_of(2, {}).faults.items() if name != "holder_code"} == dict.fromkeys(
        set(REQUIRED) - {"holder_code"}, "field_required"
    )


@pytest.mark.parametrize(
    "text", ["2016-05-04", "2016-5-4", "2016/5/4", "2016.05.04", "2016年5月4日", "20160504", "2016-05-04 00:00:00"]
)
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert paper_of(2, {**GOOD, "issued_on": text}).issued_on == dt.date(2016, 5, 4)


@pytest.mark.parametrize(
    "text", ["2016-13-01", "2016-02-30", "长期", "4.5.2016.1", "99999999999999999999-1-1", "--", "5"]
)
def test_what_is_no_day_is_named(text: str) -> None:
    found = paper_of(2, {**GOOD, "valid_until": text})
    assert found.faults["valid_until"].code == "date_invalid"
    assert found.valid_until is None


def test_a_holders_number_that_slipped_into_a_day_is_not_told_in_full() -> None:
    for number in ("990000195001011234", "91990000LX1000010X"):
        why = paper_of(2, {**GOOD, "issued_on": number}).faults["issued_on"]
        assert number not in why.zh + why.en
        assert number[:10] in why.en


def test_several_holders_are_split_by_the_enumeration_comma() -> None:
    found = paper_of(2, {**GOOD, "holder_name": "甲、乙", "holder_code": "1、2", "holder_type": "111、001"})
    assert [(h.name, h.code_type, h.number) for h in found.holders] == [("甲", "111", "1"), ("乙", "001", "2")]
    same = paper_of(2, {**GOOD, "holder_name": "甲、乙", "holder_code": "1、2"})
    assert [h.code_type for h in same.holders] == ["001", "001"]


@pytest.mark.parametrize(
    "values",
    [
        {"holder_name": "甲、乙", "holder_code": "1"},
        {"holder_name": "甲", "holder_code": "1、2"},
        {"holder_name": "甲、乙", "holder_code": "1、2", "holder_type": "111、001、001"},
    ],
)
def test_holders_and_their_codes_must_be_as_many(values: dict[str, str]) -> None:
    found = paper_of(2, {**GOOD, **values})
    assert found.faults["holder_code"].code == "holders_unequal"
    assert found.holders == ()


@pytest.mark.parametrize("number", ["​", "1" * 121, "ﷺ" * 20])
def test_a_number_must_have_something_to_be_found_by_and_fit(number: str) -> None:
    assert paper_of(2, {**GOOD, "number": number}).faults["number"].code == "field_invalid"


def test_a_value_that_is_too_long_is_named() -> None:
    assert paper_of(2, {**GOOD, "projectName": "长" * 2001}).faults["projectName"].code == "field_too_long"


# --- Anything at all ---------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=40) | st.sampled_from(
    ["、", "2016-05-04", "001", "#", '"', "a,b", "﻿", "=1+1", "\ud800", "1e999"]
)


@given(st.lists(st.lists(TEXTS, max_size=8), max_size=6))
def test_no_text_crashes_the_reader_of_csv(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[*REQUIRED, "valid_until", "projectName"], *cells])
    content = text.getvalue().encode("utf-8", "surrogatepass")
    try:
        found = read(tmp_path_factory.getbasetemp(), content)
    except FileUnreadable:
        return
    for number, values in found:
        row = paper_of(number, values)
        assert all(why.zh and why.en for why in row.faults.values())
        assert row.faults or all(getattr(row, name) for name in ("number", "holders", "issued_on"))
        for value in values.values():
            assert value.encode()
            assert "\0" not in value


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", f"{','.join(REQUIRED)}\n".encode()):
        try:
            for number, values in read(tmp_path_factory.getbasetemp(), start + content):
                paper_of(number, values)
        except FileUnreadable:
            continue


@given(st.dictionaries(st.sampled_from([*COLUMNS, "projectName"]), st.text(max_size=60)))
def test_every_row_is_understood_or_has_its_faults_named(values: dict[str, str]) -> None:
    row = paper_of(2, values)
    for column in REQUIRED:
        if not values.get(column):
            assert column in row.faults
    for column in ("issued_on", "valid_from", "valid_until"):
        if values.get(column) and getattr(row, column) is None:
            assert column in row.faults
