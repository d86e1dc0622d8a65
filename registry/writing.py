"""A catalogue as the rows of its sheets again, to be exported or kept as a version. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from registry.rows import COLUMNS, Catalogue, ItemRow
from registry.sheets import columns_of

SheetRows = dict[str, dict[str, dict[str, str]]]


def sheets_of(catalogue: Catalogue) -> SheetRows:
    """Return each sheet's rows by their keys (a code, a name, an alias with its name), ready to be written."""
    external = (asdict(row) for row in catalogue.external.values())
    aliases = ({"alias": alias, "name": name} for alias, names in catalogue.aliases.values() for name in names)
    return {
        "departments": _keyed("departments", catalogue.departments.values(), "code"),
        "items": _keyed("items", map(_item, catalogue.items.values()), "code"),
        "external_licences": _keyed("external_licences", external, "name"),
        "aliases": _keyed("aliases", aliases, "alias", "name"),
        "licence_types": _keyed("licence_types", catalogue.types.values(), "name"),
        "successions": _keyed("successions", map(asdict, catalogue.successions), "kind", "old", "new"),
    }


def _keyed(sheet: str, rows: Iterable[Mapping[str, str]], *key: str) -> dict[str, dict[str, str]]:
    return {
        "|".join(row[part] for part in key): {column: row.get(column, "") for column in columns_of(sheet)}
        for row in rows
    }


def _item(item: ItemRow) -> dict[str, str]:
    values = (
        item.code, item.name_zh, item.name_en, item.department, item.kind, ";".join(item.results),
        ";".join(written for written, _ in item.needs), item.origin, item.note,
    )  # fmt: skip
    return dict(zip(COLUMNS["items"], values, strict=True))
