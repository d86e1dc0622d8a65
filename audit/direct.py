"""Writing entries with one statement of their own, for a path that goes past Django: the same rows as `recording`'s."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from audit.recording import Act, entry_of
from foundation.context import RequestContext

_COLUMNS: Sequence[tuple[str, str]] = (
    ("id", "uuid"), ("at", "timestamptz"), ("action", "text"), ("actor_person", "uuid"), ("actor_client", "uuid"),
    ("actor_department", "text"), ("actor_role", "text"), ("subject_kind", "text"), ("subject", "text"),
    ("licence_type", "text"), ("item", "text"), ("purpose", "text"), ("case", "text"), ("outcome", "text"),
    ("reason", "text"), ("fields", "jsonb"), ("request_id", "text"), ("leaf", "bytea"),
)  # fmt: skip
_NAMES = ", ".join(f'"{name}"' for name, _ in _COLUMNS)
_GIVEN = ", ".join(f"${n}::{kind}" for n, (_, kind) in enumerate(_COLUMNS, 1))
_LAST = len(_COLUMNS) + 1

INSERT = (
    f"WITH entry AS (INSERT INTO audit_entry ({_NAMES}) VALUES ({_GIVEN})), personal AS "  # noqa: S608 - our own names
    f"(INSERT INTO audit_personal (entry, values_sealed) VALUES ($1, ${_LAST}::bytea)) "
    "INSERT INTO audit_pending (entry) VALUES ($1)"
)
"""One entry with its personal values and its place in the queue, in one statement and so in one transaction."""


def values_of(act: Act, request: RequestContext) -> tuple[UUID, list[bytes | None], list[int]]:
    """Return the entry's id, the values for `INSERT` and their formats (1: binary), as libpq takes them.

    The act has personal values; a look always has, the number that was typed at least.
    """
    row, personal = entry_of(act, request)
    assert personal is not None
    values = [_text(row[name]) for name, _ in _COLUMNS[:-1]]
    return row["id"], [*values, row["leaf"], personal["values_sealed"]], _FORMATS


_FORMATS = [0] * (_LAST - 2) + [1, 1]


def _text(value: Any) -> bytes | None:
    if value.__class__ is str:
        return value.encode()
    if value is None:
        return None
    return orjson.dumps(value) if isinstance(value, list) else str(value).encode()
