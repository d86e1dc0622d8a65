"""What a plan chooses from: licence types with their costs, items with their needs, flows. Pure.

The study's first strategy makes licences electronic (section 4.1), beginning with the most used (section 3.2); its
second connects departments. A need is met when one of its ways is open: the licence type is electronic, and every
department that has to be connected for it is. An item is free of paper when all its needs are met.

- A need that no flow answers is unresolved (section 2.2): it has no way, so its item is never free of paper.
- Conventional licences (营业执照) are needs that count as electronic already, because every enterprise has one in the
  national register. Resolve the catalogue with `conventional=()` to have them flow, cost and count like any other.
- A type from another level has no cost of its own, and what has no cost cannot be chosen.
- Where several items yield the type in different situations, every department of theirs must be connected: an item is
  free of paper for all its applicants, or it is not.
- Within one department nothing has to be connected.
- Items added by the third step of the sources are only sources: of their own needs nothing is known.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from registry.catalogue import Alternative, Catalogue, ItemRow
from registry.names import NameIndex, comparable
from registry.sources import ExternalFlow, Flow, Resolution

Objective = Literal["items", "flows", "applications"]
OBJECTIVES: tuple[Objective, ...] = ("items", "flows", "applications")
TYPE_COST = Decimal(1)


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One way to meet a need: a licence type, and the departments that cost something to connect for it."""

    licence: str
    departments: tuple[str, ...] = ()


Needs = tuple[tuple[Way, ...], ...]


