"""The figures of section 3, on small networks whose figures can be seen."""

from collections.abc import Callable, Iterable

import pytest

from registry.networks.city import City, code_order
from registry.networks.figures import DepartmentNetwork, Pair, Report
from registry.networks.reporting import TOP, report_by_arrays, report_by_networkx
from registry.networks.table import FlowTable
from registry.sources import AddedItem, ExternalFlow, Flow, Resolution, Use


def _by_arrays(city: City, *, top: int = TOP) -> Report:
    return report_by_arrays(FlowTable.of(city), top=top)


@pytest.fixture(params=[report_by_networkx, _by_arrays], ids=["networkx", "arrays"])
def report(request: pytest.FixtureRequest) -> Callable[..., Report]:
    chosen: Callable[..., Report] = request.param
    return chosen


def department(item: str) -> str:
    return item.rstrip("0123456789")


def flow(text: str) -> Flow:
    """Return the flow that "A1 B1" or "A1 B1 licence" describes; by itself an item yields a licence of its own name."""
    source, user, *licence = text.split()
    return Flow(source, user, licence[0] if licence else f"{source}证", 1)


def city(flows: Iterable[str], *more_items: str, **lists: list[object]) -> City:
    made = [flow(text) for text in flows]
    items = {code for f in made for code in (f.source, f.user)} | set(more_items)
    places = {item: department(item) for item in items}
    resolution = Resolution(flows=made, **lists)  # type: ignore[arg-type]
    return City(resolution, places, frozenset(places.values()))


def between(weights: dict[str, int]) -> City:
    """Return a city of one item a department; "A B" -> 3 are three flows between them."""
    flows = [f"{one}1 {other}1 证{n}" for pair, w in weights.items() for n in range(w) for one, other in [pair.split()]]
    return city(flows)


def components(network: DepartmentNetwork, name: str) -> list[str]:
    return [" ".join(component.departments) for component in network.classes[name].components]


# --- Flows and items ----------------------------------------------------------------------------------------------


def test_flows_are_counted_by_where_they_come_from(report) -> None:
    levels = ["county", "county", "provincial", "national"]
    external: list[object] = [ExternalFlow("x", "A1", f"证{n}", level, "V") for n, level in enumerate(levels)]
    unresolved: list[object] = [Use("A1", "无名证")]
    added: list[object] = [AddedItem("B9", "B", "某证")]
    found = report(city(["A1 A2", "A1 B1", "B9 A1"], "C1", external=external, unresolved=unresolved, added_items=added))
    flows = found.flows
    assert (flows.total, flows.city, flows.internal, flows.cross_department) == (7, 3, 1, 2)
    assert (flows.cross_level, flows.county, flows.province, flows.nation) == (4, 2, 1, 1)
    assert (found.items, found.added_items, found.departments, found.unresolved) == (5, 1, 3, 1)


def test_the_top_counts_flows_to_other_departments_and_breaks_ties_by_code(report) -> None:
    found = report(city(["A10 B1", "A10 B2", "A2 B1", "A2 B2", "A2 A3", "A2 A4", "AA1 B1", "C1 C2"]), top=2)
    assert [(r.rank, r.item, r.department, r.out_degree) for r in found.top.rows] == [
        (1, "A2", "A", 2),
        (2, "A10", "A", 2),
    ]
    assert (found.sources_used, found.top.k, found.top.flows, found.top.share) == (3, 2, 4, 4 / 5)
    assert found.concentration.share_of_top == 4 / 5


def test_a_row_names_the_licences_used_the_most_used_first(report) -> None:
    found = report(city(["A1 B1 乙", "A1 B2 甲", "A1 B3 甲", "A1 B1 甲"]))
    assert [(r.licence, r.out_degree) for r in found.top.rows] == [("甲；乙", 4)]


def test_in_degree_is_ranked_by_flows_and_by_distinct_licences(report) -> None:
    found = report(city(["A1 C1 甲", "A2 C1 甲", "B1 C1 甲", "A1 C2 甲", "B1 C2 乙"]))
    in_degree = found.in_degree
    assert in_degree.users == 2
    assert [(r.item, r.flows, r.licences) for r in in_degree.by_flows] == [("C1", 3, 1), ("C2", 2, 2)]
    assert [(r.item, r.flows, r.licences) for r in in_degree.by_licences] == [("C2", 2, 2), ("C1", 3, 1)]


def test_concentration_of_one_source_among_four_items(report) -> None:
    found = report(city(["A1 B1", "A1 B2", "A1 B3"])).concentration
    assert found.gini == 3 / 4
    assert found.gini_of_sources == 0
    assert found.lorenz == ((0, 0), (3 / 4, 0), (1, 1))


