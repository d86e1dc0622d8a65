"""The form of a licence type as plain values: its fields, numbers, term, holders, look. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_TEMPLATE = "成{department}〔{year}〕{serial}号"


@dataclass(frozen=True, slots=True)
class Form:
    """What a licence of a type holds and how it is made, as one version of the type says it.

    `number` 0 is the base form, which every type without a version of its own has. `schema` is a JSON Schema of the
    type's own fields; `validity` the term's rule (`{"months": 24}`, or nothing for no end); `holder_kinds` GB/T 36903
    code types (nothing: any); `disclosable` the fields that may be shown one by one (nothing: all).
    """

    number: int = 0
    schema: Mapping[str, Any] = field(default_factory=dict)
    number_template: str = DEFAULT_TEMPLATE
    validity: Mapping[str, Any] = field(default_factory=dict)
    holder_kinds: tuple[str, ...] = ()
    disclosable: tuple[str, ...] = ()
    vct: str = ""
    style: Mapping[str, Any] = field(default_factory=dict)
    two_persons: bool = False
