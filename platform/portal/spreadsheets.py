"""Tables as files for spreadsheets, CSV and XLSX, written while they are sent: a row in memory at a time. Pure.

XLSX (ECMA-376, Office Open XML) is a ZIP archive of XML parts. Texts are inline strings, which no program takes for
formulas; a table longer than a sheet may be goes on in the next one.
"""

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from urllib.parse import quote
from xml.sax.saxutils import escape

Cell = str | int | None
Row = Sequence[Cell]
CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_ROWS = 1_048_576  # of a sheet, in every program
# A part of an archive that is written as a stream must stay below 2 GiB without ZIP64, which Excel does not read there.
MOST_BYTES = 1 << 30
_PIECE = 1 << 16
_BOM = "\ufeff"  # by which spreadsheets know UTF-8
# What a spreadsheet would take for a formula; in Chinese ones the full-width signs too.
_FORMULA = re.compile(r"[=@\t\r\n＝＠＋－]|[+-](?![0-9.]+$)")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MADE_OF = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"


def harmless(cell: str) -> str:
    """Return a text of CSV so that no spreadsheet runs it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def attachment(name: str, kind: str) -> dict[str, str]:
    """Return the headers of a file to be kept under this name, which may be Chinese."""
    plain, named = f'filename="table.{kind}"', f"filename*=UTF-8''{quote(f'{name}.{kind}', safe='')}"
    return {"Content-Disposition": f"attachment; {plain}; {named}", "Cache-Control": "no-store"}


def file_of(kind: str, heading: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Return a table as a file of the kind, piece by piece; `rows` are taken as they are written."""
    return _csv(heading, rows) if kind == CSV else _xlsx(heading, rows)


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _csv(heading: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    piece = _BOM
    for row in chain([heading], rows):
        piece += writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        if len(piece) >= _PIECE:
            yield piece.encode()
            piece = ""
    yield piece.encode()


class _Pieces:
    """What an archive was written to and nobody has taken yet; it cannot be sought in, so that it is a stream."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """Return what was written since."""
        taken, self.waiting = b"".join(self.waiting), []
        return taken


def _xlsx(heading: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    pieces, sheets, left = _Pieces(), 0, iter(rows)
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:  # type: ignore[call-overload]
        first: list[Row] | None = []
        while first is not None:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w") as part:
                for text in _sheet(heading, chain(first, left)):
                    part.write(text)
                    yield pieces.take()
            following = next(left, None)
            first = None if following is None else [following]
        for name, content in _parts(sheets).items():
            archive.writestr(name, content)
    yield pieces.take()


def _sheet(heading: Sequence[str], rows: Iterator[Row]) -> Iterator[bytes]:
    """Return a sheet's XML piece by piece, of as many of the rows as it holds."""
    texts, size, written, count = [_SHEET, _row(heading)], 0, 0, 1
    for row in rows:
        text = _row(row)
        texts.append(text)
        size += len(text)
        count += 1
        if size >= _PIECE:
            piece = "".join(texts).encode()
            written, texts, size = written + len(piece), [], 0
            yield piece
        if count >= MOST_ROWS or written >= MOST_BYTES:
            break
    yield ("".join(texts) + _SHEET_END).encode()


def _row(cells: Row) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    if not cell:
        return "<c/>"
    text = escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", cell))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _parts(sheets: int) -> dict[str, str]:
    """Return the parts that say what the archive is, by their names."""
    numbers = range(1, sheets + 1)
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_MADE_OF}.worksheet+xml"/>' for n in numbers
    )
    names = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    return {
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_RELATIONS}">{targets}</Relationships>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_MADE_OF}.sheet.main+xml"/>{kinds}</Types>',
    }