def test_an_empty_city_has_figures_too(report) -> None:
    found = report(city([]))
    assert (found.items, found.flows.total, found.top.share, found.concentration.gini) == (0, 0, 0, 0)
    assert found.concentration.lorenz == ((0, 0), (1, 1))
    assert found.department_network.pairs == 0
    assert found.longest_chain.length == 0
    assert found.cycles == ()


# --- Chains and circles -------------------------------------------------------------------------------------------


def test_the_longest_chain_walks_inside_departments_too(report) -> None:
    chain = report(city(["A1 A2", "A2 B1 甲", "A2 B1 乙", "A1 B1", "B1 C1", "C2 C1"])).longest_chain
    assert [(step.items, step.licence) for step in chain.steps] == [
        (("A1",), ""),
        (("A2",), "A1证"),
        (("B1",), "乙"),
        (("C1",), "B1证"),
    ]
    assert chain.length == 4


def test_of_equal_chains_the_first_by_code_is_shown(report) -> None:
    assert [s.items for s in report(city(["B2 C1", "A10 C1", "A9 C1", "A9 B9"])).longest_chain.steps] == [
        ("A9",),
        ("B9",),
    ]


def test_a_circle_is_one_step_of_a_chain(report) -> None:
    chain = report(city(["A1 B1", "B1 B2", "B2 B1", "B2 C1"])).longest_chain
    assert [step.items for step in chain.steps] == [("A1",), ("B1", "B2"), ("C1",)]
    assert chain.length == 3


def test_cycles_are_spelt_out_the_shortest_first(report) -> None:
    found = report(city(["B1 A1", "A1 B1", "B1 C1", "C1 D1", "D1 B1", "E1 E2", "E2 E1", "A1 E1"]))
    assert found.cycles == (("A1", "B1"), ("E1", "E2"), ("B1", "C1", "D1"))
    assert (found.circles.count, found.circles.items, found.circles.largest) == (2, 6, 4)


def test_the_number_of_cycles_is_bounded(report) -> None:
    items = [f"A{n}" for n in range(1, 31)]
    found = report(city([f"{one} {other}" for one in items for other in items if one != other]))
    assert len(found.cycles) == 100
    assert (found.circles.count, found.circles.items) == (1, 30)
    assert all(len(cycle) == 2 for cycle in found.cycles)


# --- Departments --------------------------------------------------------------------------------------------------


def test_a_pair_weighs_the_flows_of_both_directions(report) -> None:
    network = report(city(["A1 B1", "B2 A2", "B1 A1", "A1 A2"])).department_network
    assert network.pairs == 1
    assert network.classes["high"].heaviest == (Pair("A", "B", 3),)


def test_classes_are_cut_where_a_third_and_two_thirds_are_reached(report) -> None:
    network = report(between({"A B": 5, "B C": 4, "C D": 3, "D E": 2, "E F": 1})).department_network
    assert [(c.flows, c.pairs) for c in network.classes.values()] == [(5, 1), (7, 2), (3, 2)]


def test_equal_pairs_stay_together(report) -> None:
    network = report(between({"A B": 2, "B C": 2, "C D": 2, "D E": 1, "E F": 1, "F G": 1})).department_network
    assert [(c.flows, c.pairs) for c in network.classes.values()] == [(6, 3), (0, 0), (3, 3)]
    assert network.classes["middle"].components == ()


def test_components_and_who_might_lead(report) -> None:
    network = report(between({"A B": 4, "C B": 2, "D E": 3, "AA Z": 3})).department_network
    assert components(network, "high") == ["A B"]
    assert components(network, "middle") == ["D E", "Z AA"]
    network = report(between({"A B": 3, "B C": 3, "D E": 3})).department_network
    assert components(network, "high") == ["A B C", "D E"]
    assert [c.lead for c in network.classes["high"].components] == ["B", "D"]


def test_a_star_has_three_partners_more_than_any_of_them(report) -> None:
    network = report(between(dict.fromkeys(["A B", "A C", "A D", "E D", "E F", "E G"], 1))).department_network
    stars = network.classes["high"].stars
    assert [(star.centre, star.leaves) for star in stars] == [("A", ("B", "C", "D")), ("E", ("D", "F", "G"))]


def test_two_partners_make_no_star_and_equals_have_no_centre(report) -> None:
    assert report(between({"A B": 1, "A C": 1})).department_network.classes["high"].stars == ()
    equals = dict.fromkeys(["A B", "A C", "A D", "D E", "D F"], 1)
    assert report(between(equals)).department_network.classes["high"].stars == ()


def test_codes_are_ordered_as_people_count() -> None:
    codes = ["AA1", "A10", "B1", "A2", "Z9", "AO3", "省_V", "A"]
    assert sorted(codes, key=code_order) == ["A", "A2", "A10", "B1", "Z9", "AA1", "AO3", "省_V"]
