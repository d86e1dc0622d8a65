"""What can go wrong in the registry."""

from collections.abc import Mapping
from dataclasses import dataclass

from foundation.reasons import Both, Grounds, Refused, because


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault of a catalogue: where it is, what it is and how to mend it. `row` counts the heading as 1."""

    file: str
    row: int
    column: str
    what: Both

    def __str__(self) -> str:
        return f"{self.file}:{self.row} {self.column}: {self.what.en} / {self.what.zh}"


class CatalogueError(Exception):
    """A catalogue that was not imported, with every fault of every row."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


class FormInvalid(Refused):
    """A form of a licence type with faults, all of them by field."""

    def __init__(self, fields: Mapping[str, Grounds]) -> None:
        super().__init__(because("form_invalid"), fields=fields)


class FormNotPermitted(Refused):
    """The actor may not define the forms of this type."""

    def __init__(self, licence_type: Both, owner: Both) -> None:
        super().__init__(because("form_not_permitted", type=licence_type, owner=owner))


class ClientRefused(Refused):
    """What was to be done with a department's system cannot be, for a reason of the list; `field` names bad input."""

    def __init__(self, code: str, *, field: str = "", **values: str) -> None:
        grounds = because(code, **values)
        super().__init__(grounds, fields={field: grounds} if field else None)
