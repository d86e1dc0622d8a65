"""Reading a catalogue: a folder of CSV files becomes plain rows, or the list of all faults of all rows. No database."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from foundation.codes import check_uscc
from foundation.reasons import Both
from registry.errors import CatalogueError, RowError
from registry.names import comparable

LEVELS = ("national", "provincial", "city", "county")
KINDS = ("new", "change", "renewal", "review", "reissue", "transfer", "annual_check", "cancel")
SHARING = ("unconditional", "conditional", "not_shared")
HOLDERS = ("person", "organisation", "any")
_LEVEL_PREFIX = {"national": "国家", "provincial": "省", "county": "县"}

COLUMNS = {
    "departments": ("code", "name_zh", "name_en", "level", "uscc"),
    "items": (
        "code", "name_zh", "name_en", "department_code", "kind", "result_licences", "prerequisite_licences", "origin",
        "note",
    ),
    "external_licences": ("name", "level", "department"),
    "aliases": ("alias", "name"),
    "licence_types": (
        "name", "name_en", "sharing_class", "sharing_conditions_zh", "sharing_conditions_en", "legal_basis_zh",
        "legal_basis_en", "validity_months", "holder_kind",
    ),
}  # fmt: skip
REQUIRED_SHEETS = ("departments", "items")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to meet a need: a licence's name, and the item it must come from where the prerequisite names one."""

    licence: str
    situation: str = ""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item with its yields and needs; each need is a group of alternatives, `written` as the catalogue has it."""

    code: str
    name_zh: str
    name_en: str
    department: str
    kind: str
    results: tuple[str, ...]
    needs: tuple[tuple[str, tuple[Alternative, ...]], ...]
    origin: str
    note: str


@dataclass(frozen=True, slots=True)
class ExternalRow:
    """Where a licence comes from that no item of the city yields; `department` is a city department's code or a name.

    `source` is the code of that department: level_department outside the city (such as 省_V), the letters inside.
    """

    name: str
    level: str
    department: str
    source: str


@dataclass(slots=True)
class Catalogue:
    """All rows, by their keys; names of licences are compared by `registry.names.comparable`."""

    departments: dict[str, dict[str, str]] = field(default_factory=dict)
    items: dict[str, ItemRow] = field(default_factory=dict)
    external: dict[str, ExternalRow] = field(default_factory=dict)
    aliases: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    types: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    sheet: str
    number: int
    values: dict[str, str]


class _Reader:
    """Collects rows and faults; nothing stops it before the last row is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors: list[RowError] = []

    def fault(self, row: _Row, column: str, zh: str, en: str) -> None:
        self.errors.append(RowError(f"{row.sheet}.csv", row.number, column, Both(zh, en)))

    def rows(self, sheet: str) -> Iterator[_Row]:
        path = self.folder / f"{sheet}.csv"
        if not path.is_file():
            if sheet in REQUIRED_SHEETS:
                self.fault(_Row(sheet, 0, {}), "", "缺少此文件", "the file is missing")
            return
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            self.fault(_Row(sheet, 0, {}), "", "文件须为 UTF-8 编码", "the file must be encoded in UTF-8")
            return
        reader = csv.DictReader(text.splitlines(keepends=True))
        missing = [c for c in COLUMNS[sheet] if c not in (reader.fieldnames or ())]
        for column in missing:
            self.fault(_Row(sheet, 1, {}), column, "缺少此列", "the column is missing")
        if missing:
            return
        for number, values in enumerate(reader, start=2):
            yield _Row(sheet, number, {c: (values[c] or "").strip() for c in COLUMNS[sheet]})

    def required(self, row: _Row, *columns: str) -> bool:
        empty = [c for c in columns if not row.values[c]]
        for column in empty:
            self.fault(row, column, "不能为空", "must not be empty")
        return not empty

    def one_of(self, row: _Row, column: str, allowed: tuple[str, ...]) -> None:
        if row.values[column] not in allowed:
            choices = ", ".join(allowed)
            self.fault(row, column, f"应为以下之一：{choices}", f"must be one of {choices}")


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip())


def _needs(text: str) -> tuple[tuple[str, tuple[Alternative, ...]], ...]:
    groups = []
    for written in _split(text):
        parts = (part.strip().partition("@") for part in written.split("|"))
        groups.append((written, tuple(Alternative(name.strip(), item.strip()) for name, _, item in parts)))
    return tuple(groups)


