"""Writing entries with one statement, past Django's models: the same rows as `audit.recording` writes."""

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
_ARRAYS = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate((*_COLUMNS, ("sealed", "bytea")), 1))
_SEALED = len(_COLUMNS) + 1

INSERT = (
    f"WITH entry AS (INSERT INTO audit_entry ({_NAMES}) VALUES ({_GIVEN})), personal AS "  # noqa: S608 - our own names
    f"(INSERT INTO audit_personal (entry, values_sealed) VALUES ($1, ${_SEALED}::bytea)) "
    "INSERT INTO audit_pending (entry) VALUES ($1)"
)
"""One entry with its personal values and its place in the queue, in one statement and so in one transaction."""
INSERT_MANY = (
    f"WITH given AS (SELECT * FROM unnest({_ARRAYS}) AS g({_NAMES}, sealed)), "  # noqa: S608 - our own names
    f"entry AS (INSERT INTO audit_entry ({_NAMES}) SELECT {_NAMES} FROM given), "
    "personal AS (INSERT INTO audit_personal (entry, values_sealed) SELECT id, sealed FROM given) "
    "INSERT INTO audit_pending (entry) SELECT id FROM given"
)
"""The same for many entries, in the order of their arrays."""
FORMATS = [0] * (_SEALED - 2) + [1, 1]
"""How the values of `INSERT` are given: as texts, the last two as bytes."""


def values_of(act: Act, request: RequestContext) -> tuple[UUID, list[bytes | None]]:
    """Return the entry's id, and the values of `INSERT`.

    The act has personal values; a look always has, the number that was typed at least.
    """
    row, sealed = _made(act, request)
    values = [_text(row[name]) for name, _ in _COLUMNS[:-1]]
    return row["id"], [*values, row["leaf"], sealed]


def values_of_all(acts: Sequence[Act], request: RequestContext) -> tuple[list[UUID], list[bytes]]:
    """Return the entries' ids, and the values of `INSERT_MANY`: arrays as PostgreSQL writes them."""
    made = [_made(act, request) for act in acts]
    columns = [_array([_text(row[name]) for row, _ in made]) for name, _ in _COLUMNS[:-1]]
    leaves, sealed = _array_of_bytes([row["leaf"] for row, _ in made]), _array_of_bytes([s for _, s in made])
    return [row["id"] for row, _ in made], [*columns, leaves, sealed]


def _made(act: Act, request: RequestContext) -> tuple[dict[str, Any], bytes]:
    row, personal = entry_of(act, request)
    if personal is None:
        raise ValueError("an act without personal values")
    return dict(row), personal["values_sealed"]


def _text(value: Any) -> bytes | None:
    if value.__class__ is str:
        return bytes(value.encode())
    if value is None:
        return None
    return orjson.dumps(value) if isinstance(value, list) else str(value).encode()


def _array(values: Sequence[bytes | None]) -> bytes:
    if len(set(values)) == 1:
        # What a call's entries have in common is written once.
        one = b"NULL" if values[0] is None else quoted(values[0])
        return b"{" + b",".join([one] * len(values)) + b"}"
    return b"{" + b",".join([b"NULL" if value is None else quoted(value) for value in values]) + b"}"


def quoted(value: bytes) -> bytes:
    """Return a text as an element of a PostgreSQL array."""
    if b"\\" in value or b'"' in value:
        value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + value + b'"'


def _array_of_bytes(values: Sequence[bytes]) -> bytes:
    return b"{" + b",".join([b'"\\\\x' + value.hex().encode() + b'"' for value in values]) + b"}"
