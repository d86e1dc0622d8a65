"""What differs between two states of the catalogue, row by row and cell by cell. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from foundation.reasons import Both
from registry.rows import COLUMNS
from registry.writing import SheetRows

SHEETS: Mapping[str, Both] = {
    "departments": Both("部门", "Departments"),
    "items": Both("审批事项", "Items"),
    "external_licences": Both("其他层级证照", "Licences from other levels"),
    "aliases": Both("别名", "Aliases"),
    "licence_types": Both("证照类型", "Licence types"),
    "successions": Both("机构改革沿革", "Reforms"),
}
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row, before and after."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that was added, changed or taken away, with the cells that differ."""

    sheet: str
    key: str
    kind: Literal["added", "changed", "retired"]
    cells: tuple[Cell, ...]

    @property
    def sheet_name(self) -> Both:
        """What the row's sheet is called."""
        return SHEETS.get(self.sheet, Both(self.sheet, self.sheet))


def row_change(sheet: str, key: str, before: Row | None, after: Row | None) -> RowChange:
    """Return how one row changed."""
    kind: Literal["added", "changed", "retired"] = "retired" if after is None else "changed" if before else "added"
    old, new = before or {}, after or {}
    cells = (Cell(column, old.get(column, ""), new.get(column, "")) for column in {**old, **new})
    return RowChange(sheet, key, kind, tuple(cell for cell in cells if cell.before != cell.after))


def compare(before: SheetRows, after: SheetRows) -> list[RowChange]:
    """Return every row that differs, in the order of the sheets."""
    return [
        row_change(sheet, key, old.get(key), new.get(key))
        for sheet in COLUMNS
        for old, new in ((before.get(sheet, {}), after.get(sheet, {})),)
        for key in _differing(old, new)
    ]


def _differing(old: Mapping[str, Row], new: Mapping[str, Row]) -> Iterable[str]:
    return (key for key in {**new, **old} if old.get(key) != new.get(key))
