"""Plans: equal to trying every choice, never worse than the study's orders, the same on every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.catalogue import Catalogue, read_catalogue
from registry.names import comparable
from registry.planning_model import (
    OBJECTIVES,
    Costs,
    Objective,
    PlannedFlow,
    PlannedItem,
    PlannedType,
    PlanningModel,
    Way,
    planning_model,
)
from registry.plans import Plan, make_plan
from registry.sources import CONVENTIONAL, resolve
from tests import factories as make

TYPES = [f"证照{n}" for n in range(6)]
PAID = ["P", "Q"]
DEPARTMENTS = [*PAID, "R"]
COSTS = [Decimal(c) for c in ("0", "0.5", "1", "1.25", "2", "3")]


@st.composite
def models(draw: st.DrawFn) -> PlanningModel:
    """Draw a small model: any-of groups, unresolved needs, closed and free types, departments that cost."""
    costs = draw(st.lists(st.sampled_from([None, *COSTS]), min_size=6, max_size=6))
    types = {n: PlannedType(n, ("R",), cost) for n, cost in zip(TYPES, costs, strict=True)}
    ways = st.builds(Way, st.sampled_from(TYPES), st.sampled_from([(), (), ("P",), ("Q",), ("P", "Q")]))
    needs = st.lists(st.lists(ways, max_size=3, unique=True).map(tuple), max_size=3).map(tuple)
    items = draw(st.lists(st.tuples(needs, st.integers(0, 9)), max_size=7))
    places = st.sampled_from(DEPARTMENTS)
    codes = st.sampled_from(["S1", "S2", "S3"])
    flows = st.builds(PlannedFlow, codes, st.just("U1"), ways, places, places, st.booleans())
    connections = {code: draw(st.sampled_from(COSTS[1:])) for code in PAID}
    planned = tuple(PlannedItem(f"I{n}", drawn, weight) for n, (drawn, weight) in enumerate(items))
    return PlanningModel(types, planned, tuple(draw(st.lists(flows, max_size=8))), connections)


def subsets(values: list[str]) -> Iterator[set[str]]:
    yield from map(set, chain.from_iterable(combinations(values, k) for k in range(len(values) + 1)))


def worth(model: PlanningModel, objective: Objective, chosen: set[str], connected: set[str], all_flows: bool) -> int:
    """Count by the words of the definition, apart from the code under test."""

    def is_open(way: Way) -> bool:
        return way.licence in chosen and set(way.departments) <= connected

    if objective == "flows":
        counted = [f for f in model.flows if all_flows or f.source_department != f.user_department]
        return sum(is_open(flow.way) for flow in counted)
    free = [i for i in model.items if i.needs and all(any(map(is_open, need)) for need in i.needs)]
    return len(free) if objective == "items" else sum(item.applications for item in free)


def exhaustive(model: PlanningModel, objective: Objective, budget: Decimal, all_flows: bool) -> tuple[int, Decimal]:
    """Return the highest value within the budget, and the least cost of it."""
    prices = {name: kind.cost for name, kind in model.types.items() if kind.cost is not None}
    found = []
    for chosen in subsets(sorted(prices)):
        for connected in subsets(PAID):
            cost = sum((prices[n] for n in chosen), Decimal(0)) + sum(
                (model.connections[c] for c in connected), Decimal(0)
            )
            if cost <= budget:
                found.append((worth(model, objective, chosen, connected, all_flows), -cost))
    value, cost = max(found)
    return value, -cost


@settings(max_examples=150)
@given(
    models(),
    st.sampled_from(OBJECTIVES),
    st.sampled_from([Decimal(b) for b in ("0.25", "1", "2", "3.5", "6")]),
    st.booleans(),
)
def test_a_plan_equals_trying_every_choice(
    model: PlanningModel, objective: Objective, budget: Decimal, all_flows: bool
) -> None:
    plan = make_plan(model, budget, objective, all_flows=all_flows)
    value, cost = exhaustive(model, objective, budget, all_flows)
    chosen, connected = {b.licence for b in plan.chosen}, {c.department for c in plan.connected}
    assert (plan.value, plan.bound, plan.proven, plan.gap) == (value, value, True, 0.0)
    assert worth(model, objective, chosen, connected, all_flows) == value
    assert plan.cost == cost <= budget
    assert plan.cost == sum((b.cost for b in plan.chosen), Decimal(0)) + sum(
        (c.cost for c in plan.connected), Decimal(0)
    )


@given(models(), st.sampled_from(OBJECTIVES), st.booleans())
def test_the_frontier_is_exhaustive_search_at_every_budget_and_never_falls(
    model: PlanningModel, objective: Objective, all_flows: bool
) -> None:
    plan = make_plan(model, Decimal("5.5"), objective, all_flows=all_flows)
    assert [point.budget for point in plan.frontier] == [*map(Decimal, range(1, 6)), Decimal("5.5")]
    for point in plan.frontier:
        assert point.proven
        assert point.value == point.bound == exhaustive(model, objective, point.budget, all_flows)[0]
        assert point.value >= max(point.out_degree, point.department_pairs)
    values = [point.value for point in plan.frontier]
    assert values == sorted(values)
    assert values[-1] == plan.value <= plan.attainable


@given(models(), st.sampled_from(OBJECTIVES))
def test_the_study_s_orders_keep_to_the_budget_and_count_the_same_way(
    model: PlanningModel, objective: Objective
) -> None:
    plan = make_plan(model, 3, objective, frontier=False)
    assert set(plan.baselines) == {"out_degree", "department_pairs"}
    for baseline in plan.baselines.values():
        assert baseline.cost <= plan.budget
        assert baseline.cost == model.cost(baseline.chosen, baseline.connected)
        assert baseline.value == worth(model, objective, set(baseline.chosen), set(baseline.connected), all_flows=False)
        assert plan.value >= baseline.value


@given(models())
def test_an_item_with_an_unresolved_need_is_never_free_of_paper(model: PlanningModel) -> None:
    plan = make_plan(model, 100, "items", frontier=False)
    unresolved = {item.code for item in model.items if () in item.needs}
    assert set(plan.items_unresolved) == unresolved
    assert not unresolved & {*plan.items_free_of_paper, *plan.items_free_anyway}
    assert len(plan.items_free_of_paper) == plan.value
    assert set(plan.items_free_anyway) == {item.code for item in model.items if not item.needs}


@given(models(), st.sampled_from(OBJECTIVES), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(model: PlanningModel, objective: Objective, random) -> None:
    types, items, flows = list(model.types.items()), list(model.items), list(model.flows)
    for rows in (types, items, flows):
        random.shuffle(rows)
    shuffled = PlanningModel(dict(types), tuple(items), tuple(flows), dict(reversed([*model.connections.items()])))
    first, second = make_plan(model, 3, objective), make_plan(shuffled, 3, objective)
    assert (first.chosen, first.connected, first.value) == (second.chosen, second.connected, second.value)
    assert (first.baselines, first.frontier) == (second.baselines, second.frontier)


@given(models(), st.sampled_from(OBJECTIVES))
def test_without_time_there_are_still_honest_bounds(model: PlanningModel, objective: Objective) -> None:
    hasty, plan = make_plan(model, 4, objective, time_limit=1e-9), make_plan(model, 4, objective)
    assert hasty.value <= plan.value <= hasty.bound
    assert hasty.proven == (hasty.gap == 0.0)
    assert 0.0 <= hasty.gap <= 1.0
    assert hasty.value >= max(b.value for b in hasty.baselines.values())
    for point, best in zip(hasty.frontier, plan.frontier, strict=True):
        assert max(point.out_degree, point.department_pairs) <= point.value <= best.value <= point.bound
    assert [p.value for p in hasty.frontier] == sorted(p.value for p in hasty.frontier)
    assert [p.bound for p in hasty.frontier] == sorted(p.bound for p in hasty.frontier)


@pytest.mark.parametrize("budget", [0, -1, Decimal("0.001"), Decimal("NaN"), Decimal("Infinity")])
def test_a_budget_must_be_positive_with_at_most_two_decimals(budget) -> None:
    with pytest.raises(ValueError, match="budget"):
        make_plan(PlanningModel({}, ()), budget, "items")


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_time_limit_must_be_positive(limit: float) -> None:
    with pytest.raises(ValueError, match="time limit"):
        make_plan(PlanningModel({}, ()), 1, "items", time_limit=limit)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_nothing_to_plan_is_a_plan(objective: Objective) -> None:
    plan = make_plan(PlanningModel({}, ()), 2, objective)
    assert (plan.chosen, plan.value, plan.bound, plan.proven, plan.gap) == ((), 0, 0, True, 0.0)
    assert [point.value for point in plan.frontier] == [0, 0]


# Made by hand, with known answers.

RANKED, PAIR_A, PAIR_B = "常用证", "甲证", "乙证"


def _model(*needs: tuple[tuple[Way, ...], ...], costs: dict[str, Decimal | None] | None = None) -> PlanningModel:
    names = {way.licence for each in needs for need in each for way in need}
    prices = {name: Decimal(1) for name in names} | (costs or {})
    types = {name: PlannedType(name, ("D",), cost) for name, cost in prices.items()}
    return PlanningModel(types, tuple(PlannedItem(f"I{n}", each) for n, each in enumerate(needs)))


def _names(plan: Plan) -> list[str]:
    return [bought.licence for bought in plan.chosen]


def test_the_most_used_licences_may_free_fewer_items() -> None:
    """常用证 is used by three items, each of which needs another one besides: two others together free two."""
    pair = ((Way(PAIR_A),), (Way(PAIR_B),))
    together = [((Way(RANKED),), (Way(f"别证{n}"),)) for n in range(3)]
    model = _model(*together, pair, pair)
    plan = make_plan(model, 2, "items")
    assert (plan.value, _names(plan)) == (2, sorted([PAIR_A, PAIR_B]))
    assert [point.value for point in plan.frontier] == [0, 2]


def test_one_alternative_meets_a_need_and_the_cheaper_is_taken() -> None:
    model = _model(((Way("核准"), Way("备案")),), costs={"核准": Decimal(2)})
    plan = make_plan(model, 5, "items")
    assert (_names(plan), plan.cost, plan.value) == (["备案"], Decimal(1), 1)


def test_what_gains_nothing_is_not_bought() -> None:
    model = _model(((Way("甲"),),), ((Way("乙"),), ()))
    plan = make_plan(model, 9, "items")
    assert (_names(plan), plan.cost, plan.items_unresolved) == (["甲"], Decimal(1), ("I1",))


def test_a_department_is_connected_once_for_all_its_licences() -> None:
    types = {name: PlannedType(name, ("P",), Decimal(1)) for name in ("甲", "乙")}
    items = (PlannedItem("I1", ((Way("甲", ("P",)),),)), PlannedItem("I2", ((Way("乙", ("P",)),),)))
    model = PlanningModel(types, items, (), {"P": Decimal(3)})
    assert [point.value for point in make_plan(model, 5, "items").frontier] == [0, 0, 0, 1, 2]


@dataclass(frozen=True)
class Case:
    folder: Path
    rows: dict[str, list[dict[str, str]]]

    def item(self, code: str, **values: str) -> None:
        next(row for row in self.rows["items"] if row["code"] == code).update(values)

    def catalogue(self) -> Catalogue:
        return read_catalogue(make.write_catalogue(self.folder, self.rows))

    def model(self, costs: Costs | None = None, **options) -> PlanningModel:
        catalogue = self.catalogue()
        resolution = resolve(catalogue, conventional=options.pop("conventional", CONVENTIONAL))
        return planning_model(catalogue, resolution, costs=costs, **options)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, make.sheets())


def _needs(model: PlanningModel, code: str):
    return {frozenset(way.licence for way in need) for item in model.items if item.code == code for need in item.needs}


def test_needs_come_from_the_catalogue_with_alternatives_and_aliases(case: Case) -> None:
    model = case.model()
    assert _needs(model, "O2") == {frozenset({make.APPROVAL, make.STUDY}), frozenset({make.LAND})}
    assert _needs(model, "D2") == {
        frozenset({make.SITE}), frozenset({make.LAND}), frozenset({make.REPORT, make.FORM}),
    }  # fmt: skip
    assert _needs(model, "O1") == set()
    assert {item.code for item in model.items} == set(case.catalogue().items)


def test_the_small_city_has_known_plans(case: Case) -> None:
    """选址意见书 alone frees L1, M1, M2; 技术改造项目核准批复 then D3, and O2 with 用地预审意见."""
    plan = make_plan(case.model(), 3, "items")
    assert [point.value for point in plan.frontier] == [3, 4, 5]
    assert plan.proven
    assert {"L1", "M1", "M2"} <= set(plan.items_free_of_paper)
    assert plan.attainable == len({"L1", "M1", "M2", "D2", "D3", "O2", "O3", "O4"})
    assert "O1" in plan.items_free_anyway


def test_types_from_other_levels_count_only_with_a_cost(case: Case) -> None:
    without = make_plan(case.model(), 100, "items")
    assert make.PAWN not in _names(without)
    assert "O5" not in without.items_free_of_paper
    given = make_plan(case.model(Costs({comparable(make.PAWN): Decimal(4)})), 100, "items")
    bought = next(b for b in given.chosen if b.licence == make.PAWN)
    assert (bought.departments, bought.cost) == (("省_U",), Decimal(4))
    assert "O5" in given.items_free_of_paper
    assert given.value == without.value + 1
    flows = [
        make_plan(m, 100, "flows").value for m in (case.model(), case.model(Costs({comparable(make.PAWN): Decimal(4)})))
    ]
    assert flows[1] == flows[0] + 1


def test_an_unresolved_need_keeps_its_item_on_paper_but_not_where_an_alternative_is_known(case: Case) -> None:
    case.item("O3", prerequisite_licences=f"{make.DEED};无源之证")
    case.item("O4", prerequisite_licences=f"{make.EXPLOSIVES}|无源之证")
    plan = make_plan(case.model(), 100, "items")
    assert plan.items_unresolved == ("O3",)
    assert "O3" not in plan.items_free_of_paper
    assert "O4" in plan.items_free_of_paper


def test_conventional_licences_are_electronic_already_unless_treated_like_others(case: Case) -> None:
    case.item("L2", result_licences=f"{make.DEED};营业执照")
    case.item("O1", prerequisite_licences="营业执照")
    case.item("O3", prerequisite_licences=f"{make.DEED}|营业执照")
    usual, like_others = case.model(), case.model(conventional=())
    assert "营业执照" not in usual.types
    assert _needs(usual, "O1") == _needs(usual, "O3") == set()
    assert {"O1", "O3"} <= set(make_plan(usual, 1, "items").items_free_anyway)
    assert _needs(like_others, "O1") == {frozenset({"营业执照"})}
    assert _needs(like_others, "O3") == {frozenset({make.DEED, "营业执照"})}
    assert {"O1", "O3"} <= set(make_plan(like_others, 100, "items").items_free_of_paper)


def test_connecting_counts_between_departments_alone(case: Case) -> None:
    costs = Costs({}, {"L": Decimal(5), "O": Decimal(7), "D": Decimal(0)})
    ways = {flow.user: flow.way for flow in case.model(costs).flows if flow.way.licence in {make.SITE, make.APPROVAL}}
    assert ways["L1"].departments == ("L", "O")
    assert ways["D2"].departments == ("O",)
    assert ways["D3"].departments == ()


def test_a_type_from_several_departments_needs_all_of_them(case: Case) -> None:
    case.item("M4", result_licences=make.DEED)
    model = case.model(Costs({}, {"L": Decimal(2), "M": Decimal(2), "O": Decimal(2)}))
    item = next(item for item in model.items if item.code == "O3")
    assert item.needs == ((Way(make.DEED, ("L", "M", "O")),),)
    assert model.types[make.DEED].departments == ("L", "M")


def test_applications_weigh_items(case: Case) -> None:
    weights = {"O4": 1000, "L1": 1, "M1": 1, "M2": 1}
    plan = make_plan(case.model(applications=weights), 1, "applications")
    assert (plan.value, _names(plan)) == (1000, [make.EXPLOSIVES])
    assert make_plan(case.model(), 1, "applications").value == make_plan(case.model(), 1, "items").value


def test_flows_inside_departments_count_only_when_asked(case: Case) -> None:
    model = case.model()
    across = make_plan(model, 100, "flows").attainable
    everything = make_plan(model, 100, "flows", all_flows=True).attainable
    city = [flow for flow in model.flows if flow.within_city]
    assert everything == len(city)
    assert across == sum(flow.source_department != flow.user_department for flow in city) < everything


def test_the_orders_are_the_study_s(case: Case) -> None:
    """选址意见书 flows to four items of other departments, the most; the pair with most flows is L and O."""
    plan = make_plan(case.model(), 2, "flows")
    assert plan.baselines["out_degree"].chosen[0] == make.SITE
    assert len(plan.baselines["department_pairs"].chosen) == 2
    assert plan.value >= max(b.value for b in plan.baselines.values())


@pytest.mark.parametrize("objective", OBJECTIVES[:2])
def test_the_reference_city_s_frontier_is_proven_at_every_budget(objective: Objective) -> None:
    catalogue = read_catalogue(make.SHIPPED)
    plan = make_plan(planning_model(catalogue, resolve(catalogue)), 20, objective)
    assert plan.proven
    assert len(plan.frontier) == 20
    for point in plan.frontier:
        assert point.proven
        assert point.value >= max(point.out_degree, point.department_pairs)
    assert plan.value > plan.baselines["out_degree"].value
    assert len(plan.chosen) == len(plan.baselines["out_degree"].chosen) == 20
