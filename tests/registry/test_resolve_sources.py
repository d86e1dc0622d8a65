"""A hand-made catalogue with every special case of the study's section 2.2, and what each case resolves to."""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue import Alternative, Catalogue, ItemRow, read_catalogue
from registry.sources import AddedItem, ExternalFlow, Flow, Resolution, Use, resolve
from tests import factories as make

DEPARTMENTS = [("A", "city"), ("B", "city"), ("C", "city"), ("V", "city")]

# Who yields what: code, kind, licences.
PRODUCERS = [
    ("A1", "new", "《一证》"),
    ("A2", "new", "ＡＢ证（甲）"),
    ("A3", "new", "成都市××局关于××有限公司的批复"),
    ("A4", "new", "报告书批复"),
    ("A5", "new", "报告表批复"),
    ("A11", "new", "多情形证"),
    ("A12", "change", "多情形证"),
    ("A13", "renewal", "多情形证"),
    ("A14", "review", "多情形证"),
    ("A15", "reissue", "多情形证"),
    ("A16", "annual_check", "多情形证"),
    ("A17", "cancel", "多情形证"),
    ("A21", "new", "外资证"),
    ("A22", "new", "外资证"),
    ("A23", "new", "外资证"),
    ("A31", "new", "产权证"),
    ("A32", "transfer", "产权证"),
    ("A33", "change", "产权证"),
    ("A41", "change", "旧证"),
    ("A42", "renewal", "旧证"),
    ("A43", "cancel", "旧证"),
    ("A51", "cancel", "注销证明"),
    ("A61", "cancel", "两注销证"),
    ("A62", "cancel", "两注销证"),
    ("A71", "renewal", "独续证"),
    ("B1", "new", "营业执照"),
    ("B2", "new", "可研批复"),
    ("B3", "new", "核准批复"),
]

EXTERNAL = [
    ("设置单采血浆站批准书", "provincial", "V"),
    ("国家某证", "national", "V"),
    ("县某证", "county", "V"),
    ("市某证", "city", "V"),
    ("市另证", "city", "V"),
]

ALIASES = [("一证别名", "《一证》"), ("环评文件", "报告书批复"), ("环评文件", "报告表批复"), ("执照", "营业执照")]


@dataclass(frozen=True)
class Case:
    """A user item, its prerequisites, and what they resolve to.

    Flows are "source licence step", with "#group" where there is a choice; from other levels "source licence level".
    """

    name: str
    user: str
    needs: str
    flows: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    conventional: tuple[str, ...] = ()
    kind: str = "new"
    yields: str = ""


TABLE = [
    Case("step 1: one producer is the source", "C1", "一证", ("A1 《一证》 1",)),
    Case("marks and white space do not matter", "C2", "《 一 证 》", ("A1 《一证》 1",)),
    Case("nor does width", "C3", "AB证(甲)", ("A2 ＡＢ证（甲） 1",)),
    Case("an alias of one licence", "C4", "一证别名", ("A1 《一证》 1",)),
    Case("an alias of two is a choice", "C5", "环评文件", ("A4 报告书批复 1 #1", "A5 报告表批复 1 #1")),
    Case(
        "×× stands for any text", "C6", "成都市环保局关于某有限公司的批复", ("A3 成都市××局关于××有限公司的批复 1",)
    ),
    Case("step 2: only the new one of seven kinds", "C11", "多情形证", ("A11 多情形证 2",)),
    Case("several new ones are all sources", "C12", "外资证", ("A21 外资证 2", "A22 外资证 2", "A23 外资证 2")),
    Case("unless the prerequisite names one", "C13", "外资证@A22", ("A22 外资证 2",)),
    Case("a change may be named as well", "C14", "多情形证@A12", ("A12 多情形证 2",)),
    Case("a transfer is a source like new", "C15", "产权证", ("A31 产权证 2", "A32 产权证 2")),
    Case("none is new: all except cancel", "C16", "旧证", ("A41 旧证 2", "A42 旧证 2")),
    Case("one producer, though it cancels", "C17", "注销证明", ("A51 注销证明 1",)),
    Case("two that cancel are no sources", "C18", "两注销证", unresolved=("两注销证",)),
    Case("a change needs what it changes", "C19", "产权证", ("A31 产权证 2", "A32 产权证 2"), kind="change",
         yields="产权证"),
    Case("no item is its own source: of several new ones the others", "C20", "外资证",
         ("A21 外资证 2", "A22 外资证 2", "A23 外资证 2"), kind="change", yields="外资证"),
    Case("no item is its own source: alone it stays unresolved", "C21", "自需证", unresolved=("自需证",),
         yields="自需证"),
    Case("step 3: province", "C31", "设置单采血浆站批准书", external=("省_V 设置单采血浆站批准书 provincial",)),
    Case("step 3: nation", "C32", "国家某证", external=("国家_V 国家某证 national",)),
    Case("step 3: county", "C33", "《县某证》", external=("县_V 县某证 county",)),
    Case("step 3: the city itself, an added item", "C34", "市某证", ("V2 市某证 3",)),
    Case("the added item serves every user", "C35", "《市某证》", ("V2 市某证 3",)),
    Case("another licence, another added item", "C36", "市另证", ("V1 市另证 3",)),
    Case("a conventional licence makes no flow", "C41", "营业执照", conventional=("营业执照",)),
    Case("however it is written", "C42", "《营业执照》", conventional=("《营业执照》",)),
    Case("or called", "C43", "执照", conventional=("营业执照",)),
    Case("who yields a conventional licence gives no flow, but may need", "C44", "一证", ("A1 《一证》 1",),
         yields="营业执照"),
    Case("what nobody knows is unresolved", "C51", "无名证", unresolved=("无名证",)),
    Case("any of a group, the second need", "C61", "一证;可研批复|核准批复",
         ("A1 《一证》 1", "B2 可研批复 1 #2", "B3 核准批复 1 #2")),
    Case("a group across levels", "C62", "可研批复|国家某证", ("B2 可研批复 1 #1",), ("国家_V 国家某证 national #1",)),
    Case("a group with an added item", "C63", "市某证|核准批复", ("B3 核准批复 1 #1", "V2 市某证 3 #1")),
    Case("a group with a conventional licence", "C64", "营业执照|核准批复", ("B3 核准批复 1 #1",),
         conventional=("营业执照",)),
    Case("a group of several situations", "C65", "外资证@A21|外资证@A23", ("A21 外资证 2 #1", "A23 外资证 2 #1")),
    Case("a need that stands twice counts once", "C71", "一证;一证", ("A1 《一证》 1",)),
    Case("no needs, no flows", "C72", ""),
]  # fmt: skip


