"""Every fault of a licence type's form, by field, and how to mend it: departments write these forms. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, SchemaError

from foundation.reasons import Both, Grounds, because
from registry.forms import COMMON, FORMATS, HOLDER_KINDS, PLACE, Form

MOST_FIELDS, LONGEST_SCHEMA, DEEPEST = 60, 30_000, 8
LONGEST_TEMPLATE, LONGEST_PATTERN, LONGEST_VCT, LONGEST_TITLE, MOST_MONTHS = 60, 200, 300, 100, 1200
_FIELD = re.compile(r"[a-z][A-Za-z0-9]{0,39}")
_RESERVED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "vct", "status"})
"""Claims that the credential itself has (RFC 7519; SD-JWT VC)."""
_TOP = frozenset(
    {"$schema", "title", "description", "type", "properties", "required", "additionalProperties", "dependentRequired"}
)
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor"})
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:[!-~]+", re.IGNORECASE)
_REPEATED_GROUP = re.compile(r"(?<!\\)\)(?:[*+]|\{)")

Fault = tuple[str, Both]


def check_form(form: Form) -> dict[str, Grounds]:
    """Return the faults of a form by its fields (`schema.area` for one of the schema's); nothing where it is good."""
    faults: dict[str, Grounds] = {}
    for check in (_schema, _template, _validity, _holders, _disclosable, _vct, _style):
        for name, why in check(form):
            faults.setdefault(name, because("field_invalid", why=why))
    return faults


# --- The schema ----------------------------------------------------------------------------------------------------


def _schema(form: Form) -> Iterator[Fault]:
    if not form.schema:
        return
    unreadable = _unreadable(form.schema)
    if unreadable:
        yield "schema", unreadable
        return
    yield from _top(form.schema)
    for name, schema in form.schema.get("properties", {}).items():
        why = _misnamed(name) or _misdefined(name, schema)
        if why:
            yield f"schema.{name[:40]}", why
    yield from _names(form)


def _unreadable(schema: Any) -> Both | None:
    """Say why a schema cannot even be looked into."""
    if not isinstance(schema, Mapping):
        return Both("应为 JSON 对象", "must be a JSON object")
    if not _shallow(schema, DEEPEST):
        return Both(f"嵌套不得超过 {DEEPEST} 层", f"must not be nested deeper than {DEEPEST} levels")
    if len(json.dumps(schema, ensure_ascii=False)) > LONGEST_SCHEMA:
        return Both(f"不得超过 {LONGEST_SCHEMA} 个字符", f"must not be longer than {LONGEST_SCHEMA} characters")
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        place = "/".join(str(step) for step in error.absolute_path) or "/"
        return Both(f"在 {place} 处不是有效的 JSON Schema", f"is no valid JSON Schema at {place}")
    return None


def _shallow(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return levels > 0 and all(_shallow(part, levels - 1) for part in inner)


def _top(schema: Mapping[str, Any]) -> Iterator[Fault]:
    unknown = [key for key in schema if key not in _TOP and not key.startswith("x-")]
    if unknown:
        names = "、".join(unknown)
        yield "schema", Both(f"顶层不得使用 {names}", f"must not have {', '.join(unknown)} at its top")
    if schema.get("type") != "object":
        yield "schema", Both('顶层应有 "type": "object"', 'must have "type": "object" at its top')
    if schema.get("additionalProperties", False) is not False:
        yield "schema", Both("不得允许未定义的字段", "must not allow fields that it does not define")
    if len(schema.get("properties", {})) > MOST_FIELDS:
        yield "schema", Both(f"字段不得超过 {MOST_FIELDS} 个", f"must not have more than {MOST_FIELDS} fields")


def _misnamed(name: str) -> Both | None:
    if not _FIELD.fullmatch(name):
        return Both(
            "字段名应为小写字母开头的字母数字，至多40个", "must be named in camelCase, at most 40 letters and digits"
        )
    if name.startswith("certificate") or name in _RESERVED:
        return Both("此字段名由标准保留，请换一个", "has a name that the standards reserve: choose another")
    return None


def _misdefined(name: str, schema: Any) -> Both | None:
    if not isinstance(schema, Mapping):
        return Both("应为对象", "must be defined by an object")
    titles = (schema.get("title"), schema.get("x-title-en"))
    if not all(isinstance(title, str) and 0 < len(title.strip()) <= LONGEST_TITLE for title in titles):
        return Both("应有中文 title 与英文 x-title-en", "needs a Chinese title and an English x-title-en")
    if name in COMMON and not schema.keys() <= {"type", "title", "x-title-en"}:
        return Both("是通用字段，只能更改名称", "is common to all types: only its titles may differ")
    if name in COMMON and schema.get("type", "string") != "string":
        return Both("是通用字段，应为文字", "is common to all types and must stay a text")
    return next(_inside(schema), None)


def _inside(schema: Any) -> Iterator[Both]:
    """Find what the definition of a field must not hold, at any depth."""
    if isinstance(schema, list):
        for part in schema:
            yield from _inside(part)
    if not isinstance(schema, Mapping):
        return
    if _REFERENCES & schema.keys():
        yield Both("应完整写出，不得引用", "must be written out: references are not followed")
    if isinstance(schema.get("format", "date"), str) and schema.get("format", "date") not in FORMATS:
        yield Both(f"format 只能是 {'、'.join(FORMATS)}", f"may have only these formats: {', '.join(FORMATS)}")
    if isinstance(schema.get("pattern", ""), str) and not _is_quick(schema.get("pattern", "")):
        yield Both(
            f"pattern 应为有效的正则，至多 {LONGEST_PATTERN} 字，不得重复括号组",
            f"needs a valid pattern of at most {LONGEST_PATTERN} characters that repeats no group",
        )
    for part in schema.values():
        yield from _inside(part)


def _is_quick(pattern: str) -> bool:
    """Say whether a pattern is valid and cannot take time without measure on a text that does not match."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return len(pattern) <= LONGEST_PATTERN and not _REPEATED_GROUP.search(pattern)


def _fields(form: Form) -> set[str]:
    own = form.schema.get("properties", {}) if isinstance(form.schema, Mapping) else {}
    return {*own, *COMMON} if isinstance(own, Mapping) else set(COMMON)


def _names(form: Form) -> Iterator[Fault]:
    known = _fields(form)
    expected = form.schema.get("x-expected", [])
    if not isinstance(expected, list) or not all(isinstance(name, str) for name in expected):
        yield "schema", Both("x-expected 应为字段名列表", "must have a list of field names as x-expected")
        expected = []
    dependent = form.schema.get("dependentRequired", {})
    named = [
        *form.schema.get("required", []),
        *expected,
        *dependent,
        *(n for names in dependent.values() for n in names),
    ]
    for name in dict.fromkeys(named):
        if name not in known:
            yield f"schema.{name[:40]}", Both("未在 properties 中定义", "is named but not defined in properties")


# --- Number, term, holders -----------------------------------------------------------------------------------------


def _template(form: Form) -> Iterator[Fault]:
    why = _bad_template(form.number_template)
    if why:
        yield "number_template", why


def _bad_template(template: str) -> Both | None:
    literal = PLACE.sub("", template)
    if "{" in literal or "}" in literal:
        return Both(
            "只能使用 {department}、{year}、{serial} 或 {serial:04} 这样的占位符",
            "may hold no other places than {department}, {year}, {serial} or {serial:04}",
        )
    if any(name != "serial" and width for name, width in PLACE.findall(template)):
        return Both("只有 {serial} 可以指定位数", "may give a width to {serial} only")
    names = [name for name, _ in PLACE.findall(template)]
    # The count begins anew each year: without either, two licences would have one number.
    if any(names.count(name) != 1 for name in ("year", "serial")) or names.count("department") > 1:
        return Both("应有一个 {year} 和一个 {serial}", "must hold {year} and {serial}, each once")
    if len(template) > LONGEST_TEMPLATE or not literal.isprintable() or template != template.strip():
        return Both(
            f"至多 {LONGEST_TEMPLATE} 个可见字符，首尾无空格",
            f"must have at most {LONGEST_TEMPLATE} visible characters and no space at its ends",
        )
    return None


def _validity(form: Form) -> Iterator[Fault]:
    rule = form.validity
    if not isinstance(rule, Mapping) or not rule.keys() <= {"months", "until_field"}:
        yield "validity", Both("只能包含 months 与 until_field", "may hold months and until_field only")
        return
    months = rule.get("months", 1)
    if type(months) is not int or not 1 <= months <= MOST_MONTHS:
        yield "validity.months", Both(f"应为1至{MOST_MONTHS}的整数", f"must be a whole number from 1 to {MOST_MONTHS}")
    if "until_field" in rule and not _is_date_field(form, rule["until_field"]):
        yield "validity.until_field", Both("应为格式为日期的字段", "must name a field whose format is date")


def _is_date_field(form: Form, name: Any) -> bool:
    own = form.schema.get("properties", {}) if isinstance(form.schema, Mapping) else {}
    schema = own.get(name) if isinstance(name, str) and isinstance(own, Mapping) else None
    return isinstance(schema, Mapping) and (schema.get("type"), schema.get("format")) == ("string", "date")


def _holders(form: Form) -> Iterator[Fault]:
    unknown = [str(code) for code in form.holder_kinds if code not in HOLDER_KINDS]
    if unknown:
        names = "、".join(unknown)
        yield "holder_kinds", Both(f"没有证件类型代码 {names}", f"must name code types of GB/T 36903, not {names}")


def _disclosable(form: Form) -> Iterator[Fault]:
    standard = re.compile(r"certificate[A-Z][A-Za-z]{1,40}")
    known = _fields(form)
    unknown = [name for name in form.disclosable if name not in known and not standard.fullmatch(name)]
    if unknown:
        names = "、".join(name[:40] for name in unknown)
        yield "disclosable", Both(f"没有字段 {names}", f"must name fields of the schema, not {names}")


def _vct(form: Form) -> Iterator[Fault]:
    if form.vct and not (len(form.vct) <= LONGEST_VCT and (_URN.fullmatch(form.vct) or _is_address(form.vct))):
        yield "vct", Both("应为网址（https）或 urn", "must be an address (https) or a urn")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    printable = all("!" <= character <= "~" for character in text)
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username and printable


# --- The look ------------------------------------------------------------------------------------------------------

STYLE_CHOICES: Mapping[str, tuple[str, ...]] = {
    "layout": ("certificate", "reply", "permit"),
    "accent": ("red", "blue", "green", "gold"),
    "orientation": ("portrait", "landscape"),
}
_STYLE_TEXTS: Mapping[str, int] = {"heading_zh": 60, "heading_en": 120, "note_zh": 500, "note_en": 800}


def _style(form: Form) -> Iterator[Fault]:
    if not isinstance(form.style, Mapping):
        yield "style", Both("应为对象", "must be an object")
        return
    for key, value in form.style.items():
        why = _STYLE.get(key, _no_style)(key, value, form)
        if why:
            yield f"style.{str(key)[:40]}", why


def _no_style(_key: str, _value: Any, _form: Form) -> Both | None:
    return Both("不是样式项", "is no part of a style")


def _choice(key: str, value: Any, _form: Form) -> Both | None:
    choices = STYLE_CHOICES[key]
    if value in choices:
        return None
    return Both(f"应为 {'、'.join(choices)} 之一", f"must be one of {', '.join(choices)}")


def _words(key: str, value: Any, _form: Form) -> Both | None:
    longest = _STYLE_TEXTS[key]
    if isinstance(value, str) and len(value) <= longest and value.replace("\n", "").isprintable():
        return None
    return Both(f"应为至多 {longest} 字的文字", f"must be a text of at most {longest} characters")


def _shown(_key: str, value: Any, form: Form) -> Both | None:
    known = _fields(form)
    if isinstance(value, list) and all(isinstance(name, str) and name in known for name in value):
        return None if len(set(value)) == len(value) else Both("字段不得重复", "must not name a field twice")
    return Both("应为已定义字段的列表", "must be a list of fields that the schema defines")


_STYLE: Mapping[str, Callable[[str, Any, Form], Both | None]] = {
    **dict.fromkeys(STYLE_CHOICES, _choice),
    **dict.fromkeys(_STYLE_TEXTS, _words),
    "fields": _shown,
}
