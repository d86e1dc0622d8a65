"""Loading scenarios."""

from pathlib import Path

import pytest

from foundation.context import PLATFORM
from registry.errors import CatalogueError
from scenarios.loading import load_scenarios
from scenarios.models import Scenario
from tests import factories as make

pytestmark = pytest.mark.django_db

HEADING = "code,name_zh,name_en,items\n"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def _load(folder: Path, *lines: str) -> list[Scenario]:
    (folder / "scenarios.csv").write_text(HEADING + "\n".join(lines) + "\n", "utf-8")
    return load_scenarios(folder, actor=PLATFORM)


def _steps(code: str) -> list[str]:
    return [step.item.code for step in Scenario.objects.get(code=code).steps.all()]


def test_a_scenario_has_its_items_in_their_order(tmp_path: Path) -> None:
    with make.recorded() as entries:
        (scenario,) = _load(tmp_path, "project,项目落地,A project,O1; L1 ;D2")
    assert scenario.name.en == "A project"
    assert _steps("project") == ["O1", "L1", "D2"]
    assert [e.action for e in entries] == ["load_scenarios"]


def test_loading_again_makes_it_equal_to_the_file(tmp_path: Path) -> None:
    _load(tmp_path, "project,项目落地,A project,O1;L1", "other,另一个,Another,O1")
    _load(tmp_path, "project,项目改名,A project,L1;O1")
    assert _steps("project") == ["L1", "O1"]
    assert Scenario.objects.get(code="project").name_zh == "项目改名"
    assert not Scenario.objects.filter(code="other").exists()


def test_all_unknown_items_are_named_and_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        _load(tmp_path, "a,甲,A,O1;X8", "b,乙,B,X9")
    assert [(e.file, e.row, e.column) for e in caught.value.errors] == [
        ("scenarios.csv", 2, "items"), ("scenarios.csv", 3, "items"),
    ]  # fmt: skip
    assert "X9" in caught.value.errors[1].what.en
    assert not Scenario.objects.exists()


def test_an_item_named_twice_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError):
        _load(tmp_path, "a,甲,A,O1;O1")


def test_a_missing_column_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "scenarios.csv").write_text("code,name_zh\na,甲\n", "utf-8")
    with pytest.raises(CatalogueError):
        load_scenarios(tmp_path, actor=PLATFORM)


def test_a_folder_without_scenarios_has_none(tmp_path: Path) -> None:
    assert load_scenarios(tmp_path, actor=PLATFORM) == []
