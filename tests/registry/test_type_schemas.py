"""The twenty most used licence types of the reference city: each form is good, takes a real licence, and no other."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from registry.catalogue import read_catalogue
from registry.contents import check_content
from registry.form_checks import check_form
from registry.forms import DEFAULT_TEMPLATE, Form, field_titles, number_of, unfilled
from registry.networks.city import City
from tests import factories as make

FOLDER = make.SHIPPED / "types"
FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
SAMPLES = json.loads(Path(__file__).with_name("type_samples.json").read_text("utf-8"))
# Numbers of these stand in the guides and in the walk through the pages.
OF_THE_EXAMPLE = ("选址意见书", "用地预审意见", "环境影响报告书审查批复", "环境影响报告表审查批复")

each = pytest.mark.parametrize("name", FILES)


def _form(name: str) -> Form:
    values = {key: value for key, value in FILES[name].items() if key not in ("type", "origin")}
    return Form(**{**values, "holder_kinds": tuple(values["holder_kinds"])})


def test_they_are_the_twenty_that_other_departments_need_most() -> None:
    city = City.of(read_catalogue(make.SHIPPED))
    used = Counter(flow.licence for flow in city.across())
    assert set(FILES) == {name for name, _ in used.most_common(20)}
    assert used.most_common(21)[19][1] > used.most_common(21)[20][1]


@each
def test_the_form_is_good_and_says_where_its_fields_are_from(name: str) -> None:
    assert {field: why.en for field, why in check_form(_form(name)).items()} == {}
    assert FILES[name]["type"] == name
    assert len(FILES[name]["origin"]) > 8


@each
def test_it_takes_a_complete_licence(name: str) -> None:
    content = {"projectName": "精密数控机床改造", **SAMPLES[name]}
    assert {field: why.en for field, why in check_content(_form(name), content).items()} == {}
    assert unfilled(_form(name), content) == []
    own = set(field_titles(_form(name))) - {"projectName", "applicationNumber", "basis", "remarks"}
    assert own <= set(content)


@each
def test_it_takes_what_an_approval_knows_and_misses_the_rest(name: str) -> None:
    known = {"projectName": "改造", "applicationNumber": "L1-20261124-001", "basis": "建设项目用地预审"}
    assert check_content(_form(name), known) == {}
    assert unfilled(_form(name), known)


@each
def test_it_refuses_a_broken_licence_field_by_field(name: str) -> None:
    broken: dict[str, Any] = {field: [[]] for field in SAMPLES[name]}
    assert set(check_content(_form(name), broken)) >= {field for field in broken if field != "investors"}
    assert set(check_content(_form(name), {**SAMPLES[name], "unknownField": "x"})) == {"unknownField"}


@each
def test_its_numbers_differ_from_those_of_the_other_types_unless_they_share_the_counter(name: str) -> None:
    form = _form(name)
    number = number_of(form, department="某局", year=2026, serial=12)
    assert number != number_of(form, department="某局", year=2026, serial=13)
    assert (form.number_template == DEFAULT_TEMPLATE) == (name in OF_THE_EXAMPLE)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("不动产权证书", "realEstateUnitNumber", "510104001002GB00012F0003000"),
        ("不动产权证书", "coOwnership", "夫妻共有"),
        ("机动车行驶证", "vin", "LSVAA4182E218484I"),
        ("机动车行驶证", "plateNumber", "A12345"),
        ("企业投资项目备案通知书", "projectCode", "2026-510100-35-03"),
        ("职业资格证书", "theoryScore", 101),
        ("外商投资企业批准证书", "investors", [{"place": "德国"}]),
        ("企业名称预先核准通知书", "retainedUntil", "2027-02-29"),
        ("用地预审意见", "totalArea", -0.1),
    ],
)
def test_what_the_real_licence_could_not_say_is_refused(name: str, field: str, value: Any) -> None:
    faults = check_content(_form(name), {**SAMPLES[name], field: value})
    assert [key.split(".")[0] for key in faults] == [field]
