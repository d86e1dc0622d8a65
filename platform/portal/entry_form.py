"""The page's form for a licence in the making, drawn from the form of its type; nothing that was entered is lost."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from foundation.reasons import Both, Grounds, because
from licences.backlog import HolderNamed
from licences.entering import Entered
from registry.contents import content_of_texts
from registry.forms import HOLDER_KINDS, Form, field_titles

if TYPE_CHECKING:
    from licences.models import Holder

MOST_HOLDERS = 20
_LONG = 200
_YES_OR_NO = (("true", Both("是", "yes")), ("false", Both("否", "no")))
_DAYS = ("valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class Input:
    """One field of the form: `kind` is text, long, date, number, choice or list."""

    name: str
    title: Both
    kind: str
    value: str
    needed: bool
    longest: int | None = None
    choices: Sequence[tuple[str, Both]] = ()
    hint: Both | None = None
    fault: Grounds | None = None

    @property
    def key(self) -> str:
        """The name under which the form sends it; one of the type's own never meets one of the page's."""
        return f"field-{self.name}"


@dataclass(slots=True)
class EntryForm:
    """What the page shows: texts as they were entered, and the faults by where they stand."""

    form: Form
    texts: dict[str, str]
    named: list[HolderNamed]
    known: "Sequence[Holder]" = ()
    kept: "Sequence[Holder]" = ()
    faults: Mapping[str, Grounds] = field(default_factory=dict)
    number: str = ""
    valid_from: str = ""
    valid_until: str = ""
    extra: int = 0

    @property
    def inputs(self) -> list[Input]:
        """The type's own fields, in the order of its form."""
        schemas = self.form.full_schema["properties"]
        required = self.form.schema.get("required", ())
        return [
            _input(
                name,
                title,
                schemas[name],
                value=self.texts.get(name, ""),
                needed=name in required,
                fault=self._fault(name),
            )
            for name, title in field_titles(self.form).items()
        ]

    def _fault(self, name: str) -> Grounds | None:
        inside = (why for place, why in self.faults.items() if place == name or place.startswith(f"{name}."))
        return next(inside, None)

    @property
    def rows(self) -> list[tuple[int, HolderNamed, Mapping[str, Grounds]]]:
        """The holders named anew, each with its faults by part, and the empty rows for more of them."""
        empty = self.extra or int(not self.named and not self.known)
        named = [*self.named, *[HolderNamed("", "", "")] * empty][:MOST_HOLDERS]
        return [(index, holder, self._faults_of(index)) for index, holder in enumerate(named)]

    def _faults_of(self, index: int) -> Mapping[str, Grounds]:
        prefix = f"holders.{index}."
        return {place.removeprefix(prefix): why for place, why in self.faults.items() if place.startswith(prefix)}

    @property
    def kinds(self) -> list[tuple[str, Both]]:
        """The kinds of numbers that holders of the type may have."""
        return [(code, HOLDER_KINDS[code]) for code in self.form.holder_kinds or HOLDER_KINDS]

    @property
    def may_add(self) -> bool:
        """Whether there is room for another holder."""
        return len(self.rows) + len(self.kept) < MOST_HOLDERS

    def elsewhere(self) -> list[Grounds]:
        """The faults that belong to no field of the page."""
        places = {"holders", "number", *_DAYS, *self.form.full_schema["properties"]}
        return [why for place, why in self.faults.items() if place.split(".")[0] not in places]


def _input(name: str, title: Both, schema: Mapping[str, Any], **shown: Any) -> Input:
    hint = schema.get("description")
    return Input(
        name,
        title,
        _kind(schema),
        longest=schema.get("maxLength"),
        choices=_choices(schema),
        hint=Both(hint, schema.get("x-description-en") or hint) if hint else None,
        **shown,
    )


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema or schema.get("type") == "boolean":
        return "choice"
    if schema.get("format") == "date":
        return "date"
    kind = _KINDS.get(str(schema.get("type")), "text")
    return "long" if kind == "text" and schema.get("maxLength", 0) > _LONG else kind


_KINDS = {"number": "number", "integer": "number", "array": "list", "object": "list"}


def _choices(schema: Mapping[str, Any]) -> Sequence[tuple[str, Both]]:
    if "enum" in schema:
        return [(str(one), Both(str(one), str(one))) for one in schema["enum"]]
    return _YES_OR_NO if schema.get("type") == "boolean" else ()


# --- Reading what was sent -----------------------------------------------------------------------------------------


def read(form: Form, given: QueryDict, known: "Sequence[Holder]" = ()) -> EntryForm:
    """Return what was sent; `known` are holders who may be kept."""
    texts = {name: given.get(f"field-{name}", "") for name in form.full_schema["properties"]}
    kept = set(given.getlist("keep"))
    return EntryForm(
        form,
        texts,
        _named(given),
        known,
        [holder for holder in known if str(holder.pk) in kept],
        number=given.get("number", "").strip(),
        valid_from=given.get("valid_from", "").strip(),
        valid_until=given.get("valid_until", "").strip(),
    )


def _named(given: QueryDict) -> list[HolderNamed]:
    rows = [
        HolderNamed(*(given.get(f"holder-{index}-{part}", "").strip() for part in ("name", "code_type", "number")))
        for index in range(MOST_HOLDERS)
    ]
    return [row for row in rows if row.name or row.number]


def begun(
    form: Form,
    content: Mapping[str, Any],
    holders: "Sequence[Holder]" = (),
    *,
    number: str = "",
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
) -> EntryForm:
    """Return the form filled with what a draft or the version before says."""
    texts = {name: _text(value) for name, value in content.items() if name in form.full_schema["properties"]}
    first, last = (day.isoformat() if day else "" for day in (valid_from, valid_until))
    return EntryForm(form, texts, [], holders, holders, number=number, valid_from=first, valid_until=last)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def entered(page: EntryForm) -> tuple[Entered, dict[str, Grounds]]:
    """Return what the page means, and the faults of days that are none."""
    faults: dict[str, Grounds] = {}
    days = {name: _day(getattr(page, name), name, faults) for name in _DAYS}
    content = content_of_texts(page.form, page.texts)
    return Entered(page.named, page.kept, content, page.number, **days), faults


def _day(text: str, name: str, faults: dict[str, Grounds]) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        faults[name] = because("date_invalid", value=text[:20])
        return None
