"""What is looked at in a licence in force: each check with its name, and what it finds."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from foundation.reasons import Both
from licences.fields import missing_fields
from licences.holders import check_holder_number
from licences.lifecycle import State
from licences.numbering import Identifier, number_key, parse_identifier
from licences.reading import Reading
from registry.contents import check_content
from registry.forms import PLACE, Form, unfilled


class Check(StrEnum):
    """One thing that may be wrong with a licence."""

    INCOMPLETE = "incomplete"
    INVALID = "invalid"
    NUMBER_FORM = "number_form"
    IDENTIFIER = "identifier"
    HOLDER_NUMBER = "holder_number"
    NUMBER_TWICE = "number_twice"
    CONTENT_TWICE = "content_twice"
    OVERDUE = "overdue"
    UNREADABLE = "unreadable"


CHECK_NAMES: Mapping[str, Both] = {
    Check.INCOMPLETE: Both("信息不全", "Incomplete"),
    Check.INVALID: Both("不符合格式", "Against the schema"),
    Check.NUMBER_FORM: Both("编号不合规则", "Number off its template"),
    Check.IDENTIFIER: Both("标识或代码校验不符", "Check characters wrong"),
    Check.HOLDER_NUMBER: Both("持证主体代码不符", "Holder's number wrong"),
    Check.NUMBER_TWICE: Both("编号重复", "Number twice"),
    Check.CONTENT_TWICE: Both("同一主体内容重复", "Same holder and content"),
    Check.OVERDUE: Both("已过期未更新状态", "Past its end, not expired"),
    Check.UNREADABLE: Both("无法读取", "Unreadable"),
}
JUDGED, FAULTY, CORRECTED = "judged", "faulty", "corrected"
"""Figures beside those of the checks: licences looked at, those with any finding, reports upheld."""

_DAYS: Mapping[str, int] = {
    "每日": 1, "每天": 1, "按日": 1, "每周": 7, "按周": 7, "每月": 31, "按月": 31, "每季度": 92, "按季": 92,
    "每半年": 184, "每年": 366, "按年": 366,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault of one licence: the check, the field where it is one field's, and a code that says what is wrong."""

    check: str
    field: str = ""
    reason: str = ""


def faults_of(reading: Reading, form: Form, today: dt.date) -> set[Fault]:
    """Return every fault that shows in the licence alone; which are double, others must tell."""
    found = set(_of_row(reading, form, today))
    if reading.claims is None:
        return found | {Fault(Check.UNREADABLE)}
    return found | set(_of_content(reading.claims, form))


def _of_row(reading: Reading, form: Form, today: dt.date) -> Iterator[Fault]:
    if not _template(form.number_template).fullmatch(reading.number_key):
        yield Fault(Check.NUMBER_FORM, "certificateNumber")
    identifier = parse_identifier(reading.identifier)
    # Codes of six digits are old ones, and no fault of the licence.
    if not isinstance(identifier, Identifier) or len(identifier.doubts) > identifier.is_legacy:
        yield Fault(Check.IDENTIFIER, "certificateIdentifier")
    for code_type, number in reading.holders:
        if check_holder_number(code_type, number):
            yield Fault(Check.HOLDER_NUMBER, "certificateHolderCode")
    in_force = reading.state in (State.VALID, State.SUSPENDED)
    if in_force and reading.valid_until and reading.valid_until < today:
        yield Fault(Check.OVERDUE, "certificateExpiringDate")


def _of_content(claims: Mapping[str, Any], form: Form) -> Iterator[Fault]:
    content = content_in(claims, form)
    for name in {*missing_fields(claims), *unfilled(form, content)}:
        yield Fault(Check.INCOMPLETE, name)
    for name, grounds in check_content(form, content).items():
        if grounds.code != "field_required":
            yield Fault(Check.INVALID, name[:100], grounds.code)


def content_in(claims: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """Return the type's own fields of a licence."""
    return {name: claims[name] for name in form.full_schema["properties"] if name in claims}


@lru_cache(maxsize=1000)
def _template(template: str) -> re.Pattern[str]:
    """Return what the numbers of a template look like, in the form in which numbers are compared."""
    kinds = {"department": ".+?", "year": "[0-9]{4}", "serial": "[0-9]+"}
    pieces, end = [], 0
    for place in PLACE.finditer(template):
        pieces += [re.escape(number_key(template[end : place.start()])), kinds[place[1]]]
        end = place.end()
    return re.compile("".join([*pieces, re.escape(number_key(template[end:]))]))


def days_of(frequency: str) -> int | None:
    """Return within how many days a type's data change by its update frequency in the catalogue; None: it names none.

    Data that are updated as things happen have no such days.
    """
    return _DAYS.get(frequency.strip().removesuffix("更新"))
