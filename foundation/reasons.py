"""The only list of reason codes: stable, in both languages, with the HTTP status of a refusal that carries them.

The API's documentation is generated from `REASONS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from foundation.reason_texts import TABLE

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: `status` is 200 where it explains an outcome, else the status of the refusal."""

    code: str
    status: int
    zh: str
    en: str

    def text(self, language: Language, values: Mapping[str, str] | None = None) -> str:
        """Return the explanation in `language`, with `values` filled in (a value may be a `Both`)."""
        template = self.zh if language == "zh" else self.en
        return template if "{" not in template else template.format_map(_Values(values or {}))


class _Values(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Grounds:
    """A reason with the values of its text, in each language: what a decision or an outcome rests on."""

    reason: Reason
    values_zh: Mapping[str, str] = field(default_factory=dict)
    values_en: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The reason's code."""
        return self.reason.code

    @property
    def zh(self) -> str:
        """The explanation in Chinese."""
        return self.reason.text("zh", self.values_zh)

    @property
    def en(self) -> str:
        """The explanation in English."""
        return self.reason.text("en", self.values_en)


class Refused(Exception):
    """An act refused for a reason; `fields` names what to mend in bad input, `entry` the refusal's record entry."""

    def __init__(self, grounds: Grounds, *, fields: Mapping[str, Grounds] | None = None, entry: str = "") -> None:
        super().__init__(grounds.en)
        self.grounds = grounds
        self.fields = dict(fields or {})
        self.entry = entry


def because(code: str, **values: "str | Both") -> Grounds:
    """Return the grounds for `code`; a value is a text, or a `Both` where the languages differ."""
    reason = REASONS[code]
    return Grounds(
        reason,
        {k: v.zh if isinstance(v, Both) else v for k, v in values.items()},
        {k: v.en if isinstance(v, Both) else v for k, v in values.items()},
    )


@dataclass(frozen=True, slots=True)
class Both:
    """A name in both languages; where there is no English one the Chinese stands for it."""

    zh: str
    en: str


REASONS: Mapping[str, Reason] = {code: Reason(code, status, zh, en) for code, status, zh, en in TABLE}
