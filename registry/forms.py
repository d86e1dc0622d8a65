"""The form of a licence type as plain values: its fields, numbers, term, holders, look. Pure."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import referencing
from jsonschema import Draft202012Validator, FormatChecker

from foundation.reasons import Both

DEFAULT_TEMPLATE = "成{department}〔{year}〕{serial}号"
FORMATS = ("date", "email")
"""The formats that are checked; a form may name no others, which nobody would check."""

HOLDER_KINDS: Final[Mapping[str, Both]] = {
    "001": Both("统一社会信用代码", "Unified social credit code"),
    "099": Both("其他组织证件", "Other organisation's number"),
    "111": Both("居民身份证", "Citizen identity card"),
    "114": Both("军官证", "Officer's card"),
    "115": Both("武警警官证", "Armed police officer's card"),
    "118": Both("士兵证", "Soldier's card"),
    "119": Both("武警士兵证", "Armed police soldier's card"),
    "120": Both("军队文职人员证", "Military civilian's card"),
    "122": Both("武警文职人员证", "Armed police civilian's card"),
    "411": Both("外交护照", "Diplomatic passport"),
    "412": Both("公务护照", "Service passport"),
    "413": Both("公务普通护照", "Passport for public affairs"),
    "414": Both("普通护照", "Ordinary passport"),
    "511": Both("台湾居民来往大陆通行证", "Taiwan resident's travel permit"),
    "516": Both("港澳居民来往内地通行证", "Hong Kong and Macao resident's travel permit"),
    "999": Both("其他自然人证件", "Other person's number"),
}
"""The code types by which GB/T 36903 names a holder's number."""

DEFAULT_STYLE: Final[Mapping[str, Any]] = {
    "layout": "certificate",
    "accent": "blue",
    "orientation": "portrait",
    "heading_zh": "",
    "heading_en": "",
    "note_zh": "",
    "note_en": "",
    "fields": [],
}


def _text(zh: str, en: str, longest: int) -> Mapping[str, Any]:
    return {"type": "string", "title": zh, "x-title-en": en, "maxLength": longest}


COMMON: Final[Mapping[str, Mapping[str, Any]]] = {
    "projectName": _text("项目名称", "Project", 300),
    "applicationNumber": _text("办件编号", "Application", 80),
    "basis": _text("依据", "Basis", 500),
    "remarks": _text("备注", "Remarks", 1000),
}
"""Fields that every licence may hold; a type may give them another title, and nothing else."""


@dataclass(frozen=True)
class Form:
    """What a licence of a type holds and how it is made, as one version of the type says it.

    `number` 0 is the base form, which every type without a version of its own has. `schema` is a JSON Schema (draft
    2020-12) of the type's own fields: `COMMON` is added to them, and a licence holds nothing else. It demands
    (`required`) only what is known whenever a licence of the type is issued; what a complete licence holds besides is
    named in `x-expected`, which stops no licence. `validity` is the term's rule: `{}` for no end, `{"months": 24}`, or
    `{"until_field": "validTo"}` for the day in a field of the content, with `months` beside it where that field may
    be empty. `holder_kinds` are keys of `HOLDER_KINDS` (nothing: any); `disclosable` the fields that may be shown one
    by one (nothing: all); `style` any of the keys of `DEFAULT_STYLE`.
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

    @cached_property
    def full_schema(self) -> dict[str, Any]:
        """The schema of a licence's content: the type's own fields in their order, then the common ones."""
        own: Mapping[str, Any] = self.schema.get("properties", {})
        common = {name: {**schema, **own.get(name, {})} for name, schema in COMMON.items()}
        return {
            **self.schema,
            "$schema": Draft202012Validator.META_SCHEMA["$id"],
            "type": "object",
            "properties": {**own, **common},
            "additionalProperties": False,
        }

    @cached_property
    def validator(self) -> Draft202012Validator:
        """The validator of a licence's content, made once; its registry is empty, so that it never fetches a schema."""
        checker = FormatChecker(FORMATS)
        return Draft202012Validator(self.full_schema, format_checker=checker, registry=referencing.Registry())


# --- Fields --------------------------------------------------------------------------------------------------------


def field_titles(form: Form) -> dict[str, Both]:
    """Return what each field of a licence's content is called, in the schema's order."""
    fields: Mapping[str, Mapping[str, Any]] = form.full_schema["properties"]
    return {
        name: Both(of.get("title", name), of.get("x-title-en") or of.get("title", name)) for name, of in fields.items()
    }


def unfilled(form: Form, content: Mapping[str, Any]) -> list[str]:
    """Return the fields that a complete licence of the type holds (`required` and `x-expected`) and `content` lacks."""
    wanted = dict.fromkeys([*form.schema.get("required", ()), *form.schema.get("x-expected", ())])
    return [name for name in wanted if content.get(name) in (None, "", [], {})]


def is_disclosable(form: Form, name: str) -> bool:
    """Say whether the field may be shown by itself, without the others."""
    return not form.disclosable or name in form.disclosable


# --- Numbers -------------------------------------------------------------------------------------------------------

PLACE = re.compile(r"\{(department|year|serial)(?::0([1-9]))?\}")
"""A place in a number template; `{serial:04}` has at least four digits."""


def number_of(form: Form, *, department: str, year: int, serial: int) -> str:
    """Return the number by the form's template; nothing but the three places is ever filled in."""
    values = {"department": department, "year": str(year), "serial": str(serial)}
    return PLACE.sub(lambda place: values[place[1]].zfill(int(place[2] or 0)), form.number_template)


# --- Terms ---------------------------------------------------------------------------------------------------------


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the last day of a term of `months` that begins on `day` (民法典 art. 202)."""
    year, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + year, month + 1, 1)
    last_of_month = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    # Without a corresponding day the month's last day is the last day of the term.
    return last_of_month if day.day > last_of_month.day else first + dt.timedelta(days=day.day - 2)


def term_of(form: Form, *, start: dt.date, content: Mapping[str, Any]) -> dt.date | None:
    """Return the last valid day of a licence that begins on `start`, or nothing where it has no end.

    `content` has passed `check_content`: a date in it is a date.
    """
    until = content.get(form.validity.get("until_field", ""))
    if until:
        return dt.date.fromisoformat(until)
    months = form.validity.get("months")
    return add_months(start, months) if months else None


def term_words(form: Form) -> Both:
    """Say the term's rule in words."""
    months, name = form.validity.get("months"), form.validity.get("until_field")
    term = Both(f"{months}个月", f"{months} months") if months else Both("无固定期限", "no end")
    if not name:
        return term
    title = field_titles(form).get(name, Both(name, name))
    return Both(f"至“{title.zh}”所载日期；未载明时{term.zh}", f"until the day in “{title.en}”; without one, {term.en}")
