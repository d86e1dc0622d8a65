"""What a network report says: frozen values, the same whether networkx or arrays found them."""

from collections.abc import Mapping
from dataclasses import dataclass

CLASSES = ("high", "middle", "low")


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """Numbers of licence flows (section 3.1): total = city + cross_level, city = internal + cross_department."""

    total: int
    city: int
    internal: int
    cross_department: int
    cross_level: int
    county: int
    province: int
    nation: int


@dataclass(frozen=True, slots=True)
class TopRow:
    """An item whose results other departments use; `licence` joins its used results by ；, the most used first."""

    rank: int
    item: str
    licence: str
    department: str
    out_degree: int


@dataclass(frozen=True, slots=True)
class Top:
    """The `k` most used items (the study's table 2): their flows, and the share (0 to 1) of cross-department ones."""

    k: int
    flows: int
    share: float
    rows: tuple[TopRow, ...]


@dataclass(frozen=True, slots=True)
class UserRow:
    """An item that needs other departments' licences: by flows, and by distinct licences."""

    rank: int
    item: str
    department: str
    flows: int
    licences: int


@dataclass(frozen=True, slots=True)
class InDegree:
    """How many items need another department's licence, and the `k` that need most, ranked both ways."""

    users: int
    by_flows: tuple[UserRow, ...]
    by_licences: tuple[UserRow, ...]


@dataclass(frozen=True, slots=True)
class Concentration:
    """How unequally cross-department out-degree is spread (section 3.2); every number is from 0 to 1.

    `share_of_top` is that of the k most used items. `gini` is over all items, `gini_of_sources` over those of
    out-degree at least 1. `lorenz` holds the corners of the curve over all items, least used first: (share of items,
    share of flows), from (0, 0) to (1, 1).
    """

    share_of_top: float
    gini: float
    gini_of_sources: float
    lorenz: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ChainStep:
    """A step of a chain: one item, or a circle of items; `licence` is the one received from the step before."""

    items: tuple[str, ...]
    licence: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A longest chain of licences over all flows in the city; `length` counts its steps, a circle being one step."""

    length: int
    steps: tuple[ChainStep, ...]


@dataclass(frozen=True, slots=True)
class Circles:
    """Sets of items that need each other all around: how many, how many items are in them, and in the largest."""

    count: int
    items: int
    largest: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two departments and the flows between them, m + n in both directions."""

    one: str
    other: str
    flows: int


@dataclass(frozen=True, slots=True)
class Component:
    """Departments that a class of pairs joins; `lead`, of most flows within the class, is the one suggested to lead."""

    departments: tuple[str, ...]
    lead: str


@dataclass(frozen=True, slots=True)
class Star:
    """A centre with at least three partners, more than any of these has; stars may share leaves."""

    centre: str
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkClass:
    """A third of the flows: `pairs` counts the pairs of departments, `heaviest` lists them, bounded."""

    flows: int
    pairs: int
    components: tuple[Component, ...]
    stars: tuple[Star, ...]
    heaviest: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class DepartmentNetwork:
    """The study's section 3.3: the number of pairs, and its classes high, middle and low."""

    pairs: int
    classes: Mapping[str, LinkClass]


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure of the study's section 3. `items` counts those added in step 3 too, as the study does."""

    items: int
    added_items: int
    departments: int
    flows: FlowCounts
    unresolved: int
    conventional: int
    sources_used: int
    top: Top
    concentration: Concentration
    in_degree: InDegree
    department_network: DepartmentNetwork
    cycles: tuple[tuple[str, ...], ...]
    circles: Circles
    longest_chain: Chain


def flow_counts(*, city: int, internal: int, by_level: Mapping[str, int]) -> FlowCounts:
    """Add up the flows; `by_level` holds those from other levels, by `registry.catalogue.LEVELS`."""
    across = sum(by_level.values())
    return FlowCounts(
        total=city + across,
        city=city,
        internal=internal,
        cross_department=city - internal,
        cross_level=across,
        county=by_level.get("county", 0),
        province=by_level.get("provincial", 0),
        nation=by_level.get("national", 0),
    )
