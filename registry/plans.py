"""Which licences to make electronic first: the best set within a budget, proven, beside the study's orders. Pure.

The study takes the twenty licences that are used most (section 3.2) and orders departments by the flows between them
(sections 3.3 and 4.1). Neither asks what that gains: an item still needs paper while one of its licences does. Here an
integer programme finds the set that frees the most items from paper, covers the most flows, or spares the most
applications a year.
"""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from registry.planning_model import Objective, PlanningModel, are_met, demands
from registry.planning_programme import CENTS, Answer, Programme
from registry.planning_rankings import department_pair_order, out_degree_order, spend

TIME_LIMIT = 60.0
MOST_POINTS = 1000  # of a frontier; a longer one has this many budgets, evenly spaced


@dataclass(frozen=True, slots=True)
class Bought:
    """A licence type made electronic, with the codes of the departments that issue it, and its cost."""

    licence: str
    departments: tuple[str, ...]
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Connected:
    """A department connected at a cost."""

    department: str
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Baseline:
    """What one of the study's orders reaches with the same budget; `chosen` is in that order."""

    value: int
    cost: Decimal
    chosen: tuple[str, ...]
    connected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One budget of the frontier: the best value (proven, or at most `bound`), and what the study's orders reach."""

    budget: Decimal
    value: int
    bound: int
    out_degree: int
    department_pairs: int

    @property
    def proven(self) -> bool:
        """Whether nothing better can be had for this budget."""
        return self.value >= self.bound


