"""The department network by arrays: the figures of `department_graph` at the scale of a nation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from registry.networks.department_graph import HEAVIEST, PARTNERS
from registry.networks.figures import CLASSES, Component, DepartmentNetwork, LinkClass, Pair, Star
from registry.networks.item_arrays import Counts, Edges
from registry.networks.table import FlowTable


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of department numbers, heaviest first: three arrays of equal length."""

    one: Counts
    other: Counts
    flows: Counts

    def __getitem__(self, places: slice) -> "_Pairs":
        return _Pairs(self.one[places], self.other[places], self.flows[places])


def department_network(table: FlowTable, edges: Edges) -> DepartmentNetwork:
    """Return the network of the cross-department flows `edges`, as `department_graph.department_network` does."""
    size = max(1, len(table.departments))
    ends = table.item_department[edges.source].astype(np.int64), table.item_department[edges.user].astype(np.int64)
    keys, flows = np.unique(np.minimum(*ends) * size + np.maximum(*ends), return_counts=True)
    ranked = np.argsort(-flows, kind="stable")
    pairs = _Pairs(keys[ranked] // size, keys[ranked] % size, flows[ranked])
    first, second = _cuts(pairs.flows)
    parts = pairs[:first], pairs[first:second], pairs[second:]
    classes = {name: _class(table.departments, part) for name, part in zip(CLASSES, parts, strict=True)}
    return DepartmentNetwork(len(flows), classes)


def _cuts(flows: Counts) -> tuple[int, int]:
    """Return after how many pairs a third and two thirds of all flows are first reached, equal pairs kept together."""
    if not len(flows):
        return 0, 0
    ends = np.append(np.flatnonzero(np.diff(flows)), len(flows) - 1)  # the last pair of each weight
    reached = 3 * np.cumsum(flows)[ends]
    first, second = (int(ends[np.argmax(reached >= part * flows.sum())]) + 1 for part in (1, 2))
    return first, second


def _class(names: Sequence[str], pairs: _Pairs) -> LinkClass:
    size = len(names)
    ends, others = np.concatenate([pairs.one, pairs.other]), np.concatenate([pairs.other, pairs.one])
    degree = np.bincount(ends, minlength=size)
    strength = np.zeros(size, np.int64)
    np.add.at(strength, ends, np.tile(pairs.flows, 2))
    graph = csr_matrix((np.ones(len(ends), bool), (ends, others)), shape=(size, size))
    listed = zip(pairs.one[:HEAVIEST], pairs.other[:HEAVIEST], pairs.flows[:HEAVIEST], strict=True)
    return LinkClass(
        flows=int(pairs.flows.sum()),
        pairs=len(pairs.flows),
        components=_components(names, graph, degree, strength),
        stars=_stars(names, graph, degree),
        heaviest=tuple(Pair(names[one], names[other], int(flows)) for one, other, flows in listed),
    )


def _components(names: Sequence[str], graph: csr_matrix, degree: Counts, strength: Counts) -> tuple[Component, ...]:
    _, labels = connected_components(graph, directed=False)
    ranked = np.lexsort((-degree, -strength))
    leads: dict[int, int] = {}
    for department in ranked[degree[ranked] > 0].tolist():
        leads.setdefault(labels[department], department)
    members: dict[int, list[str]] = {}
    for department in np.flatnonzero(degree).tolist():
        members.setdefault(labels[department], []).append(names[department])
    return tuple(Component(tuple(group), names[leads[label]]) for label, group in members.items())


def _stars(names: Sequence[str], graph: csr_matrix, degree: Counts) -> tuple[Star, ...]:
    graph.sort_indices()
    most = np.zeros(len(names), np.int64)  # partners of the partner that has most
    np.maximum.at(most, np.repeat(np.arange(len(names)), degree), degree[graph.indices])
    return tuple(
        Star(
            names[centre], tuple(names[leaf] for leaf in graph.indices[graph.indptr[centre] : graph.indptr[centre + 1]])
        )
        for centre in np.flatnonzero((degree >= PARTNERS) & (degree > most)).tolist()
    )
