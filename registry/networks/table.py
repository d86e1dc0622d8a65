"""The same input as arrays, for the scale of a nation: numbers in place of codes and names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.networks.city import City, in_order

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class FlowTable:
    """`n` items and `m` flows in the city; a number is a place in a list of codes or names.

    `items` and `departments` are in the order of `code_order` and `licences` sorted, so that comparing numbers is
    comparing codes. `item_department` has n numbers; `source`, `user` and `licence` have m. `external` counts the flows
    from other levels, by `registry.catalogue.LEVELS`.
    """

    items: Sequence[str]
    departments: Sequence[str]
    licences: Sequence[str]
    item_department: Numbers
    source: Numbers
    user: Numbers
    licence: Numbers
    external: Mapping[str, int]
    city_departments: int
    added_items: int = 0
    unresolved: int = 0
    conventional: int = 0

    @classmethod
    def of(cls, city: City) -> "FlowTable":
        """Return a city as a table."""
        flows = city.resolution.flows
        items = in_order(city.item_departments)
        departments = in_order(set(city.item_departments.values()))
        licences = sorted({flow.licence for flow in flows})
        return cls(
            items=items,
            departments=departments,
            licences=licences,
            item_department=_numbers([city.item_departments[item] for item in items], departments),
            source=_numbers([flow.source for flow in flows], items),
            user=_numbers([flow.user for flow in flows], items),
            licence=_numbers([flow.licence for flow in flows], licences),
            external=Counter(flow.level for flow in city.resolution.external),
            city_departments=len(city.departments),
            added_items=len(city.resolution.added_items),
            unresolved=len(city.resolution.unresolved),
            conventional=len(city.resolution.conventional),
        )


def _numbers(values: Sequence[str], known: Sequence[str]) -> Numbers:
    place = {value: number for number, value in enumerate(known)}
    return np.fromiter((place[value] for value in values), np.int32, len(values))
