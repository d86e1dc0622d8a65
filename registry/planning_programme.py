"""The integer programme behind a plan, solved by HiGHS to proven optimality. Pure.

A variable 0 or 1 for each licence type made electronic and each department connected; for each demand (an item, a flow)
one that may be 1 only when each of its needs has an open way. The budget bounds the costs, the weights of the demands
are maximised. Demands that nothing can meet are left out, those with the same needs are one with their weights added:
both leave the optimum as it is. Whatever HiGHS answers is counted again in whole numbers before it is believed.

Maximising what k types cover all of is a densest-subgraph problem (NP-hard), beyond the study's ranking (section 3.2).
"""

import hashlib
import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, lil_array

from registry.planning_model import Demand, PlanningModel, Way, are_met

CENTS = 100  # costs have at most two decimals, so that they are whole numbers of these
_TIES = 2**20  # the weights that break ties are 1 to this

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """A choice of types and departments: its value, and a bound that no choice within the budget exceeds.

    `value` and `bound` are in units of the objective; `nodes` are those of HiGHS's search, 0 where it was not needed.
    """

    chosen: frozenset[str]
    connected: frozenset[str]
    value: int
    bound: int
    nodes: int = 0

    @property
    def proven(self) -> bool:
        """Whether no choice within the budget has a higher value."""
        return self.value >= self.bound


