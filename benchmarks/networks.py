"""The network report at the scale of a nation, against 60 s and 4 GiB, and against networkx at a size both can do.

    python benchmarks/networks.py [--items N --flows M] [--seed S] [--tangled]

The catalogue is synthetic and seeded: cities of some 3,000 items, 73 in a department; an item needs the popular results
of its own city most, sometimes those of the first city; one flow in ten thousand closes a circle. `--tangled` draws
both ends of every flow at random instead, so that nearly all items stand in one circle: the worst case for a search.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from registry.networks.city import City
from registry.networks.figures import Report
from registry.networks.reporting import report_by_arrays, report_by_networkx
from registry.networks.table import FlowTable
from registry.sources import Flow, Resolution

SECONDS, GIBIBYTES = 60, 4
CITY_ITEMS, DEPARTMENT_ITEMS = 3000, 73
SMALL = 10_000, 100_000  # items and flows that networkx can do as well

Result = TypeVar("Result")


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def synthetic(*, items: int, flows: int, seed: int, tangled: bool) -> FlowTable:
    """Return a seeded catalogue's flows as a table of `items` items and `flows` flows."""
    rng = np.random.default_rng(seed)
    source, user = _random(rng, items, flows) if tangled else _layered(rng, items, flows)
    departments = items // DEPARTMENT_ITEMS + 1
    return FlowTable(
        items=[f"I{n}" for n in range(items)],
        departments=[f"D{n}" for n in range(departments)],
        licences=[f"L{n:07}" for n in range(items)],
        item_department=(np.arange(items) // DEPARTMENT_ITEMS).astype(np.int32),
        source=source.astype(np.int32),
        user=user.astype(np.int32),
        licence=source.astype(np.int32),
        external={"county": flows // 10},
        city_departments=departments,
    )


def _random(rng: np.random.Generator, items: int, flows: int) -> tuple[np.ndarray, np.ndarray]:
    source = rng.integers(0, items, flows)
    return source, (source + rng.integers(1, items, flows)) % items


def _layered(rng: np.random.Generator, items: int, flows: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw users evenly and, for each, a more popular source of its city (or, one time in fifty, of the first city)."""
    size = min(CITY_ITEMS, items)
    shuffled = np.concatenate([b + rng.permutation(min(size, items - b)) for b in range(0, items, size)])
    place = rng.integers(1, items, flows)  # a place in the shuffled order, where the popular stand first
    begin = place // size * size
    begin[rng.random(flows) < 0.02] = 0
    reach = np.where(place - begin > 0, place - begin, 1)
    first = np.where(place == begin, 0, begin)  # the most popular item of a city needs something of the first one
    source, user = shuffled[first + (reach * rng.random(flows) ** 3).astype(np.int64)], shuffled[place]
    back = rng.choice(flows, 2 * max(1, flows // 10_000), replace=False)
    half = len(back) // 2
    source[back[:half]], user[back[:half]] = user[back[half:]], source[back[half:]]
    return source, user


def as_city(table: FlowTable) -> City:
    """Return the same flows as objects, for networkx."""
    columns = zip(table.source.tolist(), table.user.tolist(), table.licence.tolist(), strict=True)
    flows = [Flow(table.items[s], table.items[u], table.licences[licence], 1) for s, u, licence in columns]
    places = {item: table.departments[table.item_department[n]] for n, item in enumerate(table.items)}
    return City(Resolution(flows=flows), places, frozenset(table.departments))


def timed(act: Callable[[], Result]) -> tuple[Result, float]:
    """Return what `act` returns, and the seconds it took."""
    begun = time.perf_counter()
    return act(), time.perf_counter() - begun


def peak() -> float:
    """Return the most memory this process has held so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def summary(report: Report) -> str:
    """Return a few figures that show the report is no empty one."""
    classes = report.department_network.classes.values()
    return (
        f"  {report.flows.cross_department:,} flows across departments; {report.department_network.pairs:,} pairs; "
        f"{sum(len(c.components) for c in classes):,} components, {sum(len(c.stars) for c in classes):,} stars;\n"
        f"  {report.circles.count:,} circles, the largest of {report.circles.largest:,} items, "
        f"{len(report.cycles)} cycles spelt out; longest chain {report.longest_chain.length:,} steps; "
        f"Gini {report.concentration.gini:.3f}"
    )


def compare(seed: int, *, tangled: bool) -> bool:
    """Report by both ways on one small input; say how many times faster arrays are, and whether they agree."""
    items, flows = SMALL
    table = synthetic(items=items, flows=flows, seed=seed, tangled=tangled)
    table = FlowTable.of(as_city(table))  # without licences that flow nowhere
    by_arrays, fast = timed(lambda: report_by_arrays(table))
    by_networkx, slow = timed(lambda: report_by_networkx(as_city(table)))
    equal = by_arrays == by_networkx
    say(f"{items:,} items, {flows:,} flows: networkx {slow:.2f} s, arrays {fast:.2f} s, ratio {slow / fast:.1f}")
    say(f"  the two reports are {'equal' if equal else 'NOT EQUAL'}")
    return equal


def main() -> int:
    """Run both parts; 1 where a limit is passed or the two ways disagree."""
    parser = argparse.ArgumentParser(description="The network report at the scale of a nation.")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--flows", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=2017)
    parser.add_argument("--tangled", action="store_true", help="random flows, nearly all items in one circle")
    options = parser.parse_args()
    table, made = timed(
        lambda: synthetic(items=options.items, flows=options.flows, seed=options.seed, tangled=options.tangled)
    )
    say(f"{options.items:,} items, {options.flows:,} flows, seed {options.seed}, made in {made:.1f} s")
    report, seconds = timed(partial(report_by_arrays, table))
    memory = peak()
    say(f"  report by arrays: {seconds:.1f} s (limit {SECONDS}), peak memory {memory:.2f} GiB (limit {GIBIBYTES})")
    say(summary(report))
    del table, report
    equal = compare(options.seed, tangled=options.tangled)
    return 0 if equal and seconds < SECONDS and memory < GIBIBYTES else 1


if __name__ == "__main__":
    sys.exit(main())
