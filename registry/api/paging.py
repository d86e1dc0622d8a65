"""Pages of rows: one envelope for all lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.views import APIView

LARGEST = 500


class PageQuery(serializers.Serializer[Any]):
    """Which page of a list, and how many rows it has."""

    page = serializers.IntegerField(min_value=1, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=LARGEST, default=100)


class Pages(PageNumberPagination):
    """`count`, `next`, `previous`, `results`; a page past the last is not found, any other fault is the caller's."""

    page_size_query_param = "page_size"
    max_page_size = LARGEST
    _asked: Mapping[str, int]

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Return the rows of the page that was asked for."""
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        self._asked = query.validated_data
        return super().paginate_queryset(queryset, request, view)

    def get_page_size(self, request: Request) -> int:  # noqa: ARG002 - its signature
        """Return how many rows the page has."""
        return self._asked["page_size"]

    def get_page_number(self, request: Request, paginator: Any) -> int:  # noqa: ARG002 - its signature
        """Return the number of the page."""
        return self._asked["page"]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ARG002 - its signature
        """Return the two parameters with their bounds."""
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": 100}
        return [
            _parameter("page", {"type": "integer", "minimum": 1, "default": 1}, "Number of the page · 页码"),
            _parameter("page_size", size, "Rows of a page · 每页行数"),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the envelope; the first page has no `previous` and the last no `next`."""
        address = {"type": ["string", "null"], "format": "uri"}
        properties = {"count": {"type": "integer"}, "next": address, "previous": address, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
