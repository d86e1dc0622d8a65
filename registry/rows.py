"""A catalogue as plain rows, as a city writes it down. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LEVELS = ("national", "provincial", "city", "county")
KINDS = ("new", "change", "renewal", "review", "reissue", "transfer", "annual_check", "cancel")
SHARING = ("unconditional", "conditional", "not_shared")
HOLDERS = ("person", "organisation", "any")
SUCCEEDED = ("department", "item", "licence_type")
LEVEL_PREFIX: Mapping[str, str] = {"national": "国家", "provincial": "省", "county": "县"}

COLUMNS: Mapping[str, tuple[str, ...]] = {
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
    "successions": ("kind", "old", "new", "since", "basis"),
}  # fmt: skip
"""The sheets of a catalogue with the columns that each must have."""

OPTIONAL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "departments": ("origin",),
    "external_licences": ("origin", "address", "found_on", "finder"),
    "aliases": ("origin",),
    "licence_types": ("conventional", "data_items", "data_format", "update_frequency", "provision", "grade"),
}
"""Columns that may be missing: where a row comes from, how a source was found, which types are conventional (`yes`;
营业执照 where none is named), and the fields of article 13."""

LONGEST: Mapping[str, int] = {
    "code": 40, "department_code": 40, "level": 20, "kind": 20, "origin": 120, "name": 200, "alias": 200,
    "name_zh": 200, "name_en": 300, "address": 500, "finder": 150,
}  # fmt: skip
"""How many characters a column's cell may hold; 2,000 where none is named."""

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
    origin: str = ""
    address: str = ""
    found_on: str = ""
    finder: str = ""


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    """A reform: `old` (a department's or item's code, a licence type's name) was succeeded by `new`, or ended."""

    kind: str
    old: str
    new: str
    since: str
    basis: str


@dataclass(slots=True)
class Catalogue:
    """All rows, by their keys; names of licences are compared by `registry.names.comparable`."""

    departments: dict[str, dict[str, str]] = field(default_factory=dict)
    items: dict[str, ItemRow] = field(default_factory=dict)
    external: dict[str, ExternalRow] = field(default_factory=dict)
    aliases: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    successions: list[SuccessionRow] = field(default_factory=list)
    conventional: set[str] = field(default_factory=set)


def split_list(text: str) -> tuple[str, ...]:
    """Split a list by `;`, whichever width."""
    return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip())


def parse_needs(text: str) -> tuple[tuple[str, tuple[Alternative, ...]], ...]:
    """Parse a list of prerequisites: `|` splits alternatives, `@` names the item that one must come from."""
    groups = []
    for written in split_list(text):
        parts = (part.strip().partition("@") for part in written.split("|"))
        groups.append((written, tuple(Alternative(name.strip(), item.strip()) for name, _, item in parts)))
    return tuple(groups)