def _departments(reader: _Reader, catalogue: Catalogue) -> None:
    for row in reader.rows("departments"):
        if not reader.required(row, "code", "name_zh"):
            continue
        reader.one_of(row, "level", LEVELS)
        if row.values["uscc"] and (wrong := check_uscc(row.values["uscc"])):
            reader.fault(row, "uscc", wrong.zh, wrong.en)
        if row.values["code"] in catalogue.departments:
            reader.fault(row, "code", "编码重复", "the code stands twice")
        catalogue.departments[row.values["code"]] = row.values


def _external(reader: _Reader, catalogue: Catalogue) -> None:
    for row in reader.rows("external_licences"):
        if not reader.required(row, "name", "department"):
            continue
        reader.one_of(row, "level", LEVELS)
        prefix = _LEVEL_PREFIX.get(row.values["level"], "")
        code = f"{prefix}_{row.values['department']}" if prefix else row.values["department"]
        values = row.values
        catalogue.external[comparable(values["name"])] = ExternalRow(
            values["name"], values["level"], values["department"], code
        )
        if not prefix and code not in catalogue.departments:
            reader.fault(row, "department", "没有此部门", "there is no such department in departments.csv")
        if prefix and code not in catalogue.departments:
            known = catalogue.departments.get(row.values["department"])
            catalogue.departments[code] = {
                "code": code,
                "name_zh": f"{prefix}级{known['name_zh'] if known else row.values['department'] + '部门'}",
                "name_en": f"{known['name_en']} ({row.values['level']})" if known else "",
                "level": row.values["level"],
                "uscc": "",
            }


def _items(reader: _Reader, catalogue: Catalogue) -> list[tuple[_Row, ItemRow]]:
    read = []
    for row in reader.rows("items"):
        values = row.values
        if not reader.required(row, "code", "name_zh", "department_code"):
            continue
        reader.one_of(row, "kind", KINDS)
        if values["department_code"] not in catalogue.departments:
            reader.fault(row, "department_code", "没有此部门", "there is no such department in departments.csv")
        if values["code"] in catalogue.items:
            reader.fault(row, "code", "编码重复", "the code stands twice")
        item = ItemRow(
            values["code"], values["name_zh"], values["name_en"], values["department_code"], values["kind"],
            _split(values["result_licences"]), _needs(values["prerequisite_licences"]), values["origin"],
            values["note"],
        )  # fmt: skip
        catalogue.items[item.code] = item
        read.append((row, item))
    return read


def _check_situations(reader: _Reader, catalogue: Catalogue, read: list[tuple[_Row, ItemRow]]) -> None:
    for row, item in read:
        for written, alternatives in item.needs:
            for alternative in alternatives:
                if not alternative.licence:
                    reader.fault(row, "prerequisite_licences", f"“{written}”中有空名称", f"“{written}” holds no name")
                if alternative.situation and alternative.situation not in catalogue.items:
                    where = alternative.situation
                    reader.fault(row, "prerequisite_licences", f"没有事项 {where}", f"there is no item {where}")


def _aliases(reader: _Reader, catalogue: Catalogue) -> None:
    for row in reader.rows("aliases"):
        if reader.required(row, "alias", "name"):
            names = catalogue.aliases.setdefault(comparable(row.values["alias"]), (row.values["alias"], []))[1]
            names.append(row.values["name"])


def _types(reader: _Reader, catalogue: Catalogue) -> None:
    for row in reader.rows("licence_types"):
        if not reader.required(row, "name"):
            continue
        reader.one_of(row, "sharing_class", SHARING)
        reader.one_of(row, "holder_kind", HOLDERS)
        months = row.values["validity_months"]
        if months and not (months.isascii() and months.isdigit() and 0 < int(months) <= 1200):
            english = "must be a whole number from 1 to 1200, or empty"
            reader.fault(row, "validity_months", "应为1至1200的整数或空", english)
        if row.values["sharing_class"] == "not_shared" and not row.values["legal_basis_zh"]:
            english = "a type that is not shared must cite its legal basis"
            reader.fault(row, "legal_basis_zh", "不予共享须写明法律依据", english)
        key = comparable(row.values["name"])
        if key in catalogue.types:
            reader.fault(row, "name", "名称重复", "the name stands twice")
        catalogue.types[key] = row.values


def read_catalogue(folder: Path) -> Catalogue:
    """Read a folder of CSV files (UTF-8, a BOM is tolerated) with `COLUMNS`; `CatalogueError` names all faults."""
    reader, catalogue = _Reader(folder), Catalogue()
    steps: tuple[Callable[[_Reader, Catalogue], None], ...] = (_departments, _external, _aliases, _types)
    for step in steps:
        step(reader, catalogue)
    _check_situations(reader, catalogue, _items(reader, catalogue))
    if reader.errors:
        raise CatalogueError(reader.errors)
    return catalogue
