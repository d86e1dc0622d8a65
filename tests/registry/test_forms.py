"""Forms of licence types as plain values: what a department writes is checked before anybody makes a licence by it."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.form_checks import check_form
from registry.forms import DEFAULT_TEMPLATE, Form, add_months, number_of, term_of, term_words
from tests.registry.type_forms import AREA, CODE, FORM, NAME, SCHEMA, with_fields


def _faults(**values: Any) -> dict[str, str]:
    return {name: why.en for name, why in check_form(Form(**values)).items()}


# --- Numbers -------------------------------------------------------------------------------------------------------

texts = st.text(st.sampled_from("川第号〔〕{}:.0123456789[]!_ year"), max_size=8)
places = st.sampled_from(
    ["{department}", "{year}", "{serial}", "{serial:04}", "{serial:09}", "{serial:4}", "{year:02}", "{serial!r}",
     "{department.__class__}", "{serial:099}", "{0}", "{}", "{{serial}}", "{serial[0]}"]
)  # fmt: skip
templates = st.lists(st.one_of(texts, places), max_size=6).map("".join)
good = st.tuples(texts, texts, texts, st.sampled_from(["{serial}", "{serial:05}"]), st.booleans()).map(
    lambda t: f"{t[0]}{{year}}{t[1]}{t[3]}{t[2]}" if t[4] else f"{t[0]}{t[3]}{t[1]}{{year}}{t[2]}"
)
serials = st.tuples(st.integers(2000, 2099), st.integers(1, 10**8))


@given(st.one_of(templates, good), serials, serials)
def test_a_template_that_passes_gives_each_year_and_serial_a_number_of_its_own(
    template: str, one: tuple[int, int], other: tuple[int, int]
) -> None:
    form = Form(number_template=template)
    if check_form(form):
        return
    numbers = [number_of(form, department="国土局", year=year, serial=serial) for year, serial in (one, other)]
    assert (numbers[0] == numbers[1]) == (one == other)
    assert not set("{}") & set(numbers[0])


@given(st.text(max_size=5), st.sampled_from(["department", "year", "serial"]), st.sampled_from([".", "[", "!"]))
def test_no_template_that_reaches_into_a_value_passes(tail: str, place: str, opening: str) -> None:
    template = f"{{year}}{{serial}}{{{place}{opening}__class__{tail}}}"
    assert "number_template" in _faults(number_template=template)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("成{department}〔{year}〕号", "must hold {year} and {serial}, each once"),
        ("成{serial}号", "must hold {year} and {serial}, each once"),
        ("{year}{serial}{serial}", "must hold {year} and {serial}, each once"),
        ("{year}{serial:10}", "no other places"),
        ("{year}{serial:0999}", "no other places"),
        ("{year}{serial}{holder}", "no other places"),
        ("{year:04}{serial}", "width to {serial} only"),
        (" {year}{serial}", "no space at its ends"),
        ("{year}\n{serial}", "visible characters"),
        ("成" * 50 + "{year}{serial}", "at most 60"),
        ("", "must hold {year}"),
    ],
)
def test_a_template_that_could_give_one_number_twice_or_an_unreadable_one_is_named(template: str, why: str) -> None:
    assert why in _faults(number_template=template)["number_template"]


def test_numbers_have_the_width_that_the_template_gives_and_grow_beyond_it() -> None:
    form = Form(number_template="成{department}〔{year}〕{serial:04}号")
    assert number_of(form, department="国土局", year=2026, serial=12) == "成国土局〔2026〕0012号"
    assert number_of(form, department="国土局", year=2026, serial=123456) == "成国土局〔2026〕123456号"
    assert number_of(Form(), department="国土局", year=2026, serial=1) == "成国土局〔2026〕1号"


def test_a_department_whose_name_looks_like_a_place_is_taken_as_it_is() -> None:
    assert number_of(Form(), department="{serial}局", year=2026, serial=1) == "成{serial}局〔2026〕1号"


# --- Terms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("validity", "content", "last"),
    [
        ({}, {"until": "2027-01-31"}, None),
        ({"months": 24}, {}, dt.date(2028, 11, 23)),
        ({"until_field": "until"}, {"until": "2027-01-31"}, dt.date(2027, 1, 31)),
        ({"until_field": "until"}, {}, None),
        ({"until_field": "until", "months": 6}, {"until": "2027-01-31"}, dt.date(2027, 1, 31)),
        ({"until_field": "until", "months": 6}, {}, dt.date(2027, 5, 23)),
    ],
)
def test_the_term_ends_by_its_rule(validity: dict[str, Any], content: dict[str, Any], last: dt.date | None) -> None:
    form = Form(schema=SCHEMA, validity=validity)
    assert not check_form(form)
    assert term_of(form, start=dt.date(2026, 11, 24), content=content) == last


@pytest.mark.parametrize(
    ("validity", "field"),
    [
        ({"months": 0}, "validity.months"),
        ({"months": 1201}, "validity.months"),
        ({"months": True}, "validity.months"),
        ({"months": "24"}, "validity.months"),
        ({"until_field": "area"}, "validity.until_field"),
        ({"until_field": "absent"}, "validity.until_field"),
        ({"until_field": ["until"]}, "validity.until_field"),
        ({"days": 3}, "validity"),
    ],
)
def test_a_rule_that_no_term_follows_from_is_named(validity: dict[str, Any], field: str) -> None:
    assert set(_faults(schema=SCHEMA, validity=validity)) == {field}


def test_the_rule_is_said_in_words() -> None:
    words = term_words(Form(schema=SCHEMA, validity={"until_field": "until", "months": 6}))
    assert words.zh == "至“截止日期”所载日期；未载明时6个月"
    assert words.en == "until the day in “Until”; without one, 6 months"
    assert term_words(Form()).en == "no end"


@pytest.mark.parametrize(
    ("begins", "months", "last"),
    [
        (dt.date(2026, 11, 23), 12, dt.date(2027, 11, 22)),
        (dt.date(2026, 1, 1), 1, dt.date(2026, 1, 31)),
        (dt.date(2026, 12, 1), 1, dt.date(2026, 12, 31)),
        (dt.date(2026, 1, 28), 1, dt.date(2026, 2, 27)),
    ],
)
def test_a_term_ends_on_the_day_before_the_corresponding_one(begins: dt.date, months: int, last: dt.date) -> None:
    assert add_months(begins, months) == last


@pytest.mark.parametrize(
    ("begins", "months", "last"),
    [
        (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 28)),
        (dt.date(2026, 8, 31), 6, dt.date(2027, 2, 28)),
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2026, 3, 31), 1, dt.date(2026, 4, 30)),
    ],
)
def test_a_term_without_a_corresponding_day_ends_with_the_month(begins: dt.date, months: int, last: dt.date) -> None:
    # 民法典 art. 202: 没有对应日的，月末日为期间的最后一日.
    assert add_months(begins, months) == last


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), st.integers(1, 1200))
def test_a_longer_term_ends_later_and_never_more_than_a_month_later(begins: dt.date, months: int) -> None:
    days = (add_months(begins, months + 1) - add_months(begins, months)).days
    assert 27 <= days <= 32


# --- Schemas -------------------------------------------------------------------------------------------------------


def test_a_good_form_has_no_faults() -> None:
    assert not check_form(FORM)
    assert not check_form(Form())


@pytest.mark.parametrize(
    ("schema", "field", "why"),
    [
        ({"type": "objekt"}, "schema", "is no valid JSON Schema at type"),
        ({"type": "array"}, "schema", '"type": "object"'),
        ({"properties": {}}, "schema", '"type": "object"'),
        ({"type": "object", "additionalProperties": True}, "schema", "must not allow fields"),
        ({"type": "object", "patternProperties": {".": {}}}, "schema", "patternProperties"),
        ({"type": "object", "$ref": "https://elsewhere.example/schema"}, "schema", "$ref"),
        (with_fields(certificateNumber=NAME), "schema.certificateNumber", "standards reserve"),
        (with_fields(vct=NAME), "schema.vct", "standards reserve"),
        (with_fields(_sd=NAME), "schema._sd", "camelCase"),
        (with_fields(面积=NAME), "schema.面积", "camelCase"),
        (with_fields(area=True), "schema.area", "by an object"),
        (with_fields(area={"type": "number", "title": "面积"}), "schema.area", "English x-title-en"),
        (with_fields(area={**AREA, "title": " "}), "schema.area", "Chinese title"),
        (with_fields(area={**AREA, "$ref": "#/properties/code"}), "schema.area", "references"),
        (with_fields(area={**AREA, "items": [{"anyOf": [{"$ref": "#"}]}]}), "schema", "is no valid JSON Schema"),
        (with_fields(area={**AREA, "anyOf": [{"$ref": "#"}]}), "schema.area", "references"),
        (with_fields(area={**AREA, "format": "hostname"}), "schema.area", "formats: date, email"),
        (with_fields(code={**CODE, "pattern": "("}), "schema", "is no valid JSON Schema"),
        (with_fields(code={**CODE, "pattern": "^(a+)+$"}), "schema.code", "repeats no group"),
        (with_fields(code={**CODE, "pattern": "^(a|a){20,}$"}), "schema.code", "repeats no group"),
        (with_fields(code={**CODE, "pattern": "a" * 201}), "schema.code", "200 characters"),
        (with_fields(projectName=AREA), "schema.projectName", "only its titles"),
        (with_fields(basis={**NAME, "type": "integer"}), "schema.basis", "only its titles"),
        (with_fields(remarks={"type": "integer", "title": "注", "x-title-en": "N"}), "schema.remarks", "stay a text"),
        ({**SCHEMA, "required": ["absent"]}, "schema.absent", "not defined"),
        ({**SCHEMA, "x-expected": ["absent"]}, "schema.absent", "not defined"),
        ({**SCHEMA, "x-expected": "area"}, "schema", "list of field names"),
        ({**SCHEMA, "x-expected": [["area"]]}, "schema", "list of field names"),
        ({**SCHEMA, "dependentRequired": {"area": ["absent"]}}, "schema.absent", "not defined"),
        (["type"], "schema", "must be a JSON object"),
        (with_fields(area={**AREA, "description": "x" * 30_000}), "schema", "must not be longer"),
        ({"type": "object", "properties": {f"f{n}": NAME for n in range(61)}}, "schema", "more than 60 fields"),
    ],
)  # fmt: skip
def test_a_schema_that_licences_cannot_be_made_by_is_named(schema: Any, field: str, why: str) -> None:
    assert why in _faults(schema=schema).get(field, "nothing")


def test_a_schema_nested_without_end_is_refused_before_anybody_walks_it() -> None:
    schema: dict[str, Any] = {}
    for _ in range(5000):
        schema = {"not": schema}
    assert "nested deeper" in _faults(schema=schema)["schema"]


def test_every_fault_is_named_at_once() -> None:
    found = _faults(
        schema=with_fields(certificateNumber=NAME, area={"type": "number"}),
        number_template="{serial}",
        validity={"months": 0},
        holder_kinds=("002",),
        disclosable=("absent",),
        vct="javascript:alert(1)",
        style={"accent": "pink", "fields": ["absent"], "font": "serif"},
    )
    assert set(found) == {
        "schema.certificateNumber", "schema.area", "number_template", "validity.months", "holder_kinds", "disclosable",
        "vct", "style.accent", "style.fields", "style.font",
    }  # fmt: skip


@pytest.mark.parametrize(
    "vct", ["", "https://licences.example/types/1", "http://127.0.0.1:8000/t", "urn:cn:licence:deed"]
)
def test_a_profile_is_an_address_or_a_urn(vct: str) -> None:
    assert not _faults(vct=vct)


@pytest.mark.parametrize(
    "vct",
    [
        "licence",
        "ftp://x.example",
        "https://",
        "https://a:b@x.example/",
        "https://x.example/a b",
        "https://[",
        "urn:",
        "https://x.example/" + "x" * 300,
    ],
)
def test_another_profile_is_named(vct: str) -> None:
    assert set(_faults(vct=vct)) == {"vct"}


def test_names_of_standard_fields_may_be_disclosable() -> None:
    assert not _faults(schema=SCHEMA, disclosable=("area", "certificateNumber", "projectName"))


@pytest.mark.parametrize(
    "style",
    [{"layout": "poster"}, {"layout": ["reply"]}, {"orientation": ""}, {"heading_zh": "标" * 61}, {"note_en": 3},
     {"fields": "area"}, {"fields": ["area", "area"]}, {"fields": [["area"]]}, {"heading_en": "a\x00"}],
)  # fmt: skip
def test_a_look_that_no_document_can_have_is_named(style: dict[str, Any]) -> None:
    assert len(_faults(schema=SCHEMA, style=style)) == 1


def test_a_look_may_have_notes_of_several_lines() -> None:
    assert not _faults(schema=SCHEMA, style={"note_zh": "一\n二", "layout": "reply", "fields": ["area"]})


def test_the_default_template_is_good() -> None:
    assert not _faults(number_template=DEFAULT_TEMPLATE)
