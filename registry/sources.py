"""Where the licences that items need come from: the study's section 2.2, in three steps. Pure.

Step 1: one item yields the licence, it is the source. Step 2: several do; `new` (and transfer) items are the sources
where there is one, else all that do not cancel; a prerequisite may name its situation. Step 3: none does; the table
of external licences tells the level and the department, and what comes from the city itself becomes an added item.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from registry.names import NameIndex, comparable
from registry.rows import Alternative, Catalogue, ExternalRow, ItemRow

# Needed by every enterprise's application, it would drown the network (section 2.2): no flow, but still a need.
CONVENTIONAL = frozenset({"营业执照"})
SOURCE_KINDS = ("new", "transfer")


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """A licence flows from the item that yields it to the item that needs it.

    `group` is set where the licence is one of several alternatives, any of which satisfies the need.
    """

    source: str
    user: str
    licence: str
    step: int
    group: int = 0


@dataclass(frozen=True, slots=True, order=True)
class ExternalFlow:
    """A licence comes from another level: of its source only level and department are known."""

    source: str
    user: str
    licence: str
    level: str
    department: str
    group: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """An item's need of a licence; `group` is set where it is one of several alternatives."""

    user: str
    licence: str
    group: int = 0


@dataclass(frozen=True, slots=True, order=True)
class AddedItem:
    """An item that the catalogue lacks, found by step 3: a department of the city yields this licence."""

    code: str
    department: str
    licence: str


@dataclass(slots=True)
class Resolution:
    """Every need, once: as flows, external flows, conventional, or unresolved. Lists are sorted."""

    flows: list[Flow] = field(default_factory=list)
    external: list[ExternalFlow] = field(default_factory=list)
    added_items: list[AddedItem] = field(default_factory=list)
    unresolved: list[Use] = field(default_factory=list)
    conventional: list[Use] = field(default_factory=list)


def conventional_names(catalogue: Catalogue) -> frozenset[str]:
    """Return, in comparable form, the licences that make no flow: those the catalogue names, else the usual one."""
    return frozenset(map(comparable, catalogue.conventional or CONVENTIONAL))


def resolve(catalogue: Catalogue, *, conventional: Iterable[str] | None = None) -> Resolution:
    """Return where every licence that an item of `catalogue` needs comes from.

    `conventional` names the licences that make no flow; without it the catalogue says which.
    """
    named = conventional_names(catalogue) if conventional is None else frozenset(map(comparable, conventional))
    resolver = _Resolver(catalogue, named)
    for item in catalogue.items.values():
        resolver.resolve_item(item)
    return resolver.result()


class _Resolver:
    def __init__(self, catalogue: Catalogue, conventional: frozenset[str]) -> None:
        self.catalogue = catalogue
        self.conventional = conventional
        self.producers: dict[str, list[ItemRow]] = {}
        names: dict[str, str] = {}
        for item in catalogue.items.values():
            for key, name in {comparable(name): name for name in item.results}.items():
                self.producers.setdefault(key, []).append(item)
                names.setdefault(key, name)
        self.index = NameIndex(names.values())
        self.external = NameIndex(row.name for row in catalogue.external.values())
        self.found: dict[Flow | ExternalFlow | Use, None] = {}
        self.conventional_uses: set[Use] = set()
        self.city_level: dict[ExternalFlow, ExternalRow] = {}

    def resolve_item(self, item: ItemRow) -> None:
        """Resolve the needs of one item, each alternative by itself."""
        for number, (_, written) in enumerate(item.needs, start=1):
            alternatives = [meant for alternative in written for meant in self._meanings(alternative)]
            group = number if len(alternatives) > 1 else 0
            for alternative in alternatives:
                if comparable(alternative.licence) in self.conventional:
                    self.conventional_uses.add(Use(item.code, alternative.licence, group))
                else:
                    self.found |= dict.fromkeys(self._flows(item, alternative, group))

    def _meanings(self, alternative: Alternative) -> Iterator[Alternative]:
        """Yield what an alternative stands for: itself, or the names of its alias."""
        alias = self.catalogue.aliases.get(comparable(alternative.licence))
        for name in alias[1] if alias else [alternative.licence]:
            yield Alternative(name, alternative.situation)

    def _flows(self, item: ItemRow, wanted: Alternative, group: int) -> Iterator[Flow | ExternalFlow | Use]:
        names = self.index.find(wanted.licence)
        producers = {p.code: (p, name) for name in names for p in self.producers[comparable(name)]}
        rows = [row for row, _ in producers.values()]
        step = 1 if len(rows) == 1 else 2
        sources = [s for s in _sources(rows, wanted.situation) if s.code != item.code]
        if sources:
            yield from (Flow(s.code, item.code, producers[s.code][1], step, group) for s in sources)
        elif rows:
            yield Use(item.code, wanted.licence, group)
        else:
            yield self._from_elsewhere(item, wanted.licence, group)

    def _from_elsewhere(self, item: ItemRow, licence: str, group: int) -> ExternalFlow | Use:
        name = next(self.external.find(licence), None)
        if name is None:
            return Use(item.code, licence, group)
        row = self.catalogue.external[comparable(name)]
        flow = ExternalFlow(row.source, item.code, row.name, row.level, row.department, group)
        if row.level == "city":
            self.city_level[flow] = row
        return flow

    def _added(self) -> dict[str, AddedItem]:
        """Return the added items by their licences; codes follow the licences' names, not the order of rows."""
        added: dict[str, AddedItem] = {}
        taken = set(self.catalogue.items)
        for department, licence in sorted({(row.department, row.name) for row in self.city_level.values()}):
            code = next(c for n in range(1, len(taken) + 2) if (c := f"{department}{n}") not in taken)
            taken.add(code)
            added[licence] = AddedItem(code, department, licence)
        return added

    def result(self) -> Resolution:
        """Return what was found, sorted, without the doubles of needs that stand twice."""
        added = self._added()
        flows = [f for f in self.found if isinstance(f, Flow)]
        flows += [Flow(added[f.licence].code, f.user, f.licence, 3, f.group) for f in self.city_level]
        external = (f for f in self.found if isinstance(f, ExternalFlow) and f not in self.city_level)
        return Resolution(
            flows=sorted(flows),
            external=sorted(external),
            added_items=sorted(added.values()),
            unresolved=sorted(f for f in self.found if isinstance(f, Use)),
            conventional=sorted(self.conventional_uses),
        )


def _sources(producers: list[ItemRow], situation: str) -> list[ItemRow]:
    """Return which of a licence's producers are its sources (step 2)."""
    if situation:
        return [row for row in producers if row.code == situation]
    if len(producers) == 1:
        return producers
    new = [row for row in producers if row.kind in SOURCE_KINDS]
    return new or [row for row in producers if row.kind != "cancel"]
