"""The department network by networkx: pairs in three classes, components, stars and who might lead (section 3.3)."""

from collections import Counter
from collections.abc import Sequence

import networkx as nx

from registry.networks.city import City, code_order, in_order
from registry.networks.figures import CLASSES, Component, DepartmentNetwork, LinkClass, Pair, Star

HEAVIEST = 1000  # pairs listed in a class, at most
PARTNERS = 3  # of a star's centre, at least


def department_network(city: City) -> DepartmentNetwork:
    """Return the undirected network of departments; a pair weighs the flows between them in both directions, m + n."""
    weights = Counter(
        tuple(in_order((city.item_departments[flow.source], city.item_departments[flow.user])))
        for flow in city.across()
    )
    pairs = [Pair(one, other, flows) for (one, other), flows in weights.items()]
    pairs.sort(key=lambda pair: (-pair.flows, code_order(pair.one), code_order(pair.other)))
    classes = zip(CLASSES, _thirds(pairs), strict=True)
    return DepartmentNetwork(len(pairs), {name: _class(members) for name, members in classes})


def _thirds(pairs: Sequence[Pair]) -> tuple[Sequence[Pair], Sequence[Pair], Sequence[Pair]]:
    """Cut pairs, heaviest first, where a third and two thirds of flows are first reached; equal pairs stay together.

    One step of equal pairs may reach both cuts: then the class between them is empty.
    """
    total, reached = sum(pair.flows for pair in pairs), 0
    cuts: list[int] = []
    for number, pair in enumerate(pairs, start=1):
        reached += pair.flows
        last_of_its_weight = number == len(pairs) or pairs[number].flows != pair.flows
        while last_of_its_weight and len(cuts) < 2 and 3 * reached >= (len(cuts) + 1) * total:
            cuts.append(number)
    first, second = cuts or (0, 0)
    return pairs[:first], pairs[first:second], pairs[second:]


def _class(pairs: Sequence[Pair]) -> LinkClass:
    graph = nx.Graph()
    graph.add_weighted_edges_from((pair.one, pair.other, pair.flows) for pair in pairs)
    groups = sorted((in_order(group) for group in nx.connected_components(graph)), key=lambda g: code_order(g[0]))
    return LinkClass(
        flows=sum(pair.flows for pair in pairs),
        pairs=len(pairs),
        components=tuple(Component(tuple(group), _lead(graph, group)) for group in groups),
        stars=tuple(Star(c, tuple(in_order(graph[c]))) for c in in_order(graph) if _is_centre(graph, c)),
        heaviest=tuple(pairs[:HEAVIEST]),
    )


def _lead(graph: nx.Graph, group: Sequence[str]) -> str:
    """Return the department of most flows; of equal ones that of most partners, then the first by code."""
    return min(group, key=lambda d: (-graph.degree(d, weight="weight"), -graph.degree(d), code_order(d)))


def _is_centre(graph: nx.Graph, department: str) -> bool:
    partners = graph.degree(department)
    return bool(partners >= PARTNERS and all(graph.degree(other) < partners for other in graph[department]))
