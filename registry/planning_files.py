"""Reading what a plan is told besides the catalogue: costs, applications a year; or all faults at once. No database."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from foundation.reasons import Both
from registry.catalogue import Catalogue
from registry.errors import CatalogueError, RowError
from registry.names import comparable
from registry.planning_model import Costs

COST_COLUMNS = ("kind", "name", "cost")
APPLICATION_COLUMNS = ("item", "applications")
_COST = re.compile(r"\d{1,6}(\.\d{1,2})?", re.ASCII)
_COUNT = re.compile(r"\d{1,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    values: dict[str, str]


class _File:
    """A CSV file (UTF-8, a BOM is tolerated), whose faults are collected."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path, self.columns = path, columns
        self.errors: list[RowError] = []

    def fault(self, row: int, column: str, zh: str, en: str) -> None:
        self.errors.append(RowError(self.path.name, row, column, Both(zh, en)))

    def unknown(self, row: int, column: str, name: str, known: Iterable[str]) -> None:
        near = get_close_matches(name, list(known), 1)
        zh, en = (f"；是否为“{near[0]}”？", f"; did you mean “{near[0]}”?") if near else ("", "")
        self.fault(row, column, f"目录中没有“{name}”{zh}", f"“{name}” is not in the catalogue{en}")

    def rows(self) -> Iterator[_Row]:
        try:
            text = self.path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            self.fault(0, "", "文件须为 UTF-8 编码", "the file must be encoded in UTF-8")
            return
        except OSError:
            self.fault(0, "", "文件无法读取", "the file cannot be read")
            return
        reader = csv.DictReader(text.splitlines(keepends=True))
        missing = [column for column in self.columns if column not in (reader.fieldnames or ())]
        for column in missing:
            self.fault(1, column, "缺少此列", "the column is missing")
        if not missing:
            for number, values in enumerate(reader, start=2):
                yield _Row(number, {column: (values[column] or "").strip() for column in self.columns})

    def once(self, seen: set[tuple[str, str]], kind: str, key: str, row: int, column: str) -> None:
        if (kind, key) in seen:
            self.fault(row, column, "重复", "stands twice")
        seen.add((kind, key))

    def finish(self) -> None:
        if self.errors:
            raise CatalogueError(self.errors)


def read_costs(path: Path, catalogue: Catalogue) -> Costs:
    """Read a CSV of `kind` (licence or department), `name` (of the licence type; of a department its code) and `cost`.

    A cost is a number from 0 to 999999.99 with at most two decimals, in the units of the budget. A licence may be
    named by an alias that stands for one name. Raises `CatalogueError` with every fault of every row: unknown kinds
    and names, bad costs, rows that stand twice.
    """
    file, seen = _File(path, COST_COLUMNS), set[tuple[str, str]]()
    names = {comparable(name): name for item in catalogue.items.values() for name in item.results}
    names |= {key: row.name for key, row in catalogue.external.items()}
    types: dict[str, Decimal] = {}
    departments: dict[str, Decimal] = {}
    for row in file.rows():
        kind, name, written = (row.values[column] for column in COST_COLUMNS)
        cost = Decimal(written) if _COST.fullmatch(written) else None
        if cost is None:
            english = "must be a number from 0 to 999999.99 with at most two decimals"
            file.fault(row.number, "cost", "应为0至999999.99的数，至多两位小数", english)
        if kind == "licence":
            key = _type_key(catalogue, name)
            if key not in names:
                file.unknown(row.number, "name", name, names.values())
            types[key] = cost or Decimal(0)
        elif kind == "department":
            key = name
            if key not in catalogue.departments:
                file.unknown(row.number, "name", name, catalogue.departments)
            departments[key] = cost or Decimal(0)
        else:
            file.fault(row.number, "kind", "应为 licence 或 department", "must be licence or department")
            continue
        file.once(seen, kind, key, row.number, "name")
    file.finish()
    return Costs(types, departments)


def read_applications(path: Path, catalogue: Catalogue) -> dict[str, int]:
    """Read a CSV of `item` (its code) and `applications` a year (a whole number from 0 to 99999999).

    Items that it leaves out have none. Raises `CatalogueError` with every fault of every row.
    """
    file, seen = _File(path, APPLICATION_COLUMNS), set[tuple[str, str]]()
    found: dict[str, int] = {}
    for row in file.rows():
        code, written = (row.values[column] for column in APPLICATION_COLUMNS)
        if code not in catalogue.items:
            file.unknown(row.number, "item", code, catalogue.items)
        file.once(seen, "item", code, row.number, "item")
        if _COUNT.fullmatch(written):
            found[code] = int(written)
        else:
            english = "must be a whole number from 0 to 99999999"
            file.fault(row.number, "applications", "应为0至99999999的整数", english)
    file.finish()
    return found


def _type_key(catalogue: Catalogue, name: str) -> str:
    alias = catalogue.aliases.get(comparable(name))
    return comparable(alias[1][0] if alias and len(alias[1]) == 1 else name)
