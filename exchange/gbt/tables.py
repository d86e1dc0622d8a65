"""The tables of the adapter: how a vendor's calls and answers are laid out, what its codes are. Pure but for reading.

A city may lay a table of its own beside those shipped; `read_style` refuses one that lacks a row.
"""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from licences.outcomes import Outcome

REQUEST = (
    "account", "password", "token", "purpose", "item", "item_name", "case", "operator_account", "operator_name",
    "operator_organisation", "operator_role", "holder_code", "licence_type", "identifier", "number", "file", "code",
    "copy_until", "page", "page_size",
)  # fmt: skip
ANSWER = (
    "code", "message", "record", "token", "seconds", "result", "explanation", "rows", "count", "licence", "identifier",
    "address", "address_until", "copy_until", "state", "state_name", "successor",
)  # fmt: skip
CALLS = (
    "success", "no_permission", "timeout", "no_record", "bad_parameter", "cancelled", "signature_wrong", "over_limit",
    "failure",
)  # fmt: skip
FILE = ("passed", "seal", "file")
SHIPPED = ("head_data", "ack_code")
_KINDS_BY_STATUS: Mapping[int, str] = {
    400: "bad_parameter",
    401: "no_permission",
    403: "no_permission",
    404: "no_record",
    405: "bad_parameter",
    406: "bad_parameter",
    413: "bad_parameter",
    415: "bad_parameter",
    429: "over_limit",
    503: "timeout",
}
_KINDS_BY_REASON: Mapping[str, str] = {
    "page_not_found": "bad_parameter",
    "licence_not_valid": "cancelled",
    "document_not_given": "cancelled",
    "row_altered": "signature_wrong",
    "credential_not_given": "signature_wrong",
}


@dataclass(frozen=True, slots=True)
class Style:
    """One vendor's layout: dotted paths of what a call and an answer hold, and its codes."""

    fields: str
    request: Mapping[str, str]
    answer: Mapping[str, str]
    calls: Mapping[str, str]
    verified: Mapping[str, str]
    file: Mapping[str, str]

    def call_code(self, *, status: int, reason: str) -> str:
        """Return the vendor's code for a refusal with this HTTP status and reason."""
        return self.calls[_KINDS_BY_REASON.get(reason) or _KINDS_BY_STATUS.get(status, "failure")]

    def verify_code(self, outcome: Outcome) -> str:
        """Return the vendor's code for an outcome."""
        return self.verified[outcome.label]


@lru_cache(maxsize=8)
def read_style(name: str) -> Style:
    """Return a style by its name, or one's own table by its path; `ValueError` says which rows it lacks."""
    try:
        table: dict[str, Any] = tomllib.loads(_shipped(name) if name in SHIPPED else _own(name))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the table {name} is no TOML: {error}") from error
    parts = {"request": REQUEST, "answer": ANSWER, "calls": CALLS, "verified": _outcomes(), "file": FILE}
    missing = [f"{part}.{row}" for part, rows in parts.items() for row in rows if row not in table.get(part, {})]
    if table.get("fields") not in ("short", "english"):
        missing.append("fields")
    if missing:
        raise ValueError(f"the table {name} lacks {', '.join(missing)}")
    return Style(str(table["fields"]), *(table[part] for part in parts))


def _shipped(name: str) -> str:
    return files("exchange.gbt").joinpath(f"styles/{name}.toml").read_text("utf-8")


def _own(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name} is neither one of {', '.join(SHIPPED)} nor a file that can be read") from error


def _outcomes() -> tuple[str, ...]:
    return tuple(outcome.label for outcome in Outcome)


@lru_cache(maxsize=1)
def metadata() -> Mapping[str, str]:
    """Return the short name of GB/T 36903 of each claim that has one."""
    text = files("exchange.gbt").joinpath("metadata.csv").read_text("utf-8")
    return {row["claim"]: row["short"] for row in csv.DictReader(text.splitlines())}


def take(body: Any, path: str) -> Any:
    """Return what stands at a dotted path of a JSON body; None where nothing does."""
    for part in path.split("."):
        body = body.get(part) if isinstance(body, Mapping) else None
    return body


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a dotted path."""
    *groups, last = path.split(".")
    for part in groups:
        body = body.setdefault(part, {})
    body[last] = value
