"""What a licence of a type says, checked against the type's form: every fault by field, and how to mend it. Pure."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, cast

from jsonschema import ValidationError

from foundation.reasons import Both, Grounds, because
from registry.forms import Form, field_titles

_SHOWN = 12  # choices named in a message
_TYPES: Mapping[str, Both] = {
    "string": Both("文字", "text"),
    "number": Both("数字", "a number"),
    "integer": Both("整数", "a whole number"),
    "boolean": Both("是或否", "true or false"),
    "array": Both("列表", "a list"),
    "object": Both("一组字段", "a group of fields"),
    "null": Both("空", "empty"),
}
_FORMATS: Mapping[str, Both] = {
    "date": Both("应为存在的日期，如 2026-11-23", "must be a day that exists, such as 2026-11-23"),
    "email": Both("应为电子邮件地址", "must be an e-mail address"),
}


def check_content(form: Form, content: Mapping[str, Any]) -> dict[str, Grounds]:
    """Return the faults of a licence's content by field (`use.0.area` inside one); nothing where it fits the form.

    The messages never repeat a value: it may be personal.
    """
    faults: dict[str, Grounds] = {}
    for error in form.validator.iter_errors(dict(content)):
        for name, grounds in _faults(form, error):
            faults.setdefault(name, grounds)
    return faults


def content_of_texts(form: Form, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the content that the cells of a table mean: numbers and booleans by the form's types, nothing for blanks.

    A cell that cannot be read as its type stays a text, so that `check_content` names it.
    """
    fields = form.full_schema["properties"]
    filled = {name: text.strip() for name, text in texts.items() if text.strip()}
    return {name: _read(text, fields.get(name, {}).get("type")) for name, text in filled.items()}


def _read(text: str, wanted: Any) -> Any:
    if wanted in ("string", None):
        return text
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _no_number(name: str) -> float:
    raise ValueError(name)


def _faults(form: Form, error: ValidationError) -> list[tuple[str, Grounds]]:
    place, titles = [str(step) for step in error.absolute_path], field_titles(form)
    keyword, rule, schema, content = cast(
        "tuple[str, Any, Any, Any]", (error.validator, error.validator_value, error.schema, error.instance)
    )
    if keyword in _ABSENT:
        # One error tells one missing field, and only in its message: all of them are taken from each.
        missing = _ABSENT[keyword](rule, content)
        return [_fault("content_field_missing", [*place, name], schema, titles) for name in missing]
    if keyword == "additionalProperties":
        extra = [name for name in content if name not in schema.get("properties", {})]
        return [_fault("content_field_unknown", [*place, str(name)[:40]], {}, titles) for name in extra]
    why = _hint(keyword, schema) or _WORDS.get(keyword, _unlike)(rule)
    return [(".".join(place), because("content_field_invalid", field=_title(place, titles), why=why))]


_ABSENT: Mapping[str, Callable[[Any, Any], list[str]]] = {
    "required": lambda names, content: [name for name in names if name not in content],
    "dependentRequired": lambda rule, content: [
        name for given, names in rule.items() if given in content for name in names if name not in content
    ],
}


def _fault(code: str, place: list[str], schema: Any, titles: Mapping[str, Both]) -> tuple[str, Grounds]:
    own = schema.get("properties", {}).get(place[-1], {}) if len(place) > 1 else {}
    title = Both(own["title"], own.get("x-title-en") or own["title"]) if "title" in own else _title(place, titles)
    return ".".join(place), because(code, field=title)


def _title(place: list[str], titles: Mapping[str, Both]) -> Both:
    return titles.get(place[0], Both(place[0], place[0])) if place else Both("证照内容", "The content")


def _hint(keyword: str, schema: Any) -> Both | None:
    # How a pattern reads only its author can say.
    zh = schema.get("description") if keyword == "pattern" else None
    return Both(f"应为{zh}", f"must be {schema.get('x-description-en') or zh}") if zh else None


def _type(wanted: Any) -> Both:
    names = [_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    return Both(f"应为{'或'.join(n.zh for n in names)}", f"must be {' or '.join(n.en for n in names)}")


def _choices(values: Any) -> Both:
    shown = [str(value) for value in values[:_SHOWN]] + (["…"] if len(values) > _SHOWN else [])
    return Both(f"应为以下之一：{'、'.join(shown)}", f"must be one of: {', '.join(shown)}")


def _unlike(_: Any) -> Both:
    return Both("不符合该类型的格式", "does not fit the form of the type")


_WORDS: Mapping[str, Callable[[Any], Both]] = {
    "type": _type,
    "enum": _choices,
    "const": lambda value: _choices([value]),
    "format": lambda name: _FORMATS.get(name, _unlike(name)),
    "pattern": lambda pattern: Both(f"应符合 {pattern}", f"must match {pattern}"),
    "minLength": lambda n: Both(f"至少 {n} 个字符", f"must have at least {n} characters"),
    "maxLength": lambda n: Both(f"至多 {n} 个字符", f"must have at most {n} characters"),
    "minimum": lambda n: Both(f"不得小于 {n}", f"must be at least {n}"),
    "maximum": lambda n: Both(f"不得大于 {n}", f"must be at most {n}"),
    "exclusiveMinimum": lambda n: Both(f"应大于 {n}", f"must be more than {n}"),
    "exclusiveMaximum": lambda n: Both(f"应小于 {n}", f"must be less than {n}"),
    "multipleOf": lambda n: Both(f"应为 {n} 的倍数", f"must be a multiple of {n}"),
    "minItems": lambda n: Both(f"至少 {n} 项", f"must have at least {n} entries"),
    "maxItems": lambda n: Both(f"至多 {n} 项", f"must have at most {n} entries"),
    "uniqueItems": lambda _: Both("各项不得重复", "must not name anything twice"),
}