@dataclass(frozen=True, slots=True)
class PlannedType:
    """A licence type, the departments that issue it, and what it costs; without a cost it cannot be chosen."""

    name: str
    departments: tuple[str, ...]
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item: each of its needs with its ways (no way: unresolved), and its applications a year."""

    code: str
    needs: Needs
    applications: int = 1


@dataclass(frozen=True, slots=True, order=True)
class PlannedFlow:
    """A flow, from an item of the city or (`within_city` false) from a department of another level."""

    source: str
    user: str
    way: Way
    source_department: str
    user_department: str
    within_city: bool = True

    @property
    def crosses(self) -> bool:
        """Whether the licence goes from one department to another; from another level it always does."""
        return self.source_department != self.user_department


@dataclass(frozen=True, slots=True)
class PlanningModel:
    """Everything a plan depends on. `connections` holds only the departments that cost something to connect."""

    types: Mapping[str, PlannedType]
    items: tuple[PlannedItem, ...]
    flows: tuple[PlannedFlow, ...] = ()
    connections: Mapping[str, Decimal] = field(default_factory=dict)

    def cost(self, chosen: Iterable[str], connected: Iterable[str]) -> Decimal:
        """Return what making the `chosen` types electronic and connecting the departments `connected` costs."""
        costs = [self.types[name].cost or Decimal(0) for name in chosen] + [self.connections[c] for c in connected]
        return sum(costs, Decimal(0))


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs that differ from the default: of types by `comparable` name (1), of connecting departments by code (0)."""

    types: Mapping[str, Decimal] = field(default_factory=dict)
    departments: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that a plan gains when all of `needs` are met: its `weight`, in units of the objective."""

    needs: Needs
    weight: int = 1


def are_met(needs: Needs, chosen: Collection[str], connected: Collection[str]) -> bool:
    """Return whether each of `needs` has a way of a type in `chosen` with all its departments in `connected`."""
    return all(any(w.licence in chosen and all(d in connected for d in w.departments) for w in ways) for ways in needs)


def demands(model: PlanningModel, objective: Objective, *, all_flows: bool = False) -> list[Demand]:
    """Return what `objective` counts: items with needs, flows between departments (or all), applications a year."""
    if objective == "flows":
        return [Demand(((flow.way,),)) for flow in model.flows if all_flows or flow.crosses]
    weighted = objective == "applications"
    return [Demand(item.needs, item.applications if weighted else 1) for item in model.items if item.needs]


def planning_model(
    catalogue: Catalogue,
    resolution: Resolution,
    *,
    costs: Costs | None = None,
    applications: Mapping[str, int] | None = None,
) -> PlanningModel:
    """Return what can be planned in `catalogue`, whose needs come from where `resolution` says.

    `applications` are the applications a year by item code: 1 each where it is missing, 0 for an item it leaves out.
    """
    builder = _Builder(catalogue, resolution, costs or Costs())
    weights = dict.fromkeys(catalogue.items, 1) if applications is None else applications
    items = (
        PlannedItem(code, builder.needs(item), weights.get(code, 0)) for code, item in sorted(catalogue.items.items())
    )
    return PlanningModel(builder.types(), tuple(items), tuple(sorted(builder.flows())), builder.connections)


class _Builder:
    def __init__(self, catalogue: Catalogue, resolution: Resolution, costs: Costs) -> None:
        self.catalogue, self.costs = catalogue, costs
        self.connections = {code: cost for code, cost in sorted(costs.departments.items()) if cost}
        self.conventional = {(use.user, comparable(use.licence)) for use in resolution.conventional}
        self.found: list[Flow | ExternalFlow] = [*resolution.flows, *resolution.external]
        self.departments = {code: item.department for code, item in catalogue.items.items()}
        self.departments |= {added.code: added.department for added in resolution.added_items}
        self.by_need: dict[tuple[str, int], list[Flow | ExternalFlow]] = defaultdict(list)
        for flow in self.found:
            self.by_need[flow.user, flow.group].append(flow)
        # One type may be written in several ways; the first in order stands for all.
        self.names: dict[str, str] = {}
        for name in sorted({flow.licence for flow in self.found}):
            self.names.setdefault(comparable(name), name)

    def name(self, flow: Flow | ExternalFlow) -> str:
        return self.names[comparable(flow.licence)]

    def source_department(self, flow: Flow | ExternalFlow) -> str:
        return self.departments[flow.source] if isinstance(flow, Flow) else flow.source

    def types(self) -> dict[str, PlannedType]:
        """Return the types that flow; those that come only from other levels cost what `costs` says, or are closed."""
        issuers: dict[str, set[str]] = defaultdict(set)
        for flow in self.found:
            issuers[self.name(flow)].add(self.source_department(flow))
        city = {self.name(flow) for flow in self.found if isinstance(flow, Flow)}
        return {
            name: PlannedType(
                name, tuple(sorted(issuers[name])), self.costs.types.get(key, TYPE_COST if name in city else None)
            )
            for key, name in self.names.items()
        }

    def flows(self) -> set[PlannedFlow]:
        """Return each flow once, though several needs of its user may ask for it."""
        return {
            PlannedFlow(
                flow.source,
                flow.user,
                self.way(flow.user, self.name(flow), {self.source_department(flow)}),
                self.source_department(flow),
                self.departments[flow.user],
                isinstance(flow, Flow),
            )
            for flow in self.found
        }

    def way(self, user: str, name: str, sources: set[str]) -> Way:
        own = self.departments[user]
        connect = {own, *sources} if sources - {own} else set()
        return Way(name, tuple(sorted(connect & self.connections.keys())))

    def needs(self, item: ItemRow) -> Needs:
        """Return the ways of each need of `item`, without the needs that conventional licences meet."""
        needs = set()
        for number, (_, written) in enumerate(item.needs, start=1):
            meanings = [name for alternative in written for name in self._meanings(alternative)]
            if not any((item.code, comparable(name)) in self.conventional for name in meanings):
                group = number if len(meanings) > 1 else 0
                needs.add(self._ways(item.code, group, meanings))
        return tuple(sorted(needs))

    def _meanings(self, alternative: Alternative) -> list[str]:
        alias = self.catalogue.aliases.get(comparable(alternative.licence))
        return alias[1] if alias else [alternative.licence]

    def _ways(self, user: str, group: int, meanings: list[str]) -> tuple[Way, ...]:
        flows = self.by_need.get((user, group), [])
        if not group:  # the needs without alternatives share the group 0; the name tells them apart
            wanted = set(NameIndex(flow.licence for flow in flows).find(meanings[0]))
            flows = [flow for flow in flows if flow.licence in wanted]
        sources: dict[str, set[str]] = defaultdict(set)
        for flow in flows:
            sources[self.name(flow)].add(self.source_department(flow))
        return tuple(self.way(user, name, departments) for name, departments in sorted(sources.items()))
