"""The read API follows the catalogue's versions: entity tags, past days, and what every special case looks like."""

from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from foundation.context import PLATFORM
from registry.catalogue import read_catalogue
from registry.importing import import_catalogue
from registry.versions import versions
from tests import factories as make

pytestmark = pytest.mark.django_db
CALLS = {
    "departments": {}, "items": {}, "licence-types": {}, "flows": {}, "network": {}, "plans": {"budget": 2},
}  # fmt: skip
Sheets = dict[str, list[dict[str, str]]]


def _import(folder: Path, rows: Sheets) -> None:
    import_catalogue(read_catalogue(make.write_catalogue(folder, rows)), actor=PLATFORM)


@pytest.fixture
def rows(tmp_path: Path) -> Sheets:
    rows = make.sheets()
    _import(tmp_path / "first", rows)
    return rows


def _ask(call: str, *, having: str = "", **asked: Any) -> Any:
    headers = {"If-None-Match": having} if having else {}
    return APIClient().get(f"/api/v1/{call}/", {**CALLS[call], **asked}, headers=headers)


def _without(code: str) -> Sheets:
    rows = make.sheets()
    rows["items"] = [row for row in rows["items"] if row["code"] != code]
    return rows


# --- Entity tags ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_who_has_the_answer_already_is_told_so(call: str, rows: Sheets) -> None:
    answer = _ask(call)
    tag = answer["ETag"]
    assert tag.startswith('"')
    assert answer["Cache-Control"] == "public, max-age=60"
    assert "Cookie" not in answer.get("Vary", "")
    for having in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = _ask(call, having=having)
        assert (again.status_code, again.content) == (304, b"")
        assert (again["ETag"], again["Cache-Control"]) == (tag, "public, max-age=60")
    assert _ask(call, having='"other"').content == answer.content


