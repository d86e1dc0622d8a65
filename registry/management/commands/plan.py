import ctypes
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.catalogue import Catalogue, read_catalogue
from registry.errors import CatalogueError
from registry.planning_files import read_applications, read_costs
from registry.planning_model import OBJECTIVES, Costs, Objective, PlanningModel, planning_model
from registry.plans import TIME_LIMIT, Baseline, Plan, make_plan
from registry.sources import resolve

_LARGEST = Decimal(10) ** 9
_UNITS = {"items": "items free of paper", "flows": "flows covered", "applications": "applications a year without paper"}
_ORDERS = {"out_degree": "out-degree ranking", "department_pairs": "department pairs"}


class Command(BaseCommand):
    help = (
        "Choose the licence types to make electronic within a budget: the best set, proven, beside the study's orders."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="a catalogue as CSV; without it, the registry's")
        parser.add_argument("--budget", required=True, help="licence types, or units of the costs: above 0")
        parser.add_argument("--objective", choices=OBJECTIVES, default="items")
        parser.add_argument("--costs", type=Path, help="CSV: kind (licence, department), name (or code), cost")
        parser.add_argument("--applications", type=Path, help="CSV: item, applications (a year); otherwise 1 each")
        parser.add_argument("--all-flows", action="store_true", help="count the flows inside departments too")
        parser.add_argument("--conventional", action="store_true", help="treat conventional licences as any other")
        parser.add_argument("--time-limit", type=float, default=TIME_LIMIT, metavar="SECONDS")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        faults: list[str] = []
        budget = _budget(options["budget"], faults)
        if not options["time_limit"] > 0:
            faults.append("--time-limit: must be above 0 / 时限须大于0")
        model = _model(options, faults)
        if faults or model is None:
            for fault in faults:
                self.stderr.write(fault)
            raise CommandError(f"{len(faults)} faults; no plan was made.")
        objective: Objective = options["objective"]
        with _solver_apart():
            plan = make_plan(model, budget, objective, all_flows=options["all_flows"], time_limit=options["time_limit"])
        self.stdout.write(json.dumps(as_json(plan), ensure_ascii=False, indent=2) if options["as_json"] else text(plan))


@contextmanager
def _solver_apart() -> Iterator[None]:
    """Send what HiGHS prints by itself (a note on repairing a solution) to the standard error, not among the JSON."""
    sys.stdout.flush()
    standard_output = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # it waits in C's own buffer
        os.dup2(standard_output, 1)
        os.close(standard_output)


def _budget(written: object, faults: list[str]) -> Decimal:
    try:
        budget = Decimal(str(written))
        if 0 < budget <= _LARGEST and budget == round(budget, 2):
            return budget
    except InvalidOperation:
        pass
    faults.append(f"--budget: must be above 0, with at most two decimals, not {written} / 预算须大于0，至多两位小数")
    return Decimal(0)


def _model(options: dict[str, Any], faults: list[str]) -> PlanningModel | None:
    """Return the model to plan with, or None; every fault of every file goes to `faults`."""
    costs, applications = Costs(), None
    try:
        catalogue = _catalogue(options["folder"])
    except CatalogueError as error:
        faults += map(str, error.errors)
        return None
    try:
        costs = read_costs(options["costs"], catalogue) if options["costs"] else costs
    except CatalogueError as error:
        faults += map(str, error.errors)
    try:
        applications = read_applications(options["applications"], catalogue) if options["applications"] else None
    except CatalogueError as error:
        faults += map(str, error.errors)
    resolution = resolve(catalogue, conventional=() if options["conventional"] else None)
    return planning_model(catalogue, resolution, costs=costs, applications=applications)


def _catalogue(folder: Path | None) -> Catalogue:
    if folder is not None:
        return read_catalogue(folder)
    from registry.exporting import catalogue_from_registry  # only here is a database needed

    return catalogue_from_registry()


def as_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as `--json` prints it; costs and budgets are whole numbers where they can be."""
    return {
        "objective": plan.objective,
        "budget": _number(plan.budget),
        "chosen": [
            {"licence": b.licence, "departments": list(b.departments), "cost": _number(b.cost)} for b in plan.chosen
        ],
        "connected": [{"department": c.department, "cost": _number(c.cost)} for c in plan.connected],
        "cost": _number(plan.cost),
        "value": plan.value,
        "proven": plan.proven,
        "bound": plan.bound,
        "gap": plan.gap,
        "attainable": plan.attainable,
        "baselines": {name: _baseline(baseline) for name, baseline in plan.baselines.items()},
        "frontier": [
            {
                "budget": _number(p.budget), "value": p.value, "proven": p.proven, "bound": p.bound,
                "out_degree": p.out_degree, "department_pairs": p.department_pairs,
            }
            for p in plan.frontier
        ],
        "items_free_of_paper": list(plan.items_free_of_paper),
        "items_free_anyway": list(plan.items_free_anyway),
        "items_unresolved": list(plan.items_unresolved),
    }  # fmt: skip


def _baseline(baseline: Baseline) -> dict[str, Any]:
    return {
        "value": baseline.value,
        "cost": _number(baseline.cost),
        "chosen": list(baseline.chosen),
        "connected": list(baseline.connected),
    }


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == int(amount) else float(amount)


def text(plan: Plan) -> str:
    """Return the plan to be read."""
    proof = "proven best" if plan.proven else f"not proven: at most {plan.bound} (gap {plan.gap:.1%})"
    unit = _UNITS[plan.objective]
    lines = [f"Budget {_number(plan.budget)}: {plan.value} of {plan.attainable} {unit}; {proof}.", ""]
    lines.append(f"Make electronic (cost {_number(plan.cost)}):")
    lines += [f"  {b.licence} ({', '.join(b.departments)}) {_number(b.cost)}" for b in plan.chosen]
    if plan.connected:
        lines += ["Connect:", *(f"  {c.department} {_number(c.cost)}" for c in plan.connected)]
    lines += ["", "With the same budget:"]
    lines += [f"  {_ORDERS[name]}: {baseline.value}" for name, baseline in plan.baselines.items()]
    lines += ["", "  budget    best  out-degree  department pairs"]
    for p in plan.frontier:
        best = f"{p.value}" if p.proven else f"{p.value}–{p.bound}"
        lines.append(f"{_number(p.budget):>8}  {best:>6}  {p.out_degree:>10}  {p.department_pairs:>16}")
    lines += ["", f"Free of paper ({len(plan.items_free_of_paper)}): {' '.join(plan.items_free_of_paper)}"]
    lines.append(f"Free of paper anyway, not counted ({len(plan.items_free_anyway)})")
    lines.append(f"Never free of paper, a need is unresolved ({len(plan.items_unresolved)})")
    return "\n".join(lines)
