"""Spelling out circular needs: for every flow inside a circle, the shortest way back around. Bounded, deterministic.

A circle is a strongly connected set of items. It can hold more cycles than anybody could read, so not all are listed:
each flow in it stands in one of the shortest cycles that hold it, which is where a person begins to untangle.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import Any, TypeVar

CYCLES = 100  # listed at most
SEARCHES = 400  # flows looked at, at most
REACH = 10_000  # items that one search visits, about

Node = TypeVar("Node", str, int)


def spell_out(
    circles: Iterable[Iterable[tuple[Node, Node]]],
    successors: Callable[[Node], Sequence[Node]],
    order: Callable[[Node], Any],
) -> list[tuple[Node, ...]]:
    """Return up to `CYCLES` cycles, the shortest first; each node flows to the next, the last to the first.

    `circles` gives the flows inside each circle, `successors` the nodes of the same circle that a node flows to; the
    order of both decides which of several shortest cycles is taken. A cycle begins with its first node by `order`.
    Circles take turns, so that each is seen.
    """
    found: dict[tuple[Node, ...], None] = {}
    for source, user in islice(_by_turns(circles), SEARCHES):
        way = _way(user, source, successors)
        if way:
            first = way.index(min(way, key=order))
            found[way[first:] + way[:first]] = None
        if len(found) == CYCLES:
            break
    return sorted(found, key=lambda cycle: (len(cycle), list(map(order, cycle))))


def _by_turns(circles: Iterable[Iterable[tuple[Node, Node]]]) -> Iterator[tuple[Node, Node]]:
    first = [islice(flows, SEARCHES) for flows in islice(circles, SEARCHES)]
    for turn in zip_longest(*first):
        yield from (flow for flow in turn if flow is not None)


def _way(start: Node, end: Node, successors: Callable[[Node], Sequence[Node]]) -> tuple[Node, ...]:
    """Return a shortest way from `start` to `end`; nothing where about `REACH` nodes hold none."""
    before: dict[Node, Node | None] = {start: None}
    queue = [start]
    for node in queue:  # it grows meanwhile
        for following in successors(node):
            if following not in before:
                before[following] = node
                queue.append(following)
        if end in before or len(before) > REACH:
            break
    return _walk_back(end, before) if end in before else ()


def _walk_back(end: Node, before: dict[Node, Node | None]) -> tuple[Node, ...]:
    way: list[Node] = []
    node: Node | None = end
    while node is not None:
        way.append(node)
        node = before[node]
    return tuple(reversed(way))
