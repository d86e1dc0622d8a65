"""Tables as files for spreadsheets: what is written is what is read back, and nothing in it runs."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import spreadsheets
from portal.spreadsheets import CSV, XLSX, Row, attachment, file_of, harmless

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
ROWS = st.lists(st.lists(st.one_of(TEXT, st.integers(-(10**9), 10**9)), min_size=2, max_size=2), max_size=8)


def read_xlsx(content: bytes) -> list[list[list[object]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets]


@given(rows=ROWS)
def test_a_workbook_is_read_back_as_it_was_written(rows: list[list[str | int]]) -> None:
    content = b"".join(file_of(XLSX, ["甲", "乙"], rows))
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    (found,) = read_xlsx(content)
    assert found == [["甲", "乙"], *([value if value != "" else None for value in row] for row in rows)]


@given(rows=ROWS)
def test_a_csv_is_read_back_with_what_would_run_made_harmless(rows: list[list[str | int]]) -> None:
    content = b"".join(file_of(CSV, ["甲", "乙"], rows)).decode("utf-8-sig")
    expected = [[harmless(v) if isinstance(v, str) else str(v) for v in row] for row in rows]
    assert list(csv.reader(io.StringIO(content, newline=""))) == [["甲", "乙"], *expected]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A"]
)
def test_no_text_of_a_csv_is_taken_for_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-12.5", "+3", "成规〔2026〕1号", "a=b", "", "'"])
def test_numbers_and_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_a_workbook_holds_texts_never_formulas() -> None:
    content = b"".join(file_of(XLSX, ["=A1"], [["=HYPERLINK(1)"]]))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.data_type for row in sheet.iter_rows() for cell in row] == ["s", "s"]


def test_what_xml_cannot_hold_is_replaced_and_markup_is_text() -> None:
    content = b"".join(file_of(XLSX, ["<&>"], [["a\x00b\x1f\ufffe</t>"]]))
    assert read_xlsx(content) == [[["<&>"], ["a\ufffdb\ufffd\ufffd</t>"]]]


@pytest.mark.parametrize("limit", ["MOST_ROWS", "MOST_BYTES"])
def test_a_table_longer_than_a_sheet_goes_on_in_the_next(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, limit, 4 if limit == "MOST_ROWS" else 1)
    monkeypatch.setattr(spreadsheets, "_PIECE", 1)
    sheets = read_xlsx(b"".join(file_of(XLSX, ["n"], [[n] for n in range(7)])))
    assert all(sheet[0] == ["n"] for sheet in sheets)
    assert [row for sheet in sheets for row in sheet[1:]] == [[n] for n in range(7)]
    assert len(sheets) == (3 if limit == "MOST_ROWS" else 7)


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_rows_are_taken_while_the_file_is_sent(kind: str) -> None:
    taken = 0

    def rows() -> Iterator[Row]:
        nonlocal taken
        for n in range(20_000):
            taken = n + 1
            yield [n, f"行{n}" * 4]

    pieces = file_of(kind, ["n", "文"], rows())
    tracemalloc.start()
    first = next(piece for piece in pieces if piece)
    assert first
    assert 0 < taken < 20_000
    for _ in pieces:
        pass
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()
    assert taken == 20_000


def test_a_name_may_be_chinese_and_breaks_no_header() -> None:
    assert attachment('记录"\r\n', CSV)["Content-Disposition"] == (
        "attachment; filename=\"table.csv\"; filename*=UTF-8''%E8%AE%B0%E5%BD%95%22%0D%0A.csv"
    )
