"""`manage.py plan`: the plan as JSON or to be read, from a folder without a database, and every fault at once."""

import csv
import ctypes
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from foundation.context import PLATFORM
from registry.catalogue import read_catalogue
from registry.importing import import_catalogue
from registry.management.commands import plan as command
from registry.plans import make_plan
from tests import factories as make

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make.write_catalogue(tmp_path / "city", make.sheets())


def _plan(folder: Path, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("plan", str(folder), *arguments, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def _faults(folder: Path, *arguments: str) -> list[str]:
    err = StringIO()
    with pytest.raises(CommandError, match="no plan was made"):
        call_command("plan", str(folder), *arguments, stderr=err)
    return err.getvalue().splitlines()


def _csv(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def _costs(folder: Path, *rows: tuple[str, ...]) -> str:
    return str(_csv(folder / "costs.csv", ("kind", "name", "cost"), *rows))


def _applications(folder: Path, *rows: tuple[str, ...]) -> str:
    return str(_csv(folder / "applications.csv", ("item", "applications"), *rows))


def test_a_plan_as_json_needs_no_database(folder: Path) -> None:
    plan = _plan(folder, "--budget", "3")
    assert plan["objective"] == "items"
    assert (plan["budget"], plan["value"], plan["bound"], plan["proven"], plan["gap"]) == (3, 5, 5, True, 0.0)
    assert plan["cost"] == len(plan["chosen"]) == 3
    assert {"licence": make.SITE, "departments": ["O"], "cost": 1} in plan["chosen"]
    assert plan["connected"] == []
    assert [point["value"] for point in plan["frontier"]] == [3, 4, 5]
    assert plan["frontier"][0].keys() == {"budget", "value", "proven", "bound", "out_degree", "department_pairs"}
    assert plan["baselines"].keys() == {"out_degree", "department_pairs"}
    assert plan["baselines"]["out_degree"].keys() == {"value", "cost", "chosen", "connected"}
    assert len(plan["items_free_of_paper"]) == 5
    assert not {*plan["items_free_of_paper"]} & {*plan["items_free_anyway"]}


@pytest.mark.django_db
def test_without_a_folder_the_plan_is_of_the_registry(folder: Path) -> None:
    import_catalogue(read_catalogue(folder), actor=PLATFORM)
    out = StringIO()
    call_command("plan", "--budget", "3", "--json", stdout=out)
    assert json.loads(out.getvalue()) == _plan(folder, "--budget", "3")


def test_each_objective_and_all_flows(folder: Path) -> None:
    assert _plan(folder, "--budget", "100", "--objective", "items")["value"] == 8
    across = _plan(folder, "--budget", "100", "--objective", "flows")
    everything = _plan(folder, "--budget", "100", "--objective", "flows", "--all-flows")
    assert across["value"] == across["attainable"] < everything["value"]
    weights = _applications(folder, ("O4", "1000"), ("L1", "1"))
    by_use = _plan(folder, "--budget", "1", "--objective", "applications", "--applications", weights)
    assert (by_use["value"], by_use["items_free_of_paper"]) == (1000, ["O4"])


def test_costs_open_other_levels_and_connect_departments(folder: Path) -> None:
    costs = _costs(
        folder, ("licence", f"《{make.PAWN}》", "0.5"), ("department", "省_U", "0.25"), ("licence", make.SITE, "9")
    )
    plan = _plan(folder, "--budget", "0.75", "--costs", costs)
    assert plan["chosen"] == [{"licence": make.PAWN, "departments": ["省_U"], "cost": 0.5}]
    assert plan["connected"] == [{"department": "省_U", "cost": 0.25}]
    assert (plan["value"], plan["items_free_of_paper"], plan["cost"]) == (1, ["O5"], 0.75)
    assert [point["budget"] for point in plan["frontier"]] == [0.75]


def test_a_cost_may_name_an_alias_of_one_licence(tmp_path: Path) -> None:
    rows = make.sheets()
    rows["aliases"].append({"alias": "房产证", "name": make.DEED})
    folder = make.write_catalogue(tmp_path, rows)
    plan = _plan(folder, "--budget", "100", "--costs", _costs(folder, ("licence", "房产证", "7")))
    assert next(bought["cost"] for bought in plan["chosen"] if bought["licence"] == make.DEED) == 7


def test_conventional_licences_may_be_treated_like_others(tmp_path: Path) -> None:
    rows = make.sheets()
    rows["items"][0]["prerequisite_licences"] = "营业执照"
    rows["items"][11]["result_licences"] = f"{make.DEED};营业执照"
    folder = make.write_catalogue(tmp_path, rows)
    assert "O1" in _plan(folder, "--budget", "100")["items_free_anyway"]
    assert "O1" in _plan(folder, "--budget", "100", "--conventional")["items_free_of_paper"]


def test_a_plan_to_be_read(folder: Path) -> None:
    out = StringIO()
    call_command("plan", str(folder), "--budget", "3", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Budget 3: 5 of 8 items free of paper; proven best."
    assert any(make.SITE in line and "(O)" in line for line in lines)
    assert any("out-degree ranking:" in line for line in lines)
    assert lines[-3].startswith("Free of paper (5): ")


def test_a_plan_out_of_time_says_how_far_it_may_be_from_the_best(folder: Path) -> None:
    out = StringIO()
    call_command("plan", str(folder), "--budget", "3", "--time-limit", "1e-9", stdout=out)
    assert "not proven: at most 8 (gap " in out.getvalue()
    plan = _plan(folder, "--budget", "3", "--time-limit", "1e-9")
    assert not plan["proven"]
    assert plan["bound"] >= 5 >= plan["value"]
    assert 0 < plan["gap"] <= 1


def test_all_faults_are_named_at_once(folder: Path) -> None:
    costs = _costs(
        folder, ("licence", "选址意见", "1"), ("licence", make.SITE, "-1"), ("licence", f"《{make.SITE}》", "2"),
        ("department", "ZZ", "1"), ("office", "O", "1.005"), ("licence", make.LAND, ""),
    )  # fmt: skip
    weights = _applications(folder, ("X9", "1"), ("O1", "many"), ("O2", "1"), ("O2", "2"))
    options = ("--budget", "0", "--time-limit", "0", "--costs", costs, "--applications", weights)
    faults = _faults(folder, *options)
    places = [fault.split(": ")[0] for fault in faults]
    assert places == [
        "--budget", "--time-limit", "costs.csv:2 name", "costs.csv:3 cost", "costs.csv:4 name", "costs.csv:5 name",
        "costs.csv:6 cost", "costs.csv:6 kind", "costs.csv:7 cost", "applications.csv:2 item",
        "applications.csv:3 applications", "applications.csv:5 item",
    ]  # fmt: skip
    assert f"did you mean “{make.SITE}”?" in faults[2]
    assert all("/" in fault for fault in faults)


@pytest.mark.parametrize("budget", ["0", "-3", "many", "NaN", "Infinity", "1.234", "1e400", ""])
def test_a_bad_budget_is_a_fault(folder: Path, budget: str) -> None:
    (fault,) = _faults(folder, f"--budget={budget}")
    assert fault.startswith("--budget: must be above 0")


def test_faults_of_the_catalogue_and_the_budget_come_together(tmp_path: Path) -> None:
    faults = _faults(tmp_path / "nowhere", "--budget", "0")
    assert [fault.split(":")[0] for fault in faults] == ["--budget", "departments.csv", "items.csv"]


def test_files_that_cannot_be_read_are_faults(folder: Path) -> None:
    (folder / "costs.csv").write_bytes(f"kind,name,cost\nlicence,{make.SITE},1\n".encode("gb18030"))
    weights = _csv(folder / "applications.csv", ("item",), ("O1",))
    faults = _faults(folder, "--budget", "1", "--costs", str(folder / "costs.csv"), "--applications", str(weights))
    assert [fault.split(": ")[0].strip() for fault in faults] == ["costs.csv:0", "applications.csv:1 applications"]
    (missing,) = _faults(folder, "--budget", "1", "--costs", str(folder / "none.csv"))
    assert missing.startswith("none.csv:0 ")


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    costs = folder / "costs.csv"
    costs.write_text(f"kind,name,cost\nlicence,{make.SITE},3\n", "utf-8-sig")
    assert _plan(folder, "--budget", "100", "--costs", str(costs))["cost"] > 3


def test_what_the_solver_prints_does_not_reach_the_json(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def noisy(*args: Any, **kwargs: Any) -> Any:
        ctypes.CDLL(None).printf(b"note of a solver\n")
        return make_plan(*args, **kwargs)

    monkeypatch.setattr(command, "make_plan", noisy)
    call_command("plan", str(folder), "--budget", "3", "--json")
    captured = capfd.readouterr()
    assert json.loads(captured.out)["value"] == 5
    assert "note of a solver" in captured.err


def test_the_same_answer_on_every_run(folder: Path) -> None:
    answers = {
        subprocess.run(
            [sys.executable, "manage.py", "plan", str(folder), "--budget", "4", "--json"],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }  # fmt: skip
    assert len(answers) == 1
    assert json.loads(answers.pop())["proven"]
