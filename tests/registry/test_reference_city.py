"""The reference city gives the figures that the study prints (its sections 3.1 to 3.3)."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from registry.catalogue import read_catalogue
from tests import factories as make

NAMED_LICENCES = {
    "不动产权证书", "企业名称预先核准通知书", "环境影响报告书审查批复", "选址意见书", "建设工程规划许可证",
    "建设用地规划许可证", "建筑工程施工许可证", "房屋建筑工程竣工验收备案文件", "建设工程消防验收意见书", "清税证明",
}  # fmt: skip
TAX_BUREAUS = {"地税局", "国税局"}  # both yield 清税证明: the eleventh of the licences named


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    out = io.StringIO()
    call_command("network_report", str(make.SHIPPED), "--json", stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    return {code: row["name_zh"] for code, row in read_catalogue(make.SHIPPED).departments.items()}


def test_items_departments_and_flows_are_the_studys(report) -> None:
    assert (report["items"], report["departments"]) == (527, 41)
    flows = report["flows"]
    assert (flows["total"], flows["city"], flows["internal"], flows["cross_department"]) == (669, 575, 234, 341)
    assert (flows["cross_level"], flows["county"], flows["province"] + flows["nation"]) == (94, 59, 35)


def test_75_items_are_used_across_departments_and_20_make_two_thirds(report) -> None:
    assert report["sources_used"] == 75
    assert (report["top"]["k"], report["top"]["flows"]) == (20, 225)
    assert report["top"]["share"] == pytest.approx(0.6598, abs=5e-5)


def test_the_top_20_begin_and_are_named_as_in_the_study(report, names) -> None:
    rows = report["top"]["rows"]
    assert [(row["licence"], row["out_degree"]) for row in rows[:3]] == [
        ("不动产权证书", 17),
        ("企业名称预先核准通知书", 17),
        ("环境影响报告书审查批复", 16),
    ]
    assert len(rows) == 20
    assert {row["licence"] for row in rows} >= NAMED_LICENCES
    assert {names[row["department"]] for row in rows if row["licence"] == "清税证明"} == TAX_BUREAUS


def test_the_high_class_has_four_components_one_of_them_the_studys_eight_departments(report, names) -> None:
    components = report["department_network"]["classes"]["high"]["components"]
    assert len(components) == 4
    largest = {names[code] for code in max(components, key=lambda c: len(c["departments"]))["departments"]}
    assert len(largest) == 8
    assert largest >= {"国土局", "规划局", "发改委", "市建委"}


def test_the_middle_class_has_the_four_stars(report, names) -> None:
    stars = report["department_network"]["classes"]["middle"]["stars"]
    assert {names[star["centre"]] for star in stars} == {"工商局", "国土局", "发改委", "规划局"}


def test_the_low_class_has_many_thin_pairs(report) -> None:
    classes = report["department_network"]["classes"]
    assert classes["low"]["pairs"] > classes["high"]["pairs"] + classes["middle"]["pairs"]
    assert sum(c["flows"] for c in classes.values()) == 341


def test_the_same_figures_are_given_without_the_synthetic_rows(report) -> None:
    real = report["without_synthetic"]
    assert real.keys() == report.keys() - {"without_synthetic"}
    assert 0 < real["items"] < 527
    assert real["flows"]["total"] < 669
