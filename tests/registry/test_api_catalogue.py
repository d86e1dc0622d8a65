"""The catalogue's read API gives the figures of the reference city, as the commands print them."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker
from rest_framework.test import APIClient

from foundation.context import PLATFORM
from registry.catalogue import read_catalogue
from registry.importing import import_catalogue
from tests import factories as make

pytestmark = pytest.mark.django_db
FEW = 14  # queries of a call that find nothing in the cache yet; the tests ask for up to 500 rows


@pytest.fixture(scope="module", autouse=True)
def _chengdu(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        import_catalogue(read_catalogue(make.SHIPPED), actor=PLATFORM)
        yield
        transaction.set_rollback(True)


def _ask(call: str, **asked: Any) -> Any:
    return APIClient().get(f"/api/v1/{call}/", asked)


def _get(call: str, **asked: Any) -> dict[str, Any]:
    answer = _ask(call, **asked)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def _count(call: str, **asked: Any) -> int:
    return int(_get(call, page_size=1, **asked)["count"])


def _all(call: str, **asked: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = _get(call, page_size=500, **asked)
    rows += page["results"]
    while page["next"]:
        page = APIClient().get(page["next"]).json()
        rows += page["results"]
    return rows


def _command(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return dict(json.loads(out.getvalue()))


def _refused(call: str, field: str, **asked: Any) -> None:
    answer = _ask(call, **asked)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert "ETag" not in answer
    assert answer.json()["reason"] == "input_invalid"
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


# --- The numbers of the commands -----------------------------------------------------------------------------------


def test_the_network_is_what_the_command_prints() -> None:
    report = _get("network")
    assert report == _command("network_report", "--json") == _command("network_report", str(make.SHIPPED), "--json")
    assert (report["items"], report["departments"], report["sources_used"]) == (527, 41, 75)
    assert (report["top"]["flows"], report["flows"]["cross_department"]) == (225, 341)


def test_lists_count_what_the_report_counts() -> None:
    report = _get("network")
    assert _count("items") == report["items"]
    assert _count("departments", level="city") == report["departments"]
    flows = report["flows"]
    assert _count("flows") == flows["total"] == 669
    assert _count("flows", scope="internal") == flows["internal"] == 234
    assert _count("flows", scope="cross") == flows["cross_department"] == 341
    assert _count("flows", scope="external") == flows["cross_level"] == 94


def test_flows_are_those_that_the_command_resolves() -> None:
    resolved = _command("resolve_sources", str(make.SHIPPED), "--json")
    rows = _all("flows")
    inside = [row for row in rows if row["scope"] != "external"]
    assert [(f["source"]["code"], f["user"]["code"], f["licence"]["zh"], f["step"]) for f in inside] == [
        (f["source"], f["user"], f["licence"], f["step"]) for f in resolved["flows"]
    ]
    outside = [row for row in rows if row["scope"] == "external"]
    assert [(f["source"]["code"], f["user"]["code"], f["licence"]["zh"], f["source"]["level"]) for f in outside] == [
        (f["source"], f["user"], f["licence"], f["level"]) for f in resolved["external"]
    ]


def test_the_flows_of_the_most_used_item_are_its_out_degree() -> None:
    for row in _get("network")["top"]["rows"]:
        assert _count("flows", source=row["item"], scope="cross") == row["out_degree"]


@pytest.mark.parametrize("item", ["O2", "N1", "O5"])
def test_what_an_item_needs_is_what_the_command_prints(item: str) -> None:
    assert _get("network", item=item) == _command("network_report", str(make.SHIPPED), "--item", item, "--json")


@pytest.mark.parametrize(
    ("asked", "arguments"),
    [
        ({"budget": 20}, ["--budget", "20"]),
        ({"budget": 12, "objective": "flows"}, ["--budget", "12", "--objective", "flows"]),
        (
            {"budget": 5, "objective": "flows", "all_flows": "true"},
            ["--budget", "5", "--objective", "flows", "--all-flows"],
        ),
        ({"budget": 3, "objective": "applications"}, ["--budget", "3", "--objective", "applications"]),
    ],
)
def test_a_plan_is_what_the_command_prints(asked: dict[str, Any], arguments: list[str]) -> None:
    plan = _get("plans", **asked)
    assert plan == _command("plan", str(make.SHIPPED), *arguments, "--json")
    assert plan["proven"]


# --- Rows and filters ----------------------------------------------------------------------------------------------


def test_departments_come_in_the_studys_order_with_both_names() -> None:
    rows = _all("departments", level="city")
    assert [row["code"] for row in rows[:2]] == ["A", "B"]
    assert [row["code"] for row in rows[25:28]] == ["Z", "AA", "AB"]
    assert rows[1]["name"] == {"zh": "发改委", "en": "Development and Reform Commission"}
    assert rows[1]["uscc"] == "11510100LX000002XH"
    assert sum(row["items"] for row in rows) == 527


def test_departments_are_found_by_code_level_and_words() -> None:
    assert [row["code"] for row in _all("departments", code="B")] == ["B"]
    assert [row["code"] for row in _all("departments", search="reform development", level="city")] == ["B"]
    assert {row["level"] for row in _all("departments", level="county")} == {"county"}
    assert _count("departments", code="B", search="规划局") == 0
    assert _count("departments", code="没有") == 0


def test_items_tell_what_they_need_and_yield() -> None:
    (row,) = _all("items", code="D2")
    assert row["department"] == {"code": "D", "name": _name_of("departments", "D")}
    assert (row["kind"], row["name"]["zh"]) == ("new", read_catalogue(make.SHIPPED).items["D2"].name_zh)
    need = next(need for need in row["needs"] if need["written_as"] == make.ENVIRONMENT)
    assert {met["name"]["zh"] for met in need["any_of"]} == {make.REPORT, make.FORM}
    assert [made["name"]["zh"] for made in row["yields"]] == list(read_catalogue(make.SHIPPED).items["D2"].results)


def _name_of(call: str, code: str) -> dict[str, str]:
    return dict(_all(call, code=code)[0]["name"])


def test_items_come_in_the_order_in_which_people_count() -> None:
    codes = [row["code"] for row in _all("items", department="O")]
    assert codes == sorted(codes, key=lambda code: int(code[1:]))
    assert len(codes) > 9


def test_items_are_found_by_department_kind_origin_and_words() -> None:
    catalogue = read_catalogue(make.SHIPPED).items.values()
    assert {row["code"] for row in _all("items", department="B")} == {i.code for i in catalogue if i.department == "B"}
    assert _count("items", kind="change") == sum(item.kind == "change" for item in catalogue)
    assert _count("items", origin="synthetic") == sum(item.origin == "synthetic" for item in catalogue)
    assert _count("items", search="o2") == 1
    assert "O2" in [row["code"] for row in _all("items", search="用地规划 许可")]


def test_items_are_found_by_what_they_need_and_yield() -> None:
    deed = {row["code"] for row in _all("items", yields=make.DEED)}
    users = {row["user"]["code"] for row in _all("flows", licence=make.DEED)}
    sources = {row["source"]["code"] for row in _all("flows", licence=make.DEED)}
    assert sources <= deed
    needing = {row["code"] for row in _all("items", needs=make.DEED)}
    assert users <= needing
    (kind,) = [row for row in _all("licence-types", search=make.DEED) if row["name"]["zh"] == make.DEED]
    assert {row["code"] for row in _all("items", needs=kind["code"])} == needing
    assert {row["code"] for row in _all("items", needs=kind["name"]["en"])} == needing
    assert "D2" in {row["code"] for row in _all("items", needs=make.ENVIRONMENT)}


def test_licence_types_carry_the_fields_of_article_13() -> None:
    row = _all("licence-types", search="企业名称预先核准通知书")[0]
    assert row["owner"]["code"]
    assert {
        "data_items", "data_format", "update_frequency", "provision", "grade", "sharing_class", "sharing_conditions",
        "legal_basis",
    } <= row.keys()  # fmt: skip
    assert (row["validity_months"], row["holder_kind"], row["conventional"]) == (6, "any", False)
    assert [t["name"]["zh"] for t in _all("licence-types") if t["conventional"]] == ["营业执照"]


def test_licence_types_are_found_by_code_owner_class_and_words() -> None:
    row = _all("licence-types", owner="O")[0]
    assert row["owner"]["code"] == "O"
    assert _all("licence-types", code=row["code"]) == [row]
    assert row in _all("licence-types", search=row["name"]["zh"])
    conditional = _all("licence-types", sharing_class="conditional")
    assert conditional
    assert all(row["sharing_conditions"]["zh"] for row in conditional)


def test_flows_are_found_by_their_ends_departments_step_and_group() -> None:
    rows = _all("flows")
    for asked, kept in (
        ({"user": "D2"}, lambda f: f["user"]["code"] == "D2"),
        ({"source_department": "O"}, lambda f: f["source"]["department"]["code"] == "O"),
        ({"user_department": "N"}, lambda f: f["user"]["department"]["code"] == "N"),
        ({"step": 2}, lambda f: f["step"] == 2),
        ({"user": "D2", "group": 0}, lambda f: f["user"]["code"] == "D2" and f["group"] == 0),
        ({"scope": "internal"}, lambda f: f["source"]["department"] == f["user"]["department"]),
    ):
        found = _all("flows", **asked)
        assert found
        assert found == [row for row in rows if kept(row)]


def test_a_source_outside_the_city_is_a_department_of_its_level() -> None:
    row = _all("flows", scope="external", licence="设置单采血浆站批准书")[0]
    assert (row["source"]["code"], row["source"]["level"], row["step"]) == ("省_V", "provincial", 3)
    assert row["source"]["department"]["code"] == "省_V"
    assert row in _all("flows", source="省_V")
    assert row in _all("flows", source_department="省_V")


# --- Pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["departments", "items", "licence-types", "flows"])
def test_pages_join_to_the_whole(call: str) -> None:
    whole = _all(call)
    first = _get(call, page_size=7)
    assert (first["count"], first["previous"], first["results"]) == (len(whole), None, whole[:7])
    second = APIClient().get(first["next"]).json()
    assert second["results"] == whole[7:14]
    assert APIClient().get(second["previous"]).json()["results"] == whole[:7]
    assert len(_get(call)["results"]) == min(100, len(whole))


@pytest.mark.parametrize("call", ["departments", "items", "licence-types", "flows"])
def test_pages_have_bounds(call: str) -> None:
    assert len(_get(call, page_size=500)["results"]) <= 500
    for asked in ({"page_size": 501}, {"page_size": 0}, {"page_size": "many"}, {"page": 0}, {"page": "last"}):
        _refused(call, next(iter(asked)), **asked)
    answer = _ask(call, page=10_000)
    assert (answer.status_code, answer.json()["reason"]) == (404, "page_not_found")


# --- Bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ("departments", {"level": "galaxy"}),
        ("departments", {"search": "x" * 201}),
        ("departments", {"code": "A\0"}),
        ("departments", {"levle": "city"}),
        ("items", {"department": "ZZ"}),
        ("items", {"department": "A\0"}),
        ("items", {"kind": "other"}),
        ("items", {"needs": "没有这种证照"}),
        ("items", {"yields": "没有这种证照"}),
        ("licence-types", {"owner": "ZZ"}),
        ("licence-types", {"sharing_class": "secret"}),
        ("flows", {"source": "ZZ9"}),
        ("flows", {"user": "省_V"}),
        ("flows", {"licence": "没有这种证照"}),
        ("flows", {"source_department": "ZZ"}),
        ("flows", {"user_department": "A1"}),
        ("flows", {"scope": "sideways"}),
        ("flows", {"step": "4"}),
        ("flows", {"group": "-1"}),
        ("network", {"as_of": "yesterday"}),
        ("network", {"as_of": "2999-01-01"}),
        ("network", {"item": "ZZ9"}),
        ("network", {"top": "5"}),
        ("plans", {}),
        ("plans", {"budget": "0"}),
        ("plans", {"budget": "101"}),
        ("plans", {"budget": "1.5"}),
        ("plans", {"budget": "5", "objective": "glory"}),
        ("plans", {"budget": "5", "all_flows": "perhaps"}),
        ("plans", {"budget": "5", "time_limit": "600"}),
    ],
)
def test_a_fault_is_refused_and_names_its_parameter(call: str, asked: dict[str, str]) -> None:
    _refused(call, list(asked)[-1] if asked else "budget", **asked)


@pytest.mark.parametrize("call", ["departments", "items", "licence-types", "flows", "network", "plans"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_can_be_written(call: str, method: str) -> None:
    answer = getattr(APIClient(), method)(f"/api/v1/{call}/", {"budget": 1})
    assert (answer.status_code, answer.json()["reason"]) == (405, "method_not_allowed")


def test_a_token_is_neither_needed_nor_looked_at() -> None:
    answer = APIClient().get("/api/v1/items/", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 200


# --- What it costs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["departments", "items", "licence-types", "flows"])
def test_a_page_takes_no_query_for_each_row(call: str, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(FEW):
        _get(call, page_size=500)


@pytest.mark.parametrize(
    ("call", "asked"),
    [("network", {}), ("network", {"item": "O2"}), ("flows", {"user": "O2"}), ("plans", {"budget": 4})],
)
def test_what_was_computed_is_only_read_again(
    call: str,
    asked: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    first = _get(call, **asked)
    monkeypatch.setattr("registry.reporting.catalogue_as_of", None)
    with django_assert_max_num_queries(2):  # the version, and the cache
        assert _get(call, **asked) == first
