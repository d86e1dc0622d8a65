"""The envelope of a call: who asks, for which item, why, for which case or by whom; read by a style's table."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exchange.asking import Ask
from exchange.errors import InputInvalid
from exchange.gbt.tables import Style, take
from foundation.reasons import Both, Grounds, because

LONGEST = 200
_OPERATOR = ("operator_account", "operator_name", "operator_organisation", "operator_role")
_LONGEST_OF: Mapping[str, int] = {"case": 80, "item": 40, "number": 200, "identifier": 200, "code": 5000}
_LARGEST_PAGE = 100
_FORBIDDEN = Both("含有不允许的字符", "holds a character that is not allowed")
_NO_TEXT = Both("应为文本", "must be a text")
_NO_TIME = Both("应为带时区的时间，例如 2026-12-31T23:59:59+08:00", "must be a time with its zone")
_NO_NUMBER = Both("应为不小于1的整数", "must be a whole number from 1 on")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its grounds, the operator as the record names them, and what was given of the operation's own."""

    ask: Ask
    operator: str
    given: Mapping[str, str]
    copy_until: dt.datetime | None
    page: int
    page_size: int


def read_call(body: Any, style: Style, *, needed: tuple[str, ...]) -> Call:
    """Return the call; `InputInvalid` names everything that is wrong at once, by the vendor's own paths.

    `needed` names what the operation takes besides the envelope; of `identifier` and `number` one suffices.
    """
    faults: dict[str, Grounds] = {}
    values = {name: _text(name, body, style, faults) for name in style.request if name not in _APART}
    for name in ("purpose", "item", "item_name", *needed):
        if not values[name] and not (name == "identifier" and "number" in needed) and name != "number":
            faults.setdefault(style.request[name], because("field_required"))
    if "number" in needed and not (values["number"] or values["identifier"]):
        faults.setdefault(style.request["identifier"], because("field_required"))
    if not values["case"]:
        missing = [name for name in _OPERATOR if not values[name]]
        faults = {style.request[name]: because("field_required") for name in missing} | faults
    until = _until(body, style, faults)
    page, size = _number("page", 1, body, style, faults), _number("page_size", 50, body, style, faults)
    if faults:
        raise InputInvalid(faults)
    ask = Ask(
        text=values["identifier"] or values["number"],
        item=values["item"],
        purpose=values["purpose"],
        case=values["case"],
        licence_type=values["licence_type"],
        holder_number=values["holder_code"],
    )
    named = [values[name] for name in ("operator_name", "operator_account", *_OPERATOR[2:]) if values[name]]
    return Call(ask, ", ".join(named)[:LONGEST], values, until, page, min(size, _LARGEST_PAGE))


# What is no plain text, or read elsewhere.
_APART = frozenset({"page", "page_size", "copy_until", "file", "account", "password", "token"})


def _text(name: str, body: Any, style: Style, faults: dict[str, Grounds]) -> str:
    found, path = take(body, style.request[name]), style.request[name]
    if found is None:
        return ""
    if not isinstance(found, str):
        faults[path] = because("field_invalid", why=_NO_TEXT)
        return ""
    most = _LONGEST_OF.get(name, LONGEST)
    if len(found) > most:
        faults[path] = because("text_too_long", count=str(most))
    elif any(character == "\0" or "\ud800" <= character <= "\udfff" for character in found):
        faults[path] = because("field_invalid", why=_FORBIDDEN)
    return found.strip()


def _until(body: Any, style: Style, faults: dict[str, Grounds]) -> dt.datetime | None:
    found = take(body, style.request["copy_until"])
    if found in (None, ""):
        return None
    try:
        until = dt.datetime.fromisoformat(str(found))
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        faults[style.request["copy_until"]] = because("field_invalid", why=_NO_TIME)
        return None
    return until


def _number(name: str, default: int, body: Any, style: Style, faults: dict[str, Grounds]) -> int:
    found = take(body, style.request[name])
    if found in (None, ""):
        return default
    text = str(found)
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 6 and int(text)):
        faults[style.request[name]] = because("field_invalid", why=_NO_NUMBER)
        return default
    return int(text)
