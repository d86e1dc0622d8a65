"""The study's own orders of licences, as plans to compare with. Pure.

Two orders, spent from the front until the budget is: what does not fit any more is passed over.
- Out-degree (section 3.2, strategy 1 of section 4.1): items by the number of flows to other departments, each with the
  licences that flow from it. Ties go by all flows of the item, then by its code.
- Department pairs (section 3.3, strategy 2 of section 4.1): pairs by the flows between them in both directions, ties by
  code; within a pair the types by the flows between the two, then by name.
Neither knows types from other levels. Where connecting costs, a type is taken with the departments it needs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from registry.planning_model import PlanningModel


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order: a licence type, with the departments to connect for it that cost something."""

    licence: str
    departments: frozenset[str]


def out_degree_order(model: PlanningModel) -> list[Step]:
    """Return the types in the order of their source items' flows to other departments, each type once."""
    degrees: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    yields: dict[str, Counter[str]] = defaultdict(Counter)
    takes: dict[str, set[str]] = defaultdict(set)
    for flow in model.flows:
        if flow.within_city:
            degrees[flow.source] += flow.crosses
            totals[flow.source] += 1
            yields[flow.source][flow.way.licence] += 1
            takes[flow.way.licence].update(flow.way.departments)
    order = sorted(totals, key=lambda item: (-degrees[item], -totals[item], item))
    names = dict.fromkeys(name for item in order for name in _ranked(yields[item]))
    return [Step(name, frozenset(takes[name])) for name in names]


def department_pair_order(model: PlanningModel) -> list[Step]:
    """Return the types in the order of the pairs of departments between which they flow; a type may stand twice."""
    pairs: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for flow in model.flows:
        if flow.within_city and flow.crosses:
            low, high = sorted((flow.source_department, flow.user_department))
            pairs[low, high][flow.way.licence] += 1
    order = sorted(pairs, key=lambda pair: (-pairs[pair].total(), pair))
    return [
        Step(name, frozenset(model.connections.keys() & set(pair))) for pair in order for name in _ranked(pairs[pair])
    ]


def spend(model: PlanningModel, order: list[Step], budget: Decimal) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the types, in that order, and the departments that `budget` buys when it is spent in `order`."""
    chosen: dict[str, None] = {}
    connected: set[str] = set()
    left = budget
    for step in order:
        types, departments = {step.licence} - chosen.keys(), step.departments - connected
        closed = model.types[step.licence].cost is None
        price = model.cost(types, departments)
        if not closed and price <= left:
            chosen |= dict.fromkeys(types)
            connected |= departments
            left -= price
    return tuple(chosen), frozenset(connected)


def _ranked(counts: Counter[str]) -> Iterator[str]:
    yield from sorted(counts, key=lambda name: (-counts[name], name))