def _item(code: str, kind: str, results: str, needs: str = "") -> dict[str, str]:
    return {
        "code": code, "name_zh": f"事项{code}", "department_code": code.rstrip("0123456789"), "kind": kind,
        "result_licences": results, "prerequisite_licences": needs, "origin": "test",
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = {
        "departments": [{"code": code, "name_zh": f"部门{code}", "level": level} for code, level in DEPARTMENTS],
        "items": [_item(*producer) for producer in PRODUCERS]
        + [_item(case.user, case.kind, case.yields, case.needs) for case in TABLE],
        "external_licences": [{"name": n, "level": level, "department": d} for n, level, d in EXTERNAL],
        "aliases": [{"alias": alias, "name": name} for alias, name in ALIASES],
    }
    return make.write_catalogue(tmp_path / "catalogue", rows)


@pytest.fixture
def resolution(folder: Path) -> Resolution:
    return resolve(read_catalogue(folder))


def _marked(text: str, group: int) -> str:
    return f"{text} #{group}" if group else text


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_each_case_resolves_as_the_table_says(resolution: Resolution, case: Case) -> None:
    found = resolution
    flows = [_marked(f"{f.source} {f.licence} {f.step}", f.group) for f in found.flows if f.user == case.user]
    external = [_marked(f"{f.source} {f.licence} {f.level}", f.group) for f in found.external if f.user == case.user]
    assert tuple(flows) == case.flows
    assert tuple(external) == case.external
    assert tuple(use.licence for use in found.unresolved if use.user == case.user) == case.unresolved
    assert tuple(use.licence for use in found.conventional if use.user == case.user) == case.conventional


def test_added_items_are_what_the_city_itself_yields(resolution: Resolution) -> None:
    assert resolution.added_items == [AddedItem("V1", "V", "市另证"), AddedItem("V2", "V", "市某证")]


# --- The command --------------------------------------------------------------------------------------------------


def _run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("resolve_sources", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_prints_the_whole_resolution_and_asks_no_database(folder: Path) -> None:
    # Any query would fail here: this test has no access to the database.
    printed: dict[str, Any] = json.loads(_run(folder, "--json"))
    assert list(printed) == ["flows", "external", "added_items", "unresolved", "conventional"]
    assert {"source": "A1", "user": "C1", "licence": "《一证》", "step": 1} in printed["flows"]
    assert {"source": "B2", "user": "C61", "licence": "可研批复", "step": 1, "group": 2} in printed["flows"]
    outside = {"source": "省_V", "user": "C31", "licence": "设置单采血浆站批准书", "level": "provincial"}
    assert {**outside, "department": "V"} in printed["external"]
    assert printed["added_items"][0] == {"code": "V1", "department": "V", "licence": "市另证"}
    assert {"user": "C51", "licence": "无名证"} in printed["unresolved"]
    assert {"user": "C41", "licence": "营业执照"} in printed["conventional"]


def test_the_order_is_stable(folder: Path) -> None:
    first = _run(folder, "--json")
    assert first == _run(folder, "--json")
    flows = [(f["source"], f["user"], f["licence"]) for f in json.loads(first)["flows"]]
    assert flows == sorted(flows)


def test_without_json_it_prints_a_summary(folder: Path) -> None:
    printed = _run(folder)
    assert "flows in the city" in printed
    assert "added V1: 市另证" in printed
    assert "C51 needs 无名证" in printed


def test_a_bad_catalogue_names_all_faults_and_fails(folder: Path) -> None:
    items = folder / "items.csv"
    items.write_text(items.read_text("utf-8").replace("C1,", ",").replace(",renewal,", ",strange,"), "utf-8")
    err = io.StringIO()
    with pytest.raises(CommandError, match=r"\d+ faults"):
        call_command("resolve_sources", str(folder), stderr=err)
    assert "code" in err.getvalue()
    assert err.getvalue().count("kind") >= 3


# --- What holds of every catalogue --------------------------------------------------------------------------------

NAMES = [*"甲乙丙丁戊己", "营业执照"]
KINDS = ["new", "change", "renewal", "transfer", "cancel"]


@st.composite
def catalogues(draw: st.DrawFn, *, one_producer: bool) -> Catalogue:
    items = {}
    left = list(NAMES)
    for number in range(draw(st.integers(1, 8))):
        results = draw(st.lists(st.sampled_from(left), unique=True, max_size=2)) if left else []
        left = [name for name in left if name not in results] if one_producer else left
        needs = draw(st.lists(st.lists(st.sampled_from([*NAMES, "无"]), min_size=1, max_size=1 if one_producer else 3)))
        items[f"A{number}"] = ItemRow(
            f"A{number}", "", "", "A", draw(st.sampled_from(KINDS)), tuple(results),
            tuple(("|".join(group), tuple(map(Alternative, group))) for group in needs), "", "",
        )  # fmt: skip
    return Catalogue(departments={"A": {"code": "A", "level": "city"}}, items=items)


@given(catalogues(one_producer=True))
def test_every_need_is_found_exactly_once_where_a_licence_has_one_producer(catalogue: Catalogue) -> None:
    found = resolve(catalogue)
    rows: tuple[Flow | ExternalFlow | Use, ...] = (
        *found.flows, *found.external, *found.unresolved, *found.conventional,
    )  # fmt: skip
    places = [(row.user, row.licence) for row in rows]
    needed = {(item.code, group[0].licence) for item in catalogue.items.values() for _, group in item.needs}
    assert sorted(places) == sorted(needed)


@given(catalogues(one_producer=False))
def test_no_item_is_its_own_source_and_no_conventional_licence_flows(catalogue: Catalogue) -> None:
    found = resolve(catalogue)
    assert all(flow.source != flow.user and flow.licence != "营业执照" for flow in found.flows)
    assert found.flows == sorted(set(found.flows))


# --- Defects of registry/sources.py, found while writing this table ------------------------------------------------


def test_two_items_that_write_one_result_differently_are_both_sources(tmp_path: Path) -> None:
    items = [_item("A1", "new", "《丙证》"), _item("A2", "new", "丙证"), _item("C1", "new", "", "丙证")]
    departments = [{"code": code, "name_zh": code, "level": "city"} for code in "AC"]
    catalogue = read_catalogue(make.write_catalogue(tmp_path, {"departments": departments, "items": items}))
    assert [flow.source for flow in resolve(catalogue).flows] == ["A1", "A2"]


@pytest.mark.parametrize("other", ["无名证", "营业执照"])
def test_an_alternative_that_makes_no_flow_still_tells_its_group(tmp_path: Path, other: str) -> None:
    items = [_item("A1", "new", "丙证"), _item("C1", "new", "", f"丙证|{other}")]
    departments = [{"code": code, "name_zh": code, "level": "city"} for code in "AC"]
    found = resolve(read_catalogue(make.write_catalogue(tmp_path, {"departments": departments, "items": items})))
    uses: list[Use] = [*found.unresolved, *found.conventional]
    assert [getattr(use, "group", 0) for use in uses] == [1]


def test_codes_of_added_items_do_not_depend_on_the_order_of_rows(folder: Path) -> None:
    # The order of a folder is not that of the database, and reports on both should name the same items.
    catalogue = read_catalogue(folder)
    users = {code: catalogue.items[code] for code in ("C34", "C36")}
    one_way, other_way = (replace(catalogue, items=dict(rows)) for rows in (users.items(), reversed(users.items())))
    assert resolve(one_way) == resolve(other_way)