class Programme:
    """The programme of a model and its demands; only the budget changes from one solution to the next."""

    def __init__(self, model: PlanningModel, wanted: Iterable[Demand]) -> None:
        self.model = model
        self.demands = _reduced(model, wanted)
        self.total = sum(demand.weight for demand in self.demands)
        ways = {way for demand in self.demands for need in demand.needs for way in need}
        self.types = sorted({way.licence for way in ways})
        self.departments = sorted({department for way in ways for department in way.departments})
        # One of several ways that takes departments has a column of its own; the columns of demands come last.
        several = {way for demand in self.demands for need in demand.needs for way in need if len(need) > 1}
        self._type_columns = {name: column for column, name in enumerate(self.types)}
        self._department_columns = {code: column for column, code in enumerate(self.departments, len(self.types))}
        first = len(self.types) + len(self.departments)
        self._way_columns = {w: c for c, w in enumerate(sorted(w for w in several if w.departments), first)}
        self._links = self._linked()
        self._prices = [model.types[name].cost or Decimal(0) for name in self.types]
        self._prices += [model.connections[code] for code in self.departments]
        self._least = [self._least_cost(demand) for demand in self.demands]

    def value(self, chosen: frozenset[str], connected: frozenset[str]) -> int:
        """Return the weight of the demands that the choice meets, whatever it costs."""
        return sum(demand.weight for demand in self.demands if are_met(demand.needs, chosen, connected))

    def solve(self, budget: Decimal, *, known: Answer, bound: int, until: float) -> Answer:
        """Return the best choice within `budget`, or the best found when `time.monotonic()` reaches `until`.

        `known` is a choice within the budget, `bound` a value that none within it exceeds: with both equal nothing is
        left to solve.
        """
        known = replace(known, bound=min(bound, self.total), nodes=0)
        if known.proven or time.monotonic() >= until:
            return known
        # SciPy passes no start, but told the value of a known choice HiGHS proves hard budgets sooner (up to thrice).
        floor = [self._worth(known.value)] if known.value else []
        result = self._run(-self._weights(), floor, budget, until)
        found = self._bounded(result.mip_dual_bound, known.bound)
        better = self._read(result.x, budget, replace(known, bound=found, nodes=int(result.mip_node_count or 0)))
        return replace(better, bound=max(better.bound, better.value))

    def settle(self, best: Answer, *, until: float) -> Answer:
        """Return, of all choices as good as a proven `best`, the cheapest; of those, that with the least sum of ties.

        A type's tie is a number from 1 to 2**20 by the SHA-256 of its name, a department's by that of its code: with n
        of them the least sum belongs to one choice alone with a probability of at least 1 - n / 2**20 (the isolation
        lemma), so neither the order of rows nor the solver's path decides. The value stays the same. After `until`
        the choice is left as good, but not settled.
        """
        if not best.value:
            return replace(best, chosen=frozenset(), connected=frozenset())
        if not best.proven:
            return best
        worth = self._worth(best.value)
        cheapest = self._minimal(best, self._costs(), worth, until)
        return self._minimal(cheapest, self._ties(), worth, until)

    def _minimal(self, best: Answer, objective: Vector, worth: LinearConstraint, until: float) -> Answer:
        """Return the choice with the least `objective` that is worth as much as `best` and costs no more."""
        if time.monotonic() >= until:
            return best
        cost = self.model.cost(best.chosen, best.connected)
        result = self._run(objective, [worth], cost, until)
        return self._read(result.x, cost, best) if result.status == 0 else best

    def _run(self, objective: Vector, limits: list[LinearConstraint], budget: Decimal, until: float) -> "_Result":
        """Return HiGHS's answer: the least `objective` within `limits` and `budget`."""
        result: _Result = milp(
            objective,
            integrality=self._spread([1] * len(self._prices)),
            bounds=Bounds(0, self._within_reach(budget)),
            constraints=[self._links, self._at_most(self._costs(), int(budget * CENTS)), *limits],
            options={"mip_rel_gap": 0.0, "time_limit": max(until - time.monotonic(), 0.01)},
        )
        return result

    def _worth(self, value: int) -> LinearConstraint:
        """Return the row that asks for a value of at least `value`; the half is for rounding, values being whole."""
        return self._at_most(-self._weights(), 0.5 - value)

    def _within_reach(self, budget: Decimal) -> Vector:
        """Return 1 for each column, but 0 for the demands that would take more than `budget` by themselves."""
        columns = np.ones(self._width)
        columns[self._first_demand :] = [cost <= budget for cost in self._least]
        return columns

    def _least_cost(self, demand: Demand) -> Decimal:
        """Return what meeting `demand` costs at least: all that its needs with one way take."""
        ways = [need[0] for need in demand.needs if len(need) == 1]
        return self.model.cost({way.licence for way in ways}, {code for way in ways for code in way.departments})

    def _read(self, values: Vector | None, budget: Decimal, known: Answer) -> Answer:
        """Return the choice that HiGHS found, or `known` if it is worth less or breaks the budget by rounding."""
        if values is None:
            return known
        chosen = frozenset(name for name, column in self._type_columns.items() if values[column] > 0.5)
        connected = frozenset(code for code, column in self._department_columns.items() if values[column] > 0.5)
        value = self.value(chosen, connected)
        if value < known.value or self.model.cost(chosen, connected) > budget:
            return known
        return replace(known, chosen=chosen, connected=connected, value=value)

    def _bounded(self, dual: float | None, bound: int) -> int:
        """Return the whole number below HiGHS's bound (of the negated value), if it is sharper than `bound`."""
        if dual is None or not math.isfinite(dual):
            return bound
        return min(bound, math.floor(-dual + min(0.5, 1e-6 * max(1.0, -dual))))

    def _costs(self) -> Vector:
        return self._spread([int(cost * CENTS) for cost in self._prices])

    def _ties(self) -> Vector:
        names = [*self.types, *self.departments]
        return self._spread([int.from_bytes(hashlib.sha256(n.encode()).digest()[:8]) % _TIES + 1 for n in names])

    def _weights(self) -> Vector:
        weights = np.zeros(self._width)
        weights[self._first_demand :] = [demand.weight for demand in self.demands]
        return weights

    def _spread(self, binaries: Sequence[int]) -> Vector:
        vector = np.zeros(self._width)
        vector[: len(binaries)] = binaries
        return vector

    @staticmethod
    def _at_most(row: Vector, limit: float) -> LinearConstraint:
        scale = math.gcd(*(int(value) for value in row if value)) or 1
        return LinearConstraint(csr_array(row[np.newaxis, :] / scale), ub=limit / scale)

    def _linked(self) -> LinearConstraint:
        """Return the rows that let a demand count only with all its needs, and a way only with all it takes."""
        rows = [{column: 1, part: -1} for way, column in self._way_columns.items() for part in self._parts(way)]
        for column, demand in enumerate(self.demands, start=self._first_demand):
            for need in demand.needs:
                if len(need) == 1:
                    rows += [{column: 1, part: -1} for part in self._parts(need[0])]
                else:
                    rows.append({column: 1} | {self._column(way): -1 for way in need})
        matrix = lil_array((len(rows), self._width))
        for number, row in enumerate(rows):
            for column, value in row.items():
                matrix[number, column] = value
        return LinearConstraint(matrix.tocsr(), ub=0)

    @property
    def _first_demand(self) -> int:
        return len(self.types) + len(self.departments) + len(self._way_columns)

    @property
    def _width(self) -> int:
        return self._first_demand + len(self.demands)

    def _column(self, way: Way) -> int:
        return self._way_columns[way] if way.departments else self._type_columns[way.licence]

    def _parts(self, way: Way) -> list[int]:
        return [self._type_columns[way.licence], *(self._department_columns[code] for code in way.departments)]


class _Result:
    """What `scipy.optimize.milp` answers, as far as it is read here."""

    status: int
    x: Vector | None
    mip_dual_bound: float | None
    mip_node_count: int | None


def _reduced(model: PlanningModel, wanted: Iterable[Demand]) -> list[Demand]:
    """Return the demands that can be met at all, each set of needs once, in a stable order."""
    weights: Counter[tuple[tuple[Way, ...], ...]] = Counter()
    for demand in wanted:
        needs = {tuple(sorted({w for w in need if model.types[w.licence].cost is not None})) for need in demand.needs}
        if () not in needs:
            weights[tuple(sorted(needs))] += demand.weight
    return [Demand(needs, weight) for needs, weight in sorted(weights.items()) if weight]
