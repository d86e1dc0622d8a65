"""The answers of the API as types: what each holds is described in its OpenAPI document."""

from typing import Any, NotRequired, TypedDict


class Both(TypedDict):
    """A text in both languages."""

    zh: str
    en: str


class Named(TypedDict):
    """A department or a licence type."""

    code: str
    name: Both


class Operator(TypedDict):
    """The person behind a call."""

    account: str
    name: str


class LicenceTold(TypedDict):
    """What a verification tells of a licence; identifier and masked holder only where a case is named."""

    number: str
    type: Named
    issuer: Named
    issued_at: str
    valid_from: str
    valid_until: str | None
    identifier: NotRequired[str]
    holder: NotRequired[str]


class Finding(TypedDict):
    """The outcome of a verification; `record` names its entry."""

    outcome: str
    code: int
    signature: str
    reason: str
    explanation: Both
    successor: dict[str, str] | None
    checked_at: str
    record: str


class Verification(Finding):
    """The answer to a number."""

    licence: LicenceTold | None


class Field(TypedDict):
    """One permitted field."""

    field: str
    name: Both
    value: str


class Disclosure(Finding):
    """The permitted fields of a licence; `ground` says what gives the right to see them."""

    ground: Both
    fields: list[Field]


class Batch(TypedDict):
    """How far a batch is."""

    id: str
    state: str
    rows: int
    issued: int
    failed: int
    waiting: int


Row = dict[str, Any]
"""A row of a list, as the OpenAPI document describes it."""
