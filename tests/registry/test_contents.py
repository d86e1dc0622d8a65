"""What a licence says, checked against its type's form: every fault by field, with how to mend it, and no value."""

from typing import Any

import pytest

from registry.contents import check_content, content_of_texts
from registry.form_checks import check_form
from registry.forms import Form, field_titles, unfilled
from tests.registry.type_forms import FORM, SCHEMA, with_fields


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
        ({"holderOfRight": None}, "holderOfRight", "The field “Right holder” must be text."),
        ({"holderOfRight": "x" * 21}, "holderOfRight", "The field “Right holder” must have at most 20 characters."),
        ({"area": "3"}, "area", "The field “Area” must be a number."),
        ({"area": -1}, "area", "The field “Area” must be at least 0."),
        ({"area": 1001}, "area", "The field “Area” must be at most 1000."),
        ({"until": "2026-02-30"}, "until", "The field “Until” must be a day that exists, such as 2026-11-23."),
        ({"until": "20261123"}, "until", "The field “Until” must be a day that exists, such as 2026-11-23."),
        ({"code": "51010"}, "code", "The field “Code” must be six digits."),
        ({"use": "办公"}, "use", "The field “Use” must be one of: 住宅, 厂房."),
        ({"secret": 1}, "secret", "This type has no field “secret”: leave it out, or put it into the remarks."),
        ({"certificateNumber": "1"}, "certificateNumber", "This type has no field “certificateNumber”"),
        ({"investors": [{}]}, "investors.0.name", "“Right holder” is missing: fill it in."),
        ({"investors": [{"name": 3}]}, "investors.0.name", "The field “Investors” must be text."),
        ({"investors": [{"name": "a"}] * 3}, "investors", "The field “Investors” must have at most 2 entries."),
        ({"projectName": 3}, "projectName", "The field “Project” must be text."),
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
    assert {name: fault.en for name, fault in check_content(form, {"own": value}).items()} == {
        "own": f"The field “Own” {why}."
    }


def test_titles_come_in_the_schemas_order_and_common_fields_may_be_called_otherwise() -> None:
    titles = field_titles(Form(schema=with_fields(projectName={"title": "工程名称", "x-title-en": "Works"})))
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