@dataclass(frozen=True, slots=True)
class Plan:
    """The best choice within a budget. Values and bounds are in units of the objective, a year for applications.

    `attainable` is the value of making everything electronic that has a cost. `items_free_of_paper` are those that the
    choice frees; `items_free_anyway` have no need that the plan could meet or miss, and are counted nowhere.
    """

    objective: Objective
    budget: Decimal
    chosen: tuple[Bought, ...]
    connected: tuple[Connected, ...]
    cost: Decimal
    value: int
    bound: int
    attainable: int
    baselines: Mapping[str, Baseline]
    frontier: tuple[Point, ...]
    items_free_of_paper: tuple[str, ...]
    items_free_anyway: tuple[str, ...]
    items_unresolved: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Whether no other choice within the budget has a higher value."""
        return self.value >= self.bound

    @property
    def gap(self) -> float:
        """The share of `bound` by which a better choice could exceed this one at most; 0 when proven."""
        return 0.0 if self.proven else (self.bound - self.value) / self.bound


def make_plan(
    model: PlanningModel,
    budget: Decimal | int,
    objective: Objective,
    *,
    all_flows: bool = False,
    time_limit: float = TIME_LIMIT,
    frontier: bool = True,
) -> Plan:
    """Return the best plan within `budget` (in units of cost, at most two decimals), with the frontier up to it.

    The same model gives the same plan on every run: of equally good choices the cheapest, then a fixed one (see
    `Programme.settle`). `time_limit` is in seconds, for the plan first and the frontier with what is left; where it
    ends before the proof, values come with their bounds. `all_flows` counts flows inside departments too.

    Raises `ValueError` for a budget or a time limit that is not positive, or a budget with more than two decimals.
    """
    budget = Decimal(budget)
    if not budget.is_finite() or budget <= 0 or budget * CENTS % 1:
        raise ValueError(f"the budget must be positive, with at most two decimals, not {budget}")
    if not time_limit > 0:
        raise ValueError(f"the time limit must be positive, not {time_limit}")
    search = _Search(model, Programme(model, demands(model, objective, all_flows=all_flows)), time_limit)
    best = search.programme.settle(search.at(budget), until=search.until)
    points = search.frontier(budget) if frontier else ()
    free = [item for item in model.items if item.needs and are_met(item.needs, best.chosen, best.connected)]
    return Plan(
        objective=objective,
        budget=budget,
        chosen=tuple(_bought(model, name) for name in sorted(best.chosen)),
        connected=tuple(Connected(code, model.connections[code]) for code in sorted(best.connected)),
        cost=model.cost(best.chosen, best.connected),
        value=best.value,
        bound=best.bound,
        attainable=search.programme.total,
        baselines=search.baselines(budget),
        frontier=points,
        items_free_of_paper=tuple(item.code for item in free),
        items_free_anyway=tuple(item.code for item in model.items if not item.needs),
        items_unresolved=tuple(item.code for item in model.items if () in item.needs),
    )


def _bought(model: PlanningModel, name: str) -> Bought:
    kind = model.types[name]
    return Bought(name, kind.departments, kind.cost or Decimal(0))


class _Search:
    """Solves for one budget after another; each answer bounds those of smaller and of larger budgets."""

    def __init__(self, model: PlanningModel, programme: Programme, time_limit: float) -> None:
        self.model, self.programme = model, programme
        self.until = time.monotonic() + time_limit
        self.orders = {"out_degree": out_degree_order(model), "department_pairs": department_pair_order(model)}
        self.answers: dict[Decimal, Answer] = {}
        self._values: dict[tuple[tuple[str, ...], frozenset[str]], int] = {}

    def baselines(self, budget: Decimal) -> dict[str, Baseline]:
        """Return what the study's orders reach within `budget`."""
        found = {}
        for name, order in self.orders.items():
            chosen, connected = spend(self.model, order, budget)
            if (chosen, connected) not in self._values:
                self._values[chosen, connected] = self.programme.value(frozenset(chosen), connected)
            cost = self.model.cost(chosen, connected)
            found[name] = Baseline(self._values[chosen, connected], cost, chosen, tuple(sorted(connected)))
        return found

    def at(self, budget: Decimal, low: Answer | None = None, high: Answer | None = None) -> Answer:
        """Return the best within `budget`; `low` is the answer to a smaller budget, `high` that to a larger one."""
        known = [
            Answer(frozenset(b.chosen), frozenset(b.connected), b.value, 0) for b in self.baselines(budget).values()
        ]
        known += [low] if low else []
        best = max(known, key=lambda answer: answer.value)
        bound = high.bound if high else self.programme.total
        answer = self.programme.solve(budget, known=best, bound=bound, until=self.until)
        self.answers[budget] = answer
        return answer

    def frontier(self, budget: Decimal) -> tuple[Point, ...]:
        """Return the best value of every whole budget up to `budget`, and of itself.

        Values never fall as budgets grow, so the search halves: where both ends of a stretch have the same value,
        everything between them is solved.
        """
        budgets = _budgets(budget)
        high = self.answers.get(budget) or self.at(budget)
        if len(budgets) > 1:
            self.at(budgets[0], high=high)
        stretches = deque([(0, len(budgets) - 1)])
        while stretches:
            first, last = stretches.popleft()
            if last - first > 1:
                middle = (first + last) // 2
                self.at(budgets[middle], self.answers[budgets[first]], self.answers[budgets[last]])
                stretches += [(first, middle), (middle, last)]
        self._smooth(budgets)
        return tuple(self._point(each) for each in budgets)

    def _smooth(self, budgets: list[Decimal]) -> None:
        """Carry values upwards and bounds downwards, where the time limit left answers unproven."""
        for smaller, larger in pairwise(budgets):
            low, high = self.answers[smaller], self.answers[larger]
            if low.value > high.value:
                self.answers[larger] = replace(low, bound=high.bound)
        for larger, smaller in pairwise(budgets[::-1]):
            bound = min(self.answers[smaller].bound, self.answers[larger].bound)
            self.answers[smaller] = replace(self.answers[smaller], bound=bound)

    def _point(self, budget: Decimal) -> Point:
        answer, baselines = self.answers[budget], self.baselines(budget)
        out_degree, pairs = baselines["out_degree"].value, baselines["department_pairs"].value
        return Point(budget, answer.value, answer.bound, out_degree, pairs)


def _budgets(budget: Decimal) -> list[Decimal]:
    whole = int(budget)
    count = min(whole, MOST_POINTS)
    budgets = [Decimal(whole * number // count) for number in range(1, count + 1)]
    return budgets if whole == budget else [*budgets, budget]
