"""The item network by arrays: the figures of `item_graph`, equal to the last digit, at the scale of a nation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from registry.networks.circles import spell_out
from registry.networks.figures import Chain, ChainStep, Circles, Concentration, InDegree, Top, TopRow, UserRow
from registry.networks.table import FlowTable, Numbers

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Flows as arrays of equal length: source, user and licence, as in a `FlowTable`."""

    source: Numbers
    user: Numbers
    licence: Numbers


def across(table: FlowTable) -> Edges:
    """Return the flows between two departments."""
    chosen = table.item_department[table.source] != table.item_department[table.user]
    return Edges(table.source[chosen], table.user[chosen], table.licence[chosen])


def degrees(numbers: Numbers, size: int) -> Counts:
    """Return how often each of 0 … size - 1 stands in `numbers`."""
    return np.bincount(numbers, minlength=size)


def once_each(rows: Numbers, columns: Numbers, shape: tuple[int, int]) -> csr_matrix:
    """Return a matrix with one entry for each pair of numbers, however often it stands; columns of a row ascend."""
    matrix = csr_matrix((np.ones(len(rows), bool), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def most_used(table: FlowTable, edges: Edges, out: Counts, k: int) -> Top:
    """Return the `k` items of highest out-degree, as `item_graph.most_used` does."""
    ranked = np.argsort(-out, kind="stable")[:k]
    ranked = ranked[out[ranked] > 0]
    licences = _licences(table, edges, ranked)
    rows = tuple(
        TopRow(rank + 1, table.items[item], licences[rank], _department(table, item), int(out[item]))
        for rank, item in enumerate(ranked)
    )
    flows = sum(row.out_degree for row in rows)
    return Top(k, flows, flows / max(1, len(edges.source)), rows)


def _licences(table: FlowTable, edges: Edges, ranked: Counts) -> list[str]:
    rank_of = np.full(len(table.items), -1, np.int32)
    rank_of[ranked] = np.arange(len(ranked))
    rank = rank_of[edges.source]
    used = np.stack([rank, edges.licence])[:, rank >= 0]
    (ranks, licences), counts = np.unique(used, axis=1, return_counts=True)
    names: list[list[str]] = [[] for _ in ranked]
    for place in np.lexsort((licences, -counts, ranks)):
        names[ranks[place]].append(table.licences[licences[place]])
    return ["；".join(each) for each in names]


def _department(table: FlowTable, item: int) -> str:
    return str(table.departments[table.item_department[item]])


def most_needing(table: FlowTable, edges: Edges, k: int) -> InDegree:
    """Return the `k` items of highest in-degree, by flows and by distinct licences."""
    flows = degrees(edges.user, len(table.items))
    licences = np.diff(once_each(edges.user, edges.licence, (len(table.items), len(table.licences))).indptr)
    by_flows, by_licences = np.lexsort((-licences, -flows)), np.lexsort((-flows, -licences))

    def rows(ranked: Counts) -> tuple[UserRow, ...]:
        return tuple(
            UserRow(rank, table.items[i], _department(table, i), int(flows[i]), int(licences[i]))
            for rank, i in enumerate(ranked[:k], start=1)
            if flows[i]
        )

    return InDegree(int(np.count_nonzero(flows)), rows(by_flows), rows(by_licences))


def concentration(out: Counts, k: int) -> Concentration:
    """Return how unequally the degrees are spread, as `item_graph.concentration` does."""
    ascending = np.sort(out)
    share = int(ascending[-k:].sum()) / max(1, int(ascending.sum()))
    return Concentration(share, _gini(ascending), _gini(ascending[ascending > 0]), _lorenz(ascending))


def _gini(ascending: Counts) -> float:
    number, total = len(ascending), int(ascending.sum())
    if not total:
        return 0.0
    weights = 2 * np.arange(1, number + 1, dtype=np.int64) - number - 1
    return float(Fraction(int(weights @ ascending), number * total))


def _lorenz(ascending: Counts) -> tuple[tuple[float, float], ...]:
    number, total = len(ascending), int(ascending.sum())
    if not total:
        return (0.0, 0.0), (1.0, 1.0)
    values, sizes = np.unique(ascending, return_counts=True)
    items, flows = np.cumsum(sizes) / number, np.cumsum(values * sizes) / total
    return (0.0, 0.0), *zip(items.tolist(), flows.tolist(), strict=True)


class ItemArrays:
    """All flows in the city as sparse arrays; every circle goes by the number of its first item."""

    def __init__(self, table: FlowTable) -> None:
        self.table, self.size = table, len(table.items)
        _, labels = connected_components(self._matrix(table.source, table.user), connection="strong")
        self.circle = np.unique(labels, return_index=True)[1].astype(np.int32)[labels]
        self.sizes = degrees(self.circle, self.size)
        self.by_circle = np.argsort(self.circle, kind="stable")
        self.begin = np.cumsum(self.sizes) - self.sizes

    def _matrix(self, rows: Numbers, columns: Numbers) -> csr_matrix:
        return once_each(rows, columns, (self.size, self.size))

    def members(self, circle: int) -> list[int]:
        """Return the items of a circle, ascending."""
        begin = self.begin[circle]
        members: list[int] = self.by_circle[begin : begin + self.sizes[circle]].tolist()
        return members

    def circular_needs(self) -> tuple[Circles, tuple[tuple[str, ...], ...]]:
        """Return the circles, counted, and their cycles spelt out, as `item_graph.circular_needs` does."""
        inside = self.circle[self.table.source] == self.circle[self.table.user]
        matrix = self._matrix(self.table.source[inside], self.table.user[inside])

        def after(item: int) -> Sequence[int]:
            following: list[int] = matrix.indices[matrix.indptr[item] : matrix.indptr[item + 1]].tolist()
            return following

        def flows(circle: int) -> Iterator[tuple[int, int]]:
            return ((item, user) for item in self.members(circle) for user in after(item))

        circles = np.flatnonzero(self.sizes > 1)
        cycles = spell_out(map(flows, circles.tolist()), after, int)
        sizes = self.sizes[circles]
        counted = Circles(len(circles), int(sizes.sum()), int(sizes.max(initial=0)))
        return counted, tuple(tuple(self.table.items[item] for item in cycle) for cycle in cycles)

    def longest_chain(self) -> Chain:
        """Return a longest chain, circles contracted to one step, as `item_graph.longest_chain` does."""
        source, user = self.circle[self.table.source], self.circle[self.table.user]
        between = source != user
        onward = self._matrix(source[between], user[between])
        height = self._heights(onward)
        length = int(height.max(initial=0))
        if length < 2:
            return Chain(0, ())
        way = [int(np.argmax(height == length))]
        for left in range(length - 1, 0, -1):
            following = onward.indices[onward.indptr[way[-1]] : onward.indptr[way[-1] + 1]]
            way.append(int(following[np.argmax(height[following] == left)]))
        names = ["", *(self.table.licences[licence] for licence in self._received(way, source, user))]
        items = (tuple(self.table.items[item] for item in self.members(step)) for step in way)
        return Chain(length, tuple(map(ChainStep, items, names)))

    def _heights(self, onward: csr_matrix) -> Numbers:
        """Return the steps of the longest chain from each circle: 1 at the end, 0 for items first in no circle.

        One round a step, from the ends backwards: some 50 µs each, so only chains of 100,000 steps would be felt.
        """
        back = onward.T.tocsr()
        left = np.diff(onward.indptr)
        height = np.zeros(self.size, np.int32)
        level, reached = 0, np.flatnonzero((left == 0) & (self.sizes > 0))
        while len(reached):
            level += 1
            height[reached] = level
            before, times = np.unique(_entries(back, reached), return_counts=True)
            left[before] -= times
            reached = before[left[before] == 0]
        return height

    def _received(self, way: list[int], source: Numbers, user: Numbers) -> list[int]:
        """Return the least licence that flows from each step to the next."""
        place = np.full(self.size, -2, np.int32)
        place[way] = np.arange(len(way))
        chosen = (place[source] + 1 == place[user]) & (place[user] > 0)
        least = np.full(len(way), len(self.table.licences), np.int32)
        np.minimum.at(least, place[user[chosen]], self.table.licence[chosen])
        received: list[int] = least[1:].tolist()
        return received


def _entries(matrix: csr_matrix, rows: Counts) -> Numbers:
    """Return the columns of all entries in `rows`, one after another."""
    begin, lengths = matrix.indptr[rows], matrix.indptr[rows + 1] - matrix.indptr[rows]
    shift = np.repeat(begin - (np.cumsum(lengths) - lengths), lengths)
    columns: Numbers = matrix.indices[np.arange(len(shift)) + shift]
    return columns
