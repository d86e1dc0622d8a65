"""Forms of licence types as plain values: what a department writes is checked before anybody makes a licence by it."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.contents import check_content, content_of_texts
from registry.form_checks import check_form
from registry.forms import DEFAULT_TEMPLATE, Form, add_months, field_titles, number_of, term_of, term_words, unfilled

NAME = {"type": "string", "title": "权利人", "x-title-en": "Right holder", "maxLength": 20}
UNTIL = {"type": "string", "format": "date", "title": "截止日期", "x-title-en": "Until"}
AREA = {"type": "number", "minimum": 0, "maximum": 1000, "title": "面积", "x-title-en": "Area"}
CODE = {
    "type": "string", "pattern": "^[0-9]{6}$", "title": "代码", "x-title-en": "Code",
    "description": "六位数字", "x-description-en": "six digits",
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {
        "holderOfRight": NAME,
        "until": UNTIL,
        "area": AREA,
        "code": CODE,
        "use": {"enum": ["住宅", "厂房"], "title": "用途", "x-title-en": "Use"},
        "investors": {
            "type": "array", "maxItems": 2, "title": "投资者", "x-title-en": "Investors",
            "items": {"type": "object", "required": ["name"], "properties": {"name": NAME}},
        },
    },
    "required": ["holderOfRight"],
    "x-expected": ["area", "projectName"],
}  # fmt: skip
FORM = Form(schema=SCHEMA)


def _with(**properties: Any) -> dict[str, Any]:
    return {**SCHEMA, "properties": {**SCHEMA["properties"], **properties}}  # type: ignore[dict-item]


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
        (_with(certificateNumber=NAME), "schema.certificateNumber", "standards reserve"),
        (_with(vct=NAME), "schema.vct", "standards reserve"),
        (_with(_sd=NAME), "schema._sd", "camelCase"),
        (_with(面积=NAME), "schema.面积", "camelCase"),
        (_with(area=True), "schema.area", "by an object"),
        (_with(area={"type": "number", "title": "面积"}), "schema.area", "English x-title-en"),
        (_with(area={**AREA, "title": " "}), "schema.area", "Chinese title"),
        (_with(area={**AREA, "$ref": "#/properties/code"}), "schema.area", "references"),
        (_with(area={**AREA, "items": [{"anyOf": [{"$ref": "#"}]}]}), "schema", "is no valid JSON Schema"),
        (_with(area={**AREA, "anyOf": [{"$ref": "#"}]}), "schema.area", "references"),
        (_with(area={**AREA, "format": "hostname"}), "schema.area", "formats: date, email"),
        (_with(code={**CODE, "pattern": "("}), "schema", "is no valid JSON Schema"),
        (_with(code={**CODE, "pattern": "^(a+)+$"}), "schema.code", "repeats no group"),
        (_with(code={**CODE, "pattern": "^(a|a){20,}$"}), "schema.code", "repeats no group"),
        (_with(code={**CODE, "pattern": "a" * 201}), "schema.code", "200 characters"),
        (_with(projectName=AREA), "schema.projectName", "only its titles"),
        (_with(basis={"type": "integer", "title": "依据", "x-title-en": "Basis"}), "schema.basis", "must stay a text"),
        ({**SCHEMA, "required": ["absent"]}, "schema.absent", "not defined"),
        ({**SCHEMA, "x-expected": ["absent"]}, "schema.absent", "not defined"),
        ({**SCHEMA, "x-expected": "area"}, "schema", "list of field names"),
        ({**SCHEMA, "x-expected": [["area"]]}, "schema", "list of field names"),
        ({**SCHEMA, "dependentRequired": {"area": ["absent"]}}, "schema.absent", "not defined"),
        (["type"], "schema", "must be a JSON object"),
        (_with(area={**AREA, "description": "x" * 30_000}), "schema", "must not be longer"),
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
        schema=_with(certificateNumber=NAME, area={"type": "number"}),
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


# --- Contents ------------------------------------------------------------------------------------------------------


def _content_faults(content: dict[str, Any], form: Form = FORM) -> dict[str, str]:
    return {name: why.en for name, why in check_content(form, {"holderOfRight": "张", **content}).items()}


def test_content_of_the_own_and_the_common_fields_fits() -> None:
    assert not _content_faults({"area": 3.5, "until": "2026-11-23", "code": "510100", "use": "住宅"})
    assert not _content_faults({"projectName": "改造", "applicationNumber": "D2-1", "basis": "核准", "remarks": "无"})
    assert not check_content(Form(), {"projectName": "改造", "basis": "核准"})
    assert not check_content(Form(), {})


@pytest.mark.parametrize(
    ("content", "field", "why"),
    [
        ({"holderOfRight": None}, "holderOfRight", "“Right holder” must be text."),
        ({"holderOfRight": "x" * 21}, "holderOfRight", "“Right holder” must have at most 20 characters."),
        ({"area": "3"}, "area", "“Area” must be a number."),
        ({"area": -1}, "area", "“Area” must be at least 0."),
        ({"area": 1001}, "area", "“Area” must be at most 1000."),
        ({"until": "2026-02-30"}, "until", "“Until” must be a day that exists, such as 2026-11-23."),
        ({"until": "20261123"}, "until", "“Until” must be a day that exists, such as 2026-11-23."),
        ({"code": "51010"}, "code", "“Code” must be six digits."),
        ({"use": "办公"}, "use", "“Use” must be one of: 住宅, 厂房."),
        ({"secret": 1}, "secret", "This type has no field “secret”: leave it out, or put it into the remarks."),
        ({"certificateNumber": "1"}, "certificateNumber", "This type has no field “certificateNumber”"),
        ({"investors": [{}]}, "investors.0.name", "“Right holder” is missing: fill it in."),
        ({"investors": [{"name": 3}]}, "investors.0.name", "“Investors” must be text."),
        ({"investors": [{"name": "a"}] * 3}, "investors", "“Investors” must have at most 2 entries."),
        ({"projectName": 3}, "projectName", "“Project” must be text."),
    ],
)
def test_content_that_does_not_fit_is_named_by_field_and_title(content: dict[str, Any], field: str, why: str) -> None:
    assert _content_faults(content)[field].startswith(why)


def test_all_faults_are_named_and_none_repeats_a_value() -> None:
    found = check_content(FORM, {"area": "密", "until": "密", "code": "密", "x": "密", "y": "密"})
    assert set(found) == {"holderOfRight", "area", "until", "code", "x", "y"}
    assert found["holderOfRight"].zh == "缺少“权利人”，请填写。"
    assert "密" not in "".join(why.zh + why.en for why in found.values())


def test_a_field_that_depends_on_another_is_missed_with_it() -> None:
    form = Form(schema={**SCHEMA, "dependentRequired": {"area": ["code"]}})
    assert not _content_faults({}, form)
    assert set(_content_faults({"area": 1}, form)) == {"code"}


@pytest.mark.parametrize(
    ("rule", "value", "why"),
    [
        ({"const": "甲"}, "乙", "must be one of: 甲"),
        ({"minLength": 2}, "x", "must have at least 2 characters"),
        ({"exclusiveMinimum": 0}, 0, "must be more than 0"),
        ({"exclusiveMaximum": 9}, 9, "must be less than 9"),
        ({"multipleOf": 5}, 4, "must be a multiple of 5"),
        ({"minItems": 1}, [], "must have at least 1 entries"),
        ({"uniqueItems": True}, [1, 1], "must not name anything twice"),
        ({"pattern": "^a$"}, "b", "must match ^a$"),
        ({"format": "email"}, "b", "must be an e-mail address"),
        ({"type": ["string", "null"]}, 3, "must be text or empty"),
        ({"not": {"const": 3}}, 3, "does not fit the form of the type"),
    ],
)
def test_each_rule_says_how_to_mend_what_breaks_it(rule: dict[str, Any], value: Any, why: str) -> None:
    form = Form(schema={"type": "object", "properties": {"own": {**rule, "title": "项", "x-title-en": "Own"}}})
    assert not check_form(form)
    assert {name: fault.en for name, fault in check_content(form, {"own": value}).items()} == {"own": f"“Own” {why}."}


def test_titles_come_in_the_schemas_order_and_common_fields_may_be_called_otherwise() -> None:
    titles = field_titles(Form(schema=_with(projectName={"title": "工程名称", "x-title-en": "Works"})))
    assert next(iter(titles)) == "holderOfRight"
    assert (titles["projectName"].zh, titles["projectName"].en) == ("工程名称", "Works")
    assert [*titles][-1] == "remarks"


def test_what_a_complete_licence_lacks_is_counted_and_stops_nothing() -> None:
    assert unfilled(FORM, {"holderOfRight": "张", "area": ""}) == ["area", "projectName"]
    assert unfilled(FORM, {"holderOfRight": "张", "area": 0, "projectName": "改造"}) == []
    assert unfilled(Form(), {}) == []
    assert not check_content(FORM, {"holderOfRight": "张"})


def test_cells_of_a_table_become_what_the_form_says() -> None:
    texts = {"holderOfRight": " 123 ", "area": "3.50", "until": "", "investors": '[{"name": "甲"}]', "use": "住宅"}
    content = content_of_texts(FORM, texts)
    assert content == {"holderOfRight": "123", "area": 3.5, "investors": [{"name": "甲"}], "use": "住宅"}
    assert not check_content(FORM, content)
    assert set(check_content(FORM, content_of_texts(FORM, {"holderOfRight": "张", "area": "NaN"}))) == {"area"}
    assert set(check_content(FORM, content_of_texts(FORM, {"holderOfRight": "张", "area": "三"}))) == {"area"}


def test_the_default_template_is_good() -> None:
    assert not _faults(number_template=DEFAULT_TEMPLATE)
