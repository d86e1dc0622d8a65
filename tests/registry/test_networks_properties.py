"""What holds of every network: arrays and networkx agree to the last digit, and the figures add up."""

import math

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from registry.networks import reporting
from registry.networks.city import City
from registry.networks.item_graph import item_network, network_of_all_flows
from registry.networks.reporting import report_by_arrays, report_by_networkx, report_city
from registry.networks.table import FlowTable
from registry.sources import ExternalFlow, Flow, Resolution

LEVELS = ["county", "provincial", "national"]


@st.composite
def cities(draw: st.DrawFn) -> City:
    """Draw up to 14 items of up to 6 departments and up to 40 flows among them, circles and doubles included."""
    departments = [f"D{n}" for n in range(draw(st.integers(1, 6)))]
    items = [f"A{n}" for n in draw(st.lists(st.integers(1, 30), min_size=1, max_size=14, unique=True))]
    places = {item: draw(st.sampled_from(departments)) for item in items}
    ends = st.tuples(st.sampled_from(items), st.sampled_from(items), st.sampled_from("甲乙丙丁"))
    drawn = draw(st.lists(ends, max_size=40))
    flows = [Flow(source, user, licence, 1) for source, user, licence in drawn if source != user]
    levels = draw(st.lists(st.sampled_from(LEVELS), max_size=4))
    external = [ExternalFlow("x", items[0], f"证{n}", level, "V") for n, level in enumerate(levels)]
    return City(Resolution(flows=flows, external=external), places, frozenset(departments))


@given(cities(), st.integers(1, 5))
def test_arrays_and_networkx_give_the_same_report(city: City, top: int) -> None:
    assert report_by_arrays(FlowTable.of(city), top=top) == report_by_networkx(city, top=top)


def test_a_large_city_is_reported_by_arrays(monkeypatch) -> None:
    city = City(Resolution(flows=[Flow("A1", "B1", "甲", 1)]), {"A1": "A", "B1": "B"}, frozenset("AB"))
    monkeypatch.setattr(reporting, "ARRAYS_FROM", 0)
    monkeypatch.setattr(reporting, "report_by_networkx", None)
    assert report_city(city).flows.cross_department == 1


@given(cities())
def test_every_flow_is_counted_once(city: City) -> None:
    report = report_by_networkx(city)
    flows, network = report.flows, report.department_network
    assert flows.total == flows.city + flows.cross_level == len(city.resolution.flows) + len(city.resolution.external)
    assert flows.city == flows.internal + flows.cross_department
    assert flows.cross_level == flows.county + flows.province + flows.nation
    assert sum(c.flows for c in network.classes.values()) == flows.cross_department
    assert sum(c.pairs for c in network.classes.values()) == network.pairs
    assert all(sum(pair.flows for pair in c.heaviest) == c.flows for c in network.classes.values())


@given(cities())
def test_as_much_is_used_as_is_needed(city: City) -> None:
    report = report_by_networkx(city, top=len(city.item_departments))
    cross = report.flows.cross_department
    assert sum(row.out_degree for row in report.top.rows) == report.top.flows == cross
    assert sum(row.flows for row in report.in_degree.by_flows) == cross
    assert {row.item for row in report.in_degree.by_flows} == {row.item for row in report.in_degree.by_licences}
    assert len(report.top.rows) == report.sources_used
    assert item_network(city).number_of_edges() == cross


@given(cities())
def test_concentration_lies_between_equal_and_all_in_one(city: City) -> None:
    found = report_by_networkx(city).concentration
    assert 0 <= found.gini_of_sources <= found.gini < 1 or found.gini == 0
    xs, ys = zip(*found.lorenz, strict=True)
    assert (xs[0], ys[0], xs[-1], ys[-1]) == (0, 0, 1, 1)
    assert list(xs) == sorted(xs)
    assert all(y <= x or math.isclose(x, y) for x, y in found.lorenz)
    under = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in zip(found.lorenz, found.lorenz[1:], strict=False))
    assert math.isclose(found.gini, 1 - 2 * under, abs_tol=1e-9)


@given(cities())
def test_the_three_classes_are_cut_at_thirds_between_weights(city: City) -> None:
    high, middle, low = report_by_networkx(city).department_network.classes.values()
    total = high.flows + middle.flows + low.flows
    weights = [[pair.flows for pair in c.heaviest] for c in (high, middle, low)]
    for heavier, lighter in ((high, middle), (high, low), (middle, low)):
        assert not heavier.pairs or not lighter.pairs or heavier.heaviest[-1].flows > lighter.heaviest[0].flows
    assert 3 * high.flows >= total
    assert 3 * (high.flows + middle.flows) >= 2 * total
    # Without its lightest pairs the high class would not reach a third, nor with the middle one's two thirds.
    assert not total or 3 * sum(w for w in weights[0] if w > weights[0][-1]) < total
    assert not middle.pairs or 3 * (high.flows + sum(w for w in weights[1] if w > weights[1][-1])) < 2 * total


@given(cities())
def test_components_and_stars_are_what_they_claim(city: City) -> None:
    for found in report_by_networkx(city).department_network.classes.values():
        partners: dict[str, set[str]] = {}
        for pair in found.heaviest:
            partners.setdefault(pair.one, set()).add(pair.other)
            partners.setdefault(pair.other, set()).add(pair.one)
        members = [d for component in found.components for d in component.departments]
        assert sorted(members) == sorted(partners)
        assert all(component.lead in component.departments for component in found.components)
        assert all(partners[d] <= set(c.departments) for c in found.components for d in c.departments)
        expected = {
            d
            for d, others in partners.items()
            if len(others) >= 3 and all(len(partners[o]) < len(others) for o in others)
        }
        assert {star.centre for star in found.stars} == expected
        assert all(set(star.leaves) == partners[star.centre] for star in found.stars)


@given(cities())
def test_cycles_are_cycles_and_every_flow_in_a_circle_stands_in_one(city: City) -> None:
    report, graph = report_by_networkx(city), nx.DiGraph(network_of_all_flows(city))
    circles = [group for group in nx.strongly_connected_components(graph) if len(group) > 1]
    shown = set()
    for cycle in report.cycles:
        steps = list(zip(cycle, cycle[1:] + cycle[:1], strict=True))
        assert all(graph.has_edge(*step) for step in steps)
        assert len(set(cycle)) == len(cycle)
        shown |= set(steps)
    inside = {(u, v) for group in circles for u, v in graph.subgraph(group).edges}
    assert shown <= inside
    assert len(report.cycles) == 100 or shown == inside
    assert len(set(report.cycles)) == len(report.cycles)
    assert report.circles.items == sum(map(len, circles))


@given(cities())
def test_the_longest_chain_is_as_long_as_any(city: City) -> None:
    chain, graph = report_by_networkx(city).longest_chain, network_of_all_flows(city)
    longest: int = nx.dag_longest_path_length(nx.condensation(nx.DiGraph(graph)), weight="none", default_weight=1)
    assert chain.length == (longest + 1 if longest else 0)
    for before, step in zip(chain.steps, chain.steps[1:], strict=False):
        passed = nx.edge_boundary(graph, before.items, step.items, data="licence")
        assert step.licence in {licence for _, _, licence in passed}
