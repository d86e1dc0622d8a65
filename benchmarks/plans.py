"""How long the frontier of plans takes, and how the integer programme compares with trying every set.

Run: .venv/bin/python benchmarks/plans.py [DIR]. Without DIR: the reference city, and a synthetic one of the study's
size (527 items, about 669 flows). Prints a Markdown table; takes under a minute on two cores.
"""

import sys
import time
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from registry.catalogue import Alternative, Catalogue, ExternalRow, ItemRow, read_catalogue  # noqa: E402
from registry.names import comparable  # noqa: E402
from registry.planning_model import OBJECTIVES, Objective, PlanningModel, demands, planning_model  # noqa: E402
from registry.planning_programme import Programme  # noqa: E402
from registry.plans import make_plan  # noqa: E402
from registry.sources import resolve  # noqa: E402

LIMIT = 60.0
SMALL = 4  # types, of a budget that can still be tried exhaustively


def main() -> None:
    """Print the frontier of each city and objective, then the comparison with exhaustive search."""
    say("| city | objective | items | flows | types | budgets | proven | seconds | HiGHS runs | nodes | best/ranking |")
    say("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    folders = [Path(argument) for argument in sys.argv[1:]] or [ROOT / "data" / "chengdu-2017"]
    cities = {folder.name: read_catalogue(folder) for folder in folders}
    if not sys.argv[1:]:
        cities["synthetic 527"] = synthetic(items=527, flows=669)
    for name, catalogue in cities.items():
        model = planning_model(catalogue, resolve(catalogue))
        for objective in OBJECTIVES[:2]:
            say(f"| {name} | {measured(model, objective)} |")
    say("")
    say(f"| synthetic city | types | sets of {SMALL} | exhaustive s | programme s | ratio | same value |")
    say("| --- | --- | --- | --- | --- | --- | --- |")
    for items in (40, 80, 120, 160):
        say(f"| {items} items | {exhaustive(synthetic(items=items, flows=items * 3 // 2))} |")


def measured(model: PlanningModel, objective: Objective) -> str:
    """Return the cells of one frontier, from a budget of 1 to all types that count."""
    nodes: list[int] = []
    run = Programme._run

    def counted(*args: Any) -> Any:
        result = run(*args)
        nodes.append(int(result.mip_node_count or 0))
        return result

    top = len(Programme(model, demands(model, objective)).types)
    with patch.object(Programme, "_run", counted):
        start = time.perf_counter()
        plan = make_plan(model, top, objective, time_limit=LIMIT)
        seconds = time.perf_counter() - start
    proven = sum(point.proven for point in plan.frontier)
    at = plan.frontier[min(20, top) - 1]
    cells = (
        objective, len(model.items), len(model.flows), top, f"1–{top}", f"{proven}/{len(plan.frontier)}",
        f"{seconds:.2f}", len(nodes), sum(nodes), f"{at.value}/{at.out_degree} at {at.budget}",
    )  # fmt: skip
    return " | ".join(map(str, cells))


def exhaustive(catalogue: Catalogue) -> str:
    """Return the cells of one comparison: every set of `SMALL` types against the integer programme."""
    model = planning_model(catalogue, resolve(catalogue))
    programme = Programme(model, demands(model, "items"))
    start = time.perf_counter()
    sets = [frozenset(chosen) for chosen in combinations(programme.types, min(SMALL, len(programme.types)))]
    naive = max(programme.value(chosen, frozenset()) for chosen in sets)
    middle = time.perf_counter()
    plan = make_plan(model, Decimal(SMALL), "items", frontier=False, time_limit=LIMIT)
    slow, fast = middle - start, time.perf_counter() - middle
    return f"{len(programme.types)} | {len(sets)} | {slow:.3f} | {fast:.3f} | {slow / fast:.1f} | {plan.value == naive}"


def synthetic(*, items: int, flows: int, seed: int = 2017) -> Catalogue:
    """Return a made-up city: about a quarter of its licences are needed, by Zipf's law; a sixth of its items need none.

    One need in twenty has two alternatives; one licence in twenty that are needed comes from the province.
    """
    random = Random(seed)  # noqa: S311 - a benchmark's data, not a secret
    letters = [chr(65 + n) if n < 26 else f"A{chr(39 + n)}" for n in range(41)]
    codes = {f"{letters[number % 41]}{number // 41 + 1}": f"证照{number}" for number in range(items)}
    external = [f"省证{number}" for number in range(items // 80)]
    wanted = [*random.sample(sorted(codes.values()), items // 4), *external]
    random.shuffle(wanted)
    shares = [1 / rank for rank in range(1, len(wanted) + 1)]
    users = random.sample(sorted(codes), items - items // 6)
    needs: dict[str, set[tuple[str, ...]]] = {code: set() for code in codes}
    while sum(len(need) for groups in needs.values() for need in groups) < flows:
        user = random.choice(users)
        names = set(random.choices(wanted, shares, k=2 if random.random() < 0.05 else 1)) - {codes[user]}
        needs[user] |= {tuple(sorted(names))} if names else set()
    return Catalogue(
        departments={code: {"code": code, "name_zh": code} for code in letters},
        items={code: _item(code, name, needs[code]) for code, name in codes.items()},
        external={comparable(name): ExternalRow(name, "provincial", "V", "省_V") for name in external},
    )


def _item(code: str, licence: str, needs: set[tuple[str, ...]]) -> ItemRow:
    groups = tuple(("|".join(names), tuple(map(Alternative, names))) for names in sorted(needs))
    return ItemRow(code, code, "", code.rstrip("0123456789"), "new", (licence,), groups, "synthetic", "")


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
