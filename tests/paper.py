"""Files of licences that exist on paper, as departments send them."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import openpyxl

from portal.demonstration.numbers import company_code

HEADING = ("证照编号", "持证主体", "持证主体代码类型", "持证主体代码", "证照颁发日期", "项目名称")


def row(number: int, **values: str) -> dict[str, str]:
    """Return a row that holds, for the `number`-th licence on paper."""
    return {
        "证照编号": f"蓉国土〔2016〕{number}号",
        "持证主体": f"演示企业{number}有限公司",
        "持证主体代码类型": "001",
        "持证主体代码": company_code(1000 + number),
        "证照颁发日期": "2016-05-04",
        "项目名称": f"项目{number}",
        **values,
    }


def rows(count: int) -> list[dict[str, str]]:
    return [row(number) for number in range(1, count + 1)]


def csv_bytes(lines: Iterable[Mapping[str, str]], *, encoding: str = "utf-8-sig", drop: str = "") -> bytes:
    lines = list(lines)
    columns = [name for name in dict.fromkeys(name for line in lines for name in line) if name != drop]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode(encoding)


def csv_file(path: Path, lines: Iterable[Mapping[str, str]], **how: str) -> Path:
    path.write_bytes(csv_bytes(lines, **how))
    return path


def xlsx_bytes(lines: Iterable[Mapping[str, object]]) -> bytes:
    lines = list(lines)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("存量证照")
    columns = list(dict.fromkeys(name for line in lines for name in line))
    sheet.append(columns)
    for line in lines:
        sheet.append([line.get(column) for column in columns])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
