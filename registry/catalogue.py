"""Reading a catalogue: sheets become checked rows, or the list of all faults of all rows. No database."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from foundation.codes import check_uscc
from registry.errors import CatalogueError
from registry.names import comparable
from registry.rows import (
    COLUMNS,
    HOLDERS,
    KINDS,
    LEVEL_PREFIX,
    LEVELS,
    SHARING,
    SUCCEEDED,
    Alternative,
    Catalogue,
    ExternalRow,
    ItemRow,
    SuccessionRow,
    parse_needs,
    split_list,
)
from registry.sheets import SheetRow, Sheets, read_sheets

__all__ = ["COLUMNS", "Alternative", "Catalogue", "ExternalRow", "ItemRow", "check_sheets", "read_catalogue"]

# The study codes departments A to Z, then AA to AO; an item is its department's letters and a number.
_LETTERS = re.compile("[A-Z]{1,2}")


def read_catalogue(path: Path) -> Catalogue:
    """Read a folder of CSV files or an XLSX workbook; `CatalogueError` names all faults of all rows at once."""
    return check_sheets(read_sheets(path))


def check_sheets(sheets: Sheets) -> Catalogue:
    """Return the catalogue that these rows make, or raise `CatalogueError` with all their faults."""
    catalogue = Catalogue()
    for step in _STEPS:
        step(sheets, catalogue)
    if sheets.errors:
        raise CatalogueError(sheets.errors)
    return catalogue


def _required(sheets: Sheets, row: SheetRow, *columns: str) -> bool:
    empty = [column for column in columns if not row.values[column]]
    for column in empty:
        sheets.fault(row, column, "不能为空", "must not be empty")
    return not empty


def _one_of(sheets: Sheets, row: SheetRow, column: str, allowed: tuple[str, ...]) -> None:
    if row.values[column] not in allowed:
        choices = ", ".join(allowed)
        sheets.fault(row, column, f"应为以下之一：{choices}", f"must be one of {choices}")


def _departments(sheets: Sheets, catalogue: Catalogue) -> None:
    codes_by_uscc: dict[str, str] = {}
    for row in sheets.rows.get("departments", ()):
        values = row.values
        if not _required(sheets, row, "code", "name_zh"):
            continue
        _one_of(sheets, row, "level", LEVELS)
        if values["level"] == "city" and not _LETTERS.fullmatch(values["code"]):
            sheets.fault(row, "code", "市级部门编码应为一至两个大写字母", "a city department has one or two letters")
        if values["uscc"] and (wrong := check_uscc(values["uscc"])):
            sheets.fault(row, "uscc", wrong.zh, wrong.en)
        if values["uscc"] and (other := codes_by_uscc.setdefault(values["uscc"], values["code"])) != values["code"]:
            sheets.fault(row, "uscc", f"与部门 {other} 重复", f"is department {other}'s already")
        if values["code"] in catalogue.departments:
            sheets.fault(row, "code", "编码重复", "the code stands twice")
        catalogue.departments[values["code"]] = values


def _external(sheets: Sheets, catalogue: Catalogue) -> None:
    for row in sheets.rows.get("external_licences", ()):
        values = row.values
        if not _required(sheets, row, "name", "department"):
            continue
        _one_of(sheets, row, "level", LEVELS)
        prefix = LEVEL_PREFIX.get(values["level"], "")
        code = f"{prefix}_{values['department']}" if prefix else values["department"]
        if comparable(values["name"]) in catalogue.external:
            sheets.fault(row, "name", "名称重复", "the name stands twice")
        if values["level"] == "city" and code not in catalogue.departments:
            sheets.fault(row, "department", "没有此部门", "there is no such department in the sheet departments")
        external = ExternalRow(
            values["name"], values["level"], values["department"], code, values["origin"], values["address"],
            values["found_on"], values["finder"],
        )  # fmt: skip
        catalogue.external[comparable(values["name"])] = external
        if prefix and code not in catalogue.departments:
            catalogue.departments[code] = _outside_department(external, prefix, catalogue)


def _outside_department(row: ExternalRow, prefix: str, catalogue: Catalogue) -> dict[str, str]:
    known = catalogue.departments.get(row.department)
    return {
        "code": row.source,
        "name_zh": f"{prefix}级{known['name_zh'] if known else row.department + '部门'}",
        "name_en": f"{known['name_en']} ({row.level})" if known else "",
        "level": row.level,
        "uscc": "",
    }


def _aliases(sheets: Sheets, catalogue: Catalogue) -> None:
    for row in sheets.rows.get("aliases", ()):
        if not _required(sheets, row, "alias", "name"):
            continue
        names = catalogue.aliases.setdefault(comparable(row.values["alias"]), (row.values["alias"], []))[1]
        if row.values["name"] in names:
            sheets.fault(row, "name", "别名重复", "the alias stands twice for this name")
        names.append(row.values["name"])


def _types(sheets: Sheets, catalogue: Catalogue) -> None:
    for row in sheets.rows.get("licence_types", ()):
        values = row.values
        if not _required(sheets, row, "name"):
            continue
        _one_of(sheets, row, "sharing_class", SHARING)
        _one_of(sheets, row, "holder_kind", HOLDERS)
        months = values["validity_months"]
        if months and not (months.isascii() and months.isdigit() and 0 < int(months) <= 1200):
            english = "must be a whole number from 1 to 1200, or empty"
            sheets.fault(row, "validity_months", "应为1至1200的整数或空", english)
        if values["sharing_class"] == "not_shared" and not values["legal_basis_zh"]:
            english = "a type that is not shared must cite its legal basis (regulation, article 15)"
            sheets.fault(row, "legal_basis_zh", "不予共享须写明法律依据（条例第15条）", english)
        if values["sharing_class"] == "conditional" and not values["sharing_conditions_zh"]:
            english = "a conditional type must list its conditions (regulation, article 14)"
            sheets.fault(row, "sharing_conditions_zh", "有条件共享须列明条件（条例第14条）", english)
        _one_of(sheets, row, "conventional", ("yes", "no", ""))
        if values["conventional"] == "yes":
            catalogue.conventional.add(values["name"])
        key = comparable(values["name"])
        if key in catalogue.types:
            sheets.fault(row, "name", "名称重复", "the name stands twice")
        catalogue.types[key] = values


def _items(sheets: Sheets, catalogue: Catalogue) -> None:
    for row in sheets.rows.get("items", ()):
        values = row.values
        if not _required(sheets, row, "code", "name_zh", "department_code"):
            continue
        _one_of(sheets, row, "kind", KINDS)
        if values["department_code"] not in catalogue.departments:
            sheets.fault(row, "department_code", "没有此部门", "there is no such department in the sheet departments")
        elif not re.fullmatch(re.escape(values["department_code"]) + "[0-9]+", values["code"]):
            sheets.fault(row, "code", "事项编码应为部门字母加数字", "must be the department's letters and a number")
        if values["code"] in catalogue.items:
            sheets.fault(row, "code", "编码重复", "the code stands twice")
        item = ItemRow(
            values["code"], values["name_zh"], values["name_en"], values["department_code"], values["kind"],
            split_list(values["result_licences"]), parse_needs(values["prerequisite_licences"]), values["origin"],
            values["note"],
        )  # fmt: skip
        catalogue.items.setdefault(item.code, item)


def _check_needs(sheets: Sheets, catalogue: Catalogue) -> None:
    """Check what one row says of others, once all rows are read."""
    column = "prerequisite_licences"
    for row in sheets.rows.get("items", ()):
        item = catalogue.items.get(row.values["code"])
        for name in item.results if item else ():
            if comparable(name) in catalogue.aliases:
                sheets.fault(row, "result_licences", f"“{name}”是别名", f"“{name}” is an alias")
        for written, alternatives in item.needs if item else ():
            for alternative in alternatives:
                if not alternative.licence:
                    sheets.fault(row, column, f"“{written}”中有空名称", f"“{written}” holds no name")
                _check_situation(sheets, row, alternative, catalogue)


def _check_situation(sheets: Sheets, row: SheetRow, alternative: Alternative, catalogue: Catalogue) -> None:
    code, name, column = alternative.situation, alternative.licence, "prerequisite_licences"
    if not code:
        return
    if code not in catalogue.items:
        sheets.fault(row, column, f"没有事项 {code}", f"there is no item {code}")
    elif comparable(name) not in map(comparable, catalogue.items[code].results):
        sheets.fault(row, column, f"事项 {code} 不产生{name}", f"item {code} does not yield {name}")


def _check_names(sheets: Sheets, catalogue: Catalogue) -> None:
    produced = {comparable(name): item.code for item in catalogue.items.values() for name in item.results}
    named = produced.keys() | catalogue.types.keys() | catalogue.external.keys()
    for row in sheets.rows.get("external_licences", ()):
        if code := produced.get(comparable(row.values["name"])):
            sheets.fault(row, "name", f"事项 {code} 已产生此证照", f"item {code} yields this licence already")
    for row in sheets.rows.get("aliases", ()):
        # What an item yields under an alias is a fault of that item's row.
        if comparable(row.values["alias"]) in named - produced.keys():
            sheets.fault(row, "alias", "已有同名证照", "a licence has this name already")
        if row.values["name"] and comparable(row.values["name"]) not in named:
            sheets.fault(row, "name", "没有此证照", "there is no licence of this name")


def _successions(sheets: Sheets, catalogue: Catalogue) -> None:
    known: Mapping[str, Collection[str]] = {
        "department": catalogue.departments.keys(),
        "item": catalogue.items.keys(),
        "licence_type": {name for item in catalogue.items.values() for name in item.results} | _type_names(catalogue),
    }
    for row in sheets.rows.get("successions", ()):
        values = row.values
        if not _required(sheets, row, "kind", "old", "since"):
            continue
        _one_of(sheets, row, "kind", SUCCEEDED)
        if not _is_day(values["since"]):
            sheets.fault(row, "since", "应为日期，如 2018-07-20", "must be a day such as 2018-07-20")
        if values["new"] and values["new"] not in known.get(values["kind"], ()):
            sheets.fault(row, "new", f"没有“{values['new']}”", f"there is no “{values['new']}”")
        if values["old"] in known.get(values["kind"], ()):
            sheets.fault(row, "old", "已被取代的不应再列出", "must not stand in its own sheet any more")
        catalogue.successions.append(SuccessionRow(*(values[column] for column in COLUMNS["successions"])))


def _type_names(catalogue: Catalogue) -> set[str]:
    return {row["name"] for row in catalogue.types.values()} | {row.name for row in catalogue.external.values()}


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


_STEPS: tuple[Callable[[Sheets, Catalogue], None], ...] = (
    _departments,
    _external,
    _aliases,
    _types,
    _items,
    _check_needs,
    _check_names,
    _successions,
)