def test_nothing_is_made_again_for_who_has_it(
    rows: Sheets, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tag = _ask("items")["ETag"]
    with django_assert_max_num_queries(1):
        assert _ask("items", having=tag).status_code == 304


@pytest.mark.parametrize("call", CALLS)
def test_an_import_changes_the_tag(call: str, rows: Sheets, tmp_path: Path) -> None:
    tag = _ask(call)["ETag"]
    _import(tmp_path / "same", rows)
    assert _ask(call, having=tag).status_code == 304
    _import(tmp_path / "second", _without("M2"))
    answer = _ask(call, having=tag)
    assert answer.status_code == 200
    assert answer["ETag"] != tag


def test_a_fault_is_told_also_to_who_has_an_answer(rows: Sheets) -> None:
    assert _ask("departments", level="galaxy", having="*").status_code == 400


def test_a_head_gives_the_tag_without_the_answer(rows: Sheets) -> None:
    answer = APIClient().head("/api/v1/network/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["ETag"] == _ask("network")["ETag"]


def test_a_restored_catalogue_is_not_taken_for_that_of_its_number(tmp_path: Path) -> None:
    with time_machine.travel("2026-03-02T09:00:00+08:00", tick=False):
        _import(tmp_path / "a", make.sheets())
        tag, report = _ask("network")["ETag"], _ask("network").json()
    version = versions().get()
    version.changes.filter(key="M2").delete()
    version.at = version.at.replace(hour=5)
    version.save()
    assert _ask("network")["ETag"] != tag
    assert _ask("network").json() != report


# --- What changed, and when ----------------------------------------------------------------------------------------


def test_an_import_is_seen_at_once_in_every_list(rows: Sheets, tmp_path: Path) -> None:
    before = {call: _ask(call).json() for call in CALLS}
    _import(tmp_path / "second", _without("M2"))
    after = {call: _ask(call).json() for call in CALLS}
    assert before["items"]["count"] - after["items"]["count"] == 1
    assert "M2" not in [row["code"] for row in after["items"]["results"]]
    assert after["network"]["items"] == before["network"]["items"] - 1
    assert after["flows"]["count"] == after["network"]["flows"]["total"] < before["flows"]["count"]


def test_the_network_is_told_as_of_any_past_day(tmp_path: Path) -> None:
    with time_machine.travel("2026-03-02T23:30:00+08:00", tick=False):
        _import(tmp_path / "a", make.sheets())
        before = _ask("network").json()
        needed = _ask("network", item="D2").json()
    with time_machine.travel("2026-06-01T00:30:00+08:00", tick=False):
        _import(tmp_path / "b", _without("M2"))
        after = _ask("network").json()
        assert before != after
        assert _ask("network", as_of="2026-03-02").json() == before
        assert _ask("network", as_of="2026-05-31").json() == before
        assert _ask("network", as_of="2026-06-01").json() == after
        assert _ask("network", as_of="2026-06-02").status_code == 400
        assert _ask("network", as_of="2026-04-01", item="D2").json() == needed
        assert _ask("network", item="D2").json() != needed
        assert _ask("network", as_of="2026-04-01", item="M2").status_code == 200
        assert _ask("network", item="M2").status_code == 400


def test_before_the_first_version_there_is_nothing(rows: Sheets) -> None:
    report = _ask("network", as_of="2000-01-01").json()
    assert (report["items"], report["flows"]["total"]) == (0, 0)


@pytest.mark.parametrize("call", CALLS)
def test_an_empty_catalogue_is_no_fault(call: str) -> None:
    answer = _ask(call)
    assert answer.status_code == 200
    assert answer.json().get("count", 0) == 0


# --- Special cases -------------------------------------------------------------------------------------------------


def test_alternatives_and_what_is_added_are_told_apart(tmp_path: Path) -> None:
    rows = make.sheets()
    rows["items"].append(make._item("O9", "另一事项", "O", "另一许可", "市内证明"))
    rows["external_licences"] = [
        *rows.get("external_licences", []), {"name": "市内证明", "level": "city", "department": "L"}
    ]  # fmt: skip
    _import(tmp_path, rows)
    (added,) = _ask("flows", user="O9").json()["results"]
    assert (added["step"], added["scope"], added["source"]["department"]["code"]) == (3, "cross", "L")
    assert added["source"]["name"]["zh"] == added["licence"]["zh"] == "市内证明"
    assert _ask("flows", source=added["source"]["code"]).json()["count"] == 1
    grouped = _ask("flows", user="O2", group=1).json()["results"]
    assert {row["licence"]["zh"] for row in grouped} == {make.APPROVAL, make.STUDY}
    (item,) = _ask("items", code="O2").json()["results"]
    assert [len(need["any_of"]) for need in item["needs"]] == [2, 1]


def test_a_flow_is_found_by_every_name_of_its_licence(rows: Sheets) -> None:
    by_alias = _ask("flows", licence=make.ENVIRONMENT).json()["results"]
    assert {row["licence"]["zh"] for row in by_alias} == {make.REPORT, make.FORM}
    assert _ask("flows", licence=f"《{make.REPORT}》").json()["count"]
    assert _ask("flows", licence=make.PERMIT).json()["count"] == 0


# --- Its description -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(django_db_blocker: Any) -> dict[str, Any]:
    with django_db_blocker.unblock():
        return dict(yaml.safe_load(APIClient().get("/api/schema/").content))


def test_it_is_valid_openapi_3_1_and_asks_for_no_token(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(schema).validate()
    for call in CALLS:
        described = schema["paths"][f"/api/v1/{call}/"]
        assert list(described) == ["get"]
        assert "security" not in described["get"]
        assert {"200", "400", "406"} <= described["get"]["responses"].keys()


@pytest.mark.parametrize(
    ("call", "asked"),
    [*((call, {}) for call in CALLS), ("network", {"item": "D2"}), ("plans", {"budget": 3, "objective": "flows"})],
)
def test_answers_are_as_the_schema_says(call: str, asked: dict[str, Any], schema: dict[str, Any], rows: Sheets) -> None:
    answers = schema["paths"][f"/api/v1/{call}/"]["get"]["responses"]
    told = answers["200"]["content"]["application/json"]["schema"]
    assert not _faults(told, schema, _ask(call, **asked).json())
    refused = answers["400"]["content"]["application/problem+json"]["schema"]
    assert not _faults(refused, schema, _ask(call, nonsense="1").json())


def _faults(told: dict[str, Any], schema: dict[str, Any], body: Any) -> list[str]:
    validator = OAS31Validator({**told, "components": schema["components"]})
    return [error.message for error in validator.iter_errors(body)]


@pytest.mark.parametrize("call", CALLS)
def test_every_parameter_is_described(call: str, schema: dict[str, Any], rows: Sheets) -> None:
    for parameter in schema["paths"][f"/api/v1/{call}/"]["get"]["parameters"]:
        assert parameter["description"]
        answer = _ask(call, **{parameter["name"]: "\0"})
        assert [fault["field"] for fault in answer.json()["errors"]] == [parameter["name"]]
