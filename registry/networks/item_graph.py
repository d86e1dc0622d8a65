"""The item network by networkx: degrees, circles and the longest chain, at the scale of a city."""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate, groupby, pairwise

import networkx as nx

from registry.networks.circles import spell_out
from registry.networks.city import City, code_order, in_order
from registry.networks.figures import Chain, ChainStep, Circles, Concentration, InDegree, Top, TopRow, UserRow
from registry.sources import Flow


def item_network(city: City) -> nx.MultiDiGraph:
    """Return the study's item network: every item, and each cross-department flow as an edge source -> user.

    Edges carry `licence`. In-degree is what an item needs, out-degree how often its results are needed (section 3.2).
    """
    return _graph(city, city.across())


def network_of_all_flows(city: City) -> nx.MultiDiGraph:
    """Return every item and all flows in the city, those inside a department too: a person walks these as well."""
    return _graph(city, city.resolution.flows)


def _graph(city: City, flows: Iterable[Flow]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(in_order(city.item_departments))
    graph.add_edges_from((flow.source, flow.user, {"licence": flow.licence}) for flow in flows)
    return graph


def most_used(graph: nx.MultiDiGraph, city: City, k: int) -> Top:
    """Return the `k` items of highest out-degree, equal ones in the order of their codes (the study's table 2)."""
    used = {item: degree for item, degree in graph.out_degree() if degree}
    ranked = sorted(used, key=lambda item: (-used[item], code_order(item)))[:k]
    rows = tuple(
        TopRow(rank, item, _licences(graph, item), city.item_departments[item], used[item])
        for rank, item in enumerate(ranked, start=1)
    )
    flows = sum(row.out_degree for row in rows)
    return Top(k, flows, flows / max(1, graph.number_of_edges()), rows)


def _licences(graph: nx.MultiDiGraph, item: str) -> str:
    counted = Counter(licence for _, _, licence in graph.out_edges(item, data="licence"))
    return "；".join(sorted(counted, key=lambda name: (-counted[name], name)))


def most_needing(graph: nx.MultiDiGraph, city: City, k: int) -> InDegree:
    """Return the `k` items of highest in-degree, by flows and by distinct licences."""
    found = []
    for item, flows in graph.in_degree():
        if flows:
            licences = len({name for _, _, name in graph.in_edges(item, data="licence")})
            found.append((item, city.item_departments[item], flows, licences))
    return InDegree(
        users=len(found),
        by_flows=_ranked(sorted(found, key=lambda row: (-row[2], -row[3], code_order(row[0])))[:k]),
        by_licences=_ranked(sorted(found, key=lambda row: (-row[3], -row[2], code_order(row[0])))[:k]),
    )


def _ranked(rows: Iterable[tuple[str, str, int, int]]) -> tuple[UserRow, ...]:
    return tuple(UserRow(rank, *row) for rank, row in enumerate(rows, start=1))


def concentration(degrees: Sequence[int], k: int) -> Concentration:
    """Return how unequally `degrees`, one number an item, are spread; all equal, or none at all, gives a Gini of 0."""
    ascending = sorted(degrees)
    share = sum(ascending[-k:]) / max(1, sum(ascending))
    return Concentration(share, _gini(ascending), _gini([d for d in ascending if d]), _lorenz(ascending))


def _gini(ascending: Sequence[int]) -> float:
    number, total = len(ascending), sum(ascending)
    if not total:
        return 0.0
    weighted = sum((2 * rank - number - 1) * degree for rank, degree in enumerate(ascending, start=1))
    return float(Fraction(weighted, number * total))


def _lorenz(ascending: Sequence[int]) -> tuple[tuple[float, float], ...]:
    number, total = len(ascending), sum(ascending)
    if not total:
        return (0.0, 0.0), (1.0, 1.0)
    sizes = [(degree, len(list(equal))) for degree, equal in groupby(ascending)]
    items = accumulate(size for _, size in sizes)
    flows = accumulate(degree * size for degree, size in sizes)
    return (0.0, 0.0), *((x / number, y / total) for x, y in zip(items, flows, strict=True))


def circular_needs(graph: nx.MultiDiGraph) -> tuple[Circles, tuple[tuple[str, ...], ...]]:
    """Return the sets of items that need each other all around, counted, and their cycles spelt out."""
    members = [in_order(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    members.sort(key=lambda group: code_order(group[0]))
    inside = nx.DiGraph()
    for group in members:
        inside.add_edges_from(graph.subgraph(group).edges())
    after = {item: in_order(inside.successors(item)) for item in inside}
    flows = ([(item, user) for item in group for user in after[item]] for group in members)
    cycles = spell_out(flows, after.__getitem__, code_order)
    sizes = [len(group) for group in members]
    return Circles(len(sizes), sum(sizes), max(sizes, default=0)), tuple(cycles)


def longest_chain(graph: nx.MultiDiGraph) -> Chain:
    """Return a longest chain of licences, circles contracted to one step; of several, the first in order of codes."""
    contracted = nx.condensation(nx.DiGraph(graph))
    members = {step: in_order(group) for step, group in contracted.nodes("members")}
    height: dict[int, int] = {}
    for step in reversed(list(nx.topological_sort(contracted))):
        height[step] = 1 + max((height[after] for after in contracted.successors(step)), default=0)
    length = max(height.values(), default=0)
    if length < 2:
        return Chain(0, ())
    way: list[int] = []
    following: Iterable[int] = height
    for left in range(length, 0, -1):
        way.append(min((s for s in following if height[s] == left), key=lambda s: code_order(members[s][0])))
        following = contracted.successors(way[-1])
    steps = [ChainStep(tuple(members[way[0]]), "")]
    for before, step in pairwise(way):
        passed = nx.edge_boundary(graph, members[before], members[step], data="licence")
        steps.append(ChainStep(tuple(members[step]), min(licence for _, _, licence in passed)))
    return Chain(length, tuple(steps))
