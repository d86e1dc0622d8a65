"""The catalogue: open to all."""

from collections.abc import Iterator
from typing import Any

from licence_exchange_client.answers import Row
from licence_exchange_client.connection import Connection


class Catalogue(Connection):
    """The lists of the catalogue, all rows of them; filters as the OpenAPI document names them."""

    def departments(self, **filters: Any) -> Iterator[Row]:
        """Return the departments in force."""
        return self.pages("/api/v1/departments/", params=filters)

    def items(self, **filters: Any) -> Iterator[Row]:
        """Return the items in force with what they need and yield."""
        return self.pages("/api/v1/items/", params=filters)

    def licence_types(self, **filters: Any) -> Iterator[Row]:
        """Return the licence types in force."""
        return self.pages("/api/v1/licence-types/", params=filters)

    def flows(self, **filters: Any) -> Iterator[Row]:
        """Return the flows of licences between items."""
        return self.pages("/api/v1/flows/", params=filters)
