"""The study's figures, counted from a folder of rows; a reading of our own, beside the platform's network report."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import networkx as nx
from tables import natural

from registry.catalogue import Catalogue
from registry.sources import Flow, Resolution

Pair: TypeAlias = tuple[str, str]
Star: TypeAlias = tuple[str, tuple[str, ...]]

CLASSES = ("high", "middle", "low")
# The licences that the study's text names as the most used; both tax bureaus issue the last.
NAMED = (
    "不动产权证书", "企业名称预先核准通知书", "环境影响报告书审查批复", "选址意见书", "建设工程规划许可证",
    "建设用地规划许可证", "建筑工程施工许可证", "房屋建筑工程竣工验收备案文件", "建设工程消防验收意见书", "清税证明",
)  # fmt: skip
EXPECTED = {
    "items": 527, "departments": 41, "flows": 669, "city": 575, "internal": 234, "cross_department": 341,
    "cross_level": 94, "county": 59, "province_and_nation": 35, "sources_used": 75, "top_20": 225,
    "top_3": (17, 17, 16), "high_components": 4, "eight_departments": 1, "middle_stars": ("AA", "B", "L", "O"),
    "unresolved": 0, "added_items": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Class:
    """A class of department pairs, with the pairs in the order of their weight."""

    pairs: tuple[tuple[Pair, int], ...]

    @property
    def flows(self) -> int:
        """The flows of its pairs."""
        return sum(weight for _, weight in self.pairs)

    def graph(self) -> "nx.Graph[str]":
        """Return its departments, linked."""
        graph: nx.Graph[str] = nx.Graph()
        graph.add_edges_from(pair for pair, _ in self.pairs)
        return graph

    def components(self) -> list[list[str]]:
        """Return its connected components, the largest first."""
        found = [sorted(c, key=natural) for c in nx.connected_components(self.graph())]
        return sorted(found, key=lambda c: (-len(c), natural(c[0])))

    def stars(self) -> list[Star]:
        """Return the centres with at least three partners and more than any of these has."""
        graph = self.graph()
        partners = {node: sorted(graph[node], key=natural) for node in graph}
        return [
            (node, tuple(partners[node]))
            for node in sorted(graph, key=natural)
            if len(partners[node]) >= 3 and all(len(partners[p]) < len(partners[node]) for p in partners[node])
        ]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted of one catalogue."""

    numbers: dict[str, object]
    top: list[tuple[str, int]]
    classes: dict[str, Class]
    cycles: list[list[str]]

    def faults(self) -> list[str]:
        """Return what differs from the study."""
        differing = [
            f"{name}: {self.numbers[name]}, the study has {expected}"
            for name, expected in EXPECTED.items()
            if self.numbers[name] != expected
        ]
        if len(self.top) > 20 and self.top[19][1] == self.top[20][1]:
            differing.append("rank 20 is not larger than rank 21")
        return differing


def count(catalogue: Catalogue, found: Resolution) -> Figures:
    """Count everything."""
    department = {code: item.department for code, item in catalogue.items.items()}
    cross = [flow for flow in found.flows if department[flow.source] != department[flow.user]]
    top = _ranked(Counter(flow.source for flow in cross))
    pairs = Counter(_pair(department[flow.source], department[flow.user]) for flow in cross)
    classes = classed(pairs)
    levels = Counter(flow.level for flow in found.external)
    components = classes["high"].components()
    numbers: dict[str, object] = {
        "items": len(catalogue.items),
        "departments": sum(row["level"] == "city" for row in catalogue.departments.values()),
        "flows": len(found.flows) + len(found.external),
        "city": len(found.flows),
        "internal": len(found.flows) - len(cross),
        "cross_department": len(cross),
        "cross_level": len(found.external),
        "county": levels["county"],
        "province_and_nation": levels["provincial"] + levels["national"],
        "sources_used": len(top),
        "top_20": sum(degree for _, degree in top[:20]),
        "top_3": tuple(degree for _, degree in top[:3]),
        "high_components": len(components),
        "eight_departments": sum(len(c) == 8 and {"L", "O", "B", "N"} <= set(c) for c in components),
        "middle_stars": tuple(sorted(centre for centre, _ in classes["middle"].stars())),
        "unresolved": len(found.unresolved),
        "added_items": len(found.added_items),
    }
    return Figures(numbers, top, classes, _cycles(found.flows))


def _pair(one: str, other: str) -> Pair:
    return (one, other) if natural(one) < natural(other) else (other, one)


def _ranked(degrees: Counter[str]) -> list[tuple[str, int]]:
    return sorted(degrees.items(), key=lambda found: (-found[1], natural(found[0])))


def classed(pairs: Counter[Pair]) -> dict[str, Class]:
    """Cut the pairs, by weight, where a third and two thirds of all flows are first reached; ties stay together."""
    ordered = sorted(pairs.items(), key=lambda found: (-found[1], natural(found[0][0]), natural(found[0][1])))
    total, before, weight, place = sum(pairs.values()), 0, 0, 0
    classes: tuple[list[tuple[Pair, int]], ...] = ([], [], [])
    for pair, flows in ordered:
        if flows != weight:
            weight, place = flows, min(2, 3 * before // total)
        classes[place].append((pair, flows))
        before += flows
    return {name: Class(tuple(rows)) for name, rows in zip(CLASSES, classes, strict=True)}


def _cycles(flows: Iterable[Flow]) -> list[list[str]]:
    """Return the groups of items that need each other in a circle."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from((flow.source, flow.user) for flow in flows)
    return [sorted(c, key=natural) for c in nx.strongly_connected_components(graph) if len(c) > 1]


def by_origin(catalogue: Catalogue, found: Resolution) -> dict[str, dict[str, int]]:
    """Return the rows and the flows of each origin; a flow is of the origin of the item that states the need."""
    origin = {code: item.origin for code, item in catalogue.items.items()}
    department = {code: item.department for code, item in catalogue.items.items()}
    table = {
        name: Counter[str]() for name in ("items", "internal", "cross_department", "county", "province_and_nation")
    }
    table["items"].update(origin.values())
    for flow in found.flows:
        inside = department[flow.source] == department[flow.user]
        table["internal" if inside else "cross_department"][origin[flow.user]] += 1
    for external in found.external:
        table["county" if external.level == "county" else "province_and_nation"][origin[external.user]] += 1
    return {name: dict(counted) for name, counted in table.items()}


def named_outside_top(catalogue: Catalogue, top: Sequence[tuple[str, int]]) -> list[str]:
    """Return which of the licences that the study names no item of the first twenty yields."""
    first = [catalogue.items[code] for code, _ in top[:20]]
    missing = [name for name in NAMED if not any(name in item.results for item in first)]
    bureaus = {item.department for item in first if "清税证明" in item.results}
    return missing + ([] if bureaus == {"AF", "AG"} else ["清税证明 of both tax bureaus"])
