"""What the networks are made of: a resolution, and the departments of its items."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from registry.catalogue import Catalogue
from registry.sources import Flow, Resolution, resolve

_CODE = re.compile(r"(\D*)(\d*)(.*)", re.DOTALL)


def code_order(code: str) -> tuple[int, str, int, str]:
    """Return the key that sorts codes as people count them: A1, A2, A10, B1, …, Z1, AA1."""
    letters, number, rest = _CODE.fullmatch(code).groups()  # type: ignore[union-attr]  # it matches any text
    return len(letters), letters, int(number or 0), code + rest


@dataclass(frozen=True, slots=True)
class City:
    """A resolution and its places: the department of every item, added ones too, and the departments of the city.

    Every item counts as the city's own, whatever the level of its department.
    """

    resolution: Resolution
    item_departments: Mapping[str, str]
    departments: frozenset[str]

    @classmethod
    def of(cls, catalogue: Catalogue) -> "City":
        """Resolve `catalogue`; its departments of level `city` are the city's."""
        resolution = resolve(catalogue)
        places = {item.code: item.department for item in catalogue.items.values()}
        places |= {added.code: added.department for added in resolution.added_items}
        own = (code for code, row in catalogue.departments.items() if row["level"] == "city")
        return cls(resolution, places, frozenset(own))

    def is_internal(self, flow: Flow) -> bool:
        """Say whether the flow stays inside one department."""
        return self.item_departments[flow.source] == self.item_departments[flow.user]

    def across(self) -> list[Flow]:
        """Return the flows between two departments of the city, which the study analyses."""
        return [flow for flow in self.resolution.flows if not self.is_internal(flow)]


def without_synthetic(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue without the items whose origin is `synthetic`, to be resolved anew."""
    return Catalogue(
        departments=catalogue.departments,
        items={code: item for code, item in catalogue.items.items() if item.origin != "synthetic"},
        external=catalogue.external,
        aliases=catalogue.aliases,
        types=catalogue.types,
    )


def in_order(codes: Iterable[str]) -> list[str]:
    """Return codes in the order of `code_order`."""
    return sorted(codes, key=code_order)
