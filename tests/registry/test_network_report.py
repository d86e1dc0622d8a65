"""The command `network_report`: figures and pages, from a folder and from the database alike."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.context import PLATFORM
from registry.catalogue import COLUMNS, read_catalogue
from registry.exporting import catalogue_from_registry
from registry.importing import import_catalogue
from registry.sources import resolve
from tests import factories as make

KEYS = {
    "items", "added_items", "departments", "flows", "unresolved", "conventional", "sources_used", "top",
    "concentration", "in_degree", "department_network", "cycles", "circles", "longest_chain",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = make.sheets()
    rows["items"][-1]["origin"] = "synthetic"
    return make.write_catalogue(tmp_path / "catalogue", rows)


def _run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("network_report", *map(str, arguments), stdout=out)
    return out.getvalue()


def _json(*arguments: object) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(_run(*arguments, "--json"))
    return printed


def test_a_folder_needs_no_database(folder: Path) -> None:
    printed = _json(folder)
    assert printed.keys() == KEYS | {"without_synthetic"}
    assert printed["without_synthetic"].keys() == KEYS
    assert (printed["items"], printed["departments"]) == (13, 4)
    assert printed["flows"] == {
        "total": 14, "city": 13, "internal": 1, "cross_department": 12, "cross_level": 1, "county": 0, "province": 1,
        "nation": 0,
    }  # fmt: skip
    assert set(printed["top"]) == {"k", "flows", "share", "rows"}
    assert printed["top"]["rows"][0] == {
        "rank": 1, "item": "O1", "licence": make.SITE, "department": "O", "out_degree": 4,
    }  # fmt: skip
    network = printed["department_network"]
    assert set(network) == {"pairs", "classes"}
    assert list(network["classes"]) == ["high", "middle", "low"]
    assert {"flows", "pairs", "components", "stars"} <= network["classes"]["high"].keys()


def test_the_same_figures_without_synthetic_rows(folder: Path) -> None:
    printed = _json(folder)
    assert printed["without_synthetic"]["items"] == 12
    assert printed["without_synthetic"]["flows"]["cross_department"] == 11
    assert printed["without_synthetic"]["unresolved"] == 1  # what only the synthetic item yields


def test_top_sets_the_length_of_the_rankings(folder: Path) -> None:
    printed = _json(folder, "--top", 2)
    assert printed["top"]["k"] == len(printed["top"]["rows"]) == len(printed["in_degree"]["by_flows"]) == 2
    with pytest.raises(CommandError):
        _run(folder, "--top", 0)


def test_the_page_is_headed_in_both_languages(folder: Path) -> None:
    page = _run(folder, "--markdown")
    assert page == _run(folder)
    for heading in (
        "基本情况 Flows",
        "部门间网络 Network of departments",
        "循环前置 Circular needs",
        "不含合成行 Without",
    ):
        assert heading in page
    assert f"| 1 | O1 建设项目选址审批 | {make.SITE} | O 规划局 | 4 |" in page


def test_one_items_needs_as_json_and_as_a_page(folder: Path) -> None:
    printed = _json(folder, "--item", "O2")
    assert printed["item"] == "O2"
    assert [step["source"] for step in printed["steps"]] == ["D4", "O1", "L1", "M1", "M2", "D2"]
    assert printed["steps"][0]["reasons"] == [{"user": "O2", "licence": make.STUDY, "choice": "O2/1"}]
    page = _run(folder, "--item", "O2")
    assert "O2 建设用地规划许可" in page
    assert "可选 alternative" in page


def test_an_unknown_item_and_a_bad_folder_are_errors(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Q9"):
        _run(folder, "--item", "Q9")
    err = io.StringIO()
    with pytest.raises(CommandError, match="faults"):
        call_command("network_report", str(tmp_path / "nowhere"), stderr=err)
    assert err.getvalue()


# --- From the database --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_database_gives_the_same_report_as_the_folder(folder: Path) -> None:
    import_catalogue(read_catalogue(folder), actor=PLATFORM)
    assert _json() == _json(folder)
    assert _run() == _run(folder)


@pytest.mark.django_db
def test_the_reference_citys_flows_survive_the_database() -> None:
    shipped = read_catalogue(make.SHIPPED)
    import_catalogue(shipped, actor=PLATFORM)
    assert resolve(catalogue_from_registry()) == resolve(shipped)


@pytest.mark.django_db
def test_the_registry_as_a_catalogue_is_what_was_imported(folder: Path) -> None:
    catalogue = read_catalogue(folder)
    import_catalogue(catalogue, actor=PLATFORM)
    exported = catalogue_from_registry()
    assert exported.items.keys() == catalogue.items.keys()
    assert exported.external == catalogue.external
    for code, row in exported.departments.items():
        assert row == {column: catalogue.departments[code][column] for column in COLUMNS["departments"]}
    assert exported.departments.keys() == catalogue.departments.keys()
    assert exported.items["O2"] == catalogue.items["O2"]
    assert exported.types[make.SITE]["validity_months"] == "24"
    assert {key: sorted(names) for key, (_, names) in exported.aliases.items()} == {
        key: sorted(names) for key, (_, names) in catalogue.aliases.items()
    }


@pytest.mark.django_db
def test_what_is_retired_is_not_in_it(folder: Path) -> None:
    import_catalogue(read_catalogue(folder), actor=PLATFORM)
    rows = make.sheets()
    rows["items"] = [row for row in rows["items"] if row["code"] != "M4"]
    import_catalogue(read_catalogue(make.write_catalogue(folder, rows)), actor=PLATFORM)
    assert "M4" not in catalogue_from_registry().items


@pytest.mark.django_db
def test_importing_what_was_exported_changes_nothing(folder: Path) -> None:
    import_catalogue(read_catalogue(folder), actor=PLATFORM)
    assert not import_catalogue(catalogue_from_registry(), actor=PLATFORM)
