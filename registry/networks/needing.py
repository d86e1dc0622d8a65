"""What one item needs, transitively, in the order in which a person must obtain it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import networkx as nx

from registry.networks.city import City, code_order
from registry.sources import Resolution

ITEM, EXTERNAL, CONVENTIONAL, UNRESOLVED = KINDS = ("item", "external", "conventional", "unresolved")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step is on the way: `user` needs `licence`. Reasons with one `choice` are alternatives; "" is no choice."""

    user: str
    licence: str
    choice: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to obtain before what follows.

    `source` is the item to apply for, or the code of a department of another level; nothing where the licence is
    conventional or its source unresolved. `required` is whether no choice leads around it. Items of one `circle` need
    each other, so that none of them can truly come first: they stand together, in the order of their codes.
    """

    position: int
    kind: str
    source: str
    reasons: tuple[Reason, ...]
    required: bool
    circle: tuple[str, ...]


class _Node(NamedTuple):
    kind: str
    source: str
    licence: str  # nothing for items: what they yield is known by the reasons


_Needs = Mapping[str, Mapping[str, list[tuple[_Node, str]]]]  # user -> need -> what meets it, each with its licence


def what_it_needs(city: City, item: str) -> tuple[Step, ...]:
    """Return every step before `item` can be had, first things first; `LookupError` where there is no such item.

    Alternatives (any-of groups, and several sources of one licence) are all listed, with the `choice` they belong to.
    """
    if item not in city.item_departments:
        raise LookupError(item)
    needs, target = _needs(city.resolution), _Node(ITEM, item, "")
    graph = nx.DiGraph(_edges_before(needs, item))
    graph.add_node(target)
    steps: list[Step] = []
    for node, circle in _in_order(graph):
        if node != target:
            required = target in _lost_without(node, needs, graph)
            reasons = _reasons(node, needs, graph)
            steps.append(Step(len(steps) + 1, node.kind, node.source, reasons, required, circle))
    return tuple(steps)


def _needs(resolution: Resolution) -> _Needs:
    needs: dict[str, dict[str, list[tuple[_Node, str]]]] = defaultdict(lambda: defaultdict(list))
    for flow in resolution.flows:
        needs[flow.user][_need(flow.group, flow.licence)].append((_Node(ITEM, flow.source, ""), flow.licence))
    for outside in resolution.external:
        node = _Node(EXTERNAL, outside.source, outside.licence)
        needs[outside.user][_need(outside.group, outside.licence)].append((node, outside.licence))
    for kind, uses in ((CONVENTIONAL, resolution.conventional), (UNRESOLVED, resolution.unresolved)):
        for use in uses:
            needs[use.user][_need(use.group, use.licence)].append((_Node(kind, "", use.licence), use.licence))
    return needs


def _need(group: int, licence: str) -> str:
    return str(group) if group else licence


def _edges_before(needs: _Needs, item: str) -> Iterator[tuple[_Node, _Node]]:
    seen, waiting = {item}, [item]
    for user in waiting:  # it grows meanwhile
        for met_by in needs.get(user, {}).values():
            for node, _ in met_by:
                yield node, _Node(ITEM, user, "")
                if node.kind == ITEM and node.source not in seen:
                    seen.add(node.source)
                    waiting.append(node.source)


def _in_order(graph: nx.DiGraph) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    """Yield what comes first first, each with the circle it stands in; equals by kind, then in the order of codes."""
    contracted = nx.condensation(graph)
    members = {step: sorted(nodes, key=_order) for step, nodes in contracted.nodes("members")}
    for step in nx.lexicographical_topological_sort(contracted, key=lambda step: _order(members[step][0])):
        circle = tuple(node.source for node in members[step]) if len(members[step]) > 1 else ()
        yield from ((node, circle) for node in members[step])


def _order(node: _Node) -> tuple[int, tuple[int, str, int, str], str]:
    return KINDS.index(node.kind), code_order(node.source), node.licence


def _reasons(node: _Node, needs: _Needs, graph: nx.DiGraph) -> tuple[Reason, ...]:
    found = []
    for user in sorted(graph.successors(node), key=_order):
        for need, met_by in needs[user.source].items():
            choice = f"{user.source}/{need}" if len({other for other, _ in met_by}) > 1 else ""
            found += [Reason(user.source, licence, choice) for other, licence in met_by if other == node]
    return tuple(dict.fromkeys(found))


def _lost_without(removed: _Node, needs: _Needs, graph: nx.DiGraph) -> set[_Node]:
    """Return what cannot be had when `removed` cannot: it, and what has a need that only lost things meet."""
    lost, waiting = {removed}, [removed]
    for node in waiting:  # it grows meanwhile
        for user in graph.successors(node):
            met_by_lost = ({other for other, _ in met_by} <= lost for met_by in needs[user.source].values())
            if user not in lost and any(met_by_lost):
                lost.add(user)
                waiting.append(user)
    return lost
