"""The calls: lists of the catalogue's rows, its network, and plans. Open to all, read only."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from registry.api.describing import plan_schema, report_schema
from registry.api.filters import DepartmentFilter, FlowQuery, ItemFilter, LicenceTypeFilter, NetworkQuery, PlanQuery
from registry.api.flows import chosen, row
from registry.api.paging import PageQuery, Pages
from registry.api.problems import faulty, problems, unknown
from registry.api.serializers import DepartmentRow, FlowRow, ItemRow, LicenceTypeRow
from registry.management.commands.plan import as_json
from registry.models import CatalogueVersion, Department, Item, LicenceType
from registry.reporting import needs_in, newest_version, plan_of, reading_of, report_of, stamp, version_of_day

_FRESH = "public, max-age=60"
_LIST_PROBLEMS = problems(400, 404, 406)


class PublicRead(APIView):
    """A call that anybody may make. Its answer follows from the catalogue's version, which is its entity tag."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["get", "head"]
    query: type[Serializer[Any]] | None = None
    version: CatalogueVersion | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer; who names the version's tag had this very answer, so that nothing of it is made again."""
        # Before anything is read, so that an import meanwhile makes the tag too old, never too new.
        self.version = newest_version()
        if request.method in ("GET", "HEAD") and self.tag in request.headers.get("If-None-Match", ""):
            return self._tagged(HttpResponseNotModified())
        return super().dispatch(request, *args, **kwargs)

    @property
    def tag(self) -> str:
        """The entity tag of every answer from this version; with its quotes, so that one is never part of another."""
        return f'"{stamp(self.version)}"'

    def _tagged(self, response: Any) -> Any:
        response["Cache-Control"], response["ETag"] = _FRESH, self.tag
        return response

    def parameters(self) -> set[str]:
        """Return the names of the query parameters that the call knows."""
        return set(self.query().fields) if self.query else set()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse parameters that the call does not know, or that are empty: either would silently give everything."""
        super().initial(request, *args, **kwargs)
        if request.method not in ("GET", "HEAD"):
            return  # refused for its method
        for name in request.query_params.keys() - self.parameters():
            raise faulty(name[:100], "unknown", "is no parameter of this call")
        for name, value in request.query_params.items():
            if not value:
                raise faulty(name, "empty", "is empty")

    def asked(self, request: Request) -> dict[str, Any]:
        """Return the checked query parameters."""
        assert self.query is not None  # noqa: S101 - for the type checker
        # As a plain dictionary: of a form's the framework takes an empty value for one not given.
        query = self.query(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return dict(query.validated_data)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the entity tag to what is no refusal."""
        final: Any = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code != 200:
            return final
        return get_conditional_response(request._request, etag=self.tag, response=self._tagged(final))


class CatalogueList(PublicRead, ListAPIView[Any]):
    """A list of rows with filters."""

    filter_backends = (DjangoFilterBackend,)
    pagination_class = Pages
    filterset_class: Any = None

    def parameters(self) -> set[str]:
        """Return the names of the filters and those of the page."""
        return set(self.filterset_class.base_filters) | set(PageQuery().fields)


class Departments(CatalogueList):
    """Departments."""

    serializer_class = DepartmentRow
    filterset_class = DepartmentFilter
    queryset = (
        Department.objects.filter(retired_at=None)
        .annotate(items_in_force=Count("items", filter=Q(items__retired_at=None)))
        .order_by(Length("code"), "code")
    )

    @extend_schema(
        operation_id="departments",
        summary="Departments · 部门",
        responses={200: DepartmentRow(many=True), **_LIST_PROBLEMS},
        tags=["catalogue"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the departments in force, those of other levels too (`level=city` for the city's own)."""
        return super().get(request, *args, **kwargs)


class Items(CatalogueList):
    """Items."""

    serializer_class = ItemRow
    filterset_class = ItemFilter
    queryset = (
        Item.objects.filter(retired_at=None)
        .select_related("department")
        .prefetch_related("needs__licence_type", "needs__situation", "yields__licence_type")
        .order_by(Length("department__code"), "department__code", Length("code"), "code")
    )

    @extend_schema(
        operation_id="items",
        summary="Approval items · 审批事项",
        responses={200: ItemRow(many=True), **_LIST_PROBLEMS},
        tags=["catalogue"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the items in force with what they need and yield."""
        return super().get(request, *args, **kwargs)


class LicenceTypes(CatalogueList):
    """Licence types."""

    serializer_class = LicenceTypeRow
    filterset_class = LicenceTypeFilter
    queryset = LicenceType.objects.filter(retired_at=None).select_related("owner").order_by("name_zh")

    @extend_schema(
        operation_id="licenceTypes",
        summary="Licence types · 证照类型",
        responses={200: LicenceTypeRow(many=True), **_LIST_PROBLEMS},
        tags=["catalogue"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the licence types in force with the fields that the data-sharing regulation demands."""
        return super().get(request, *args, **kwargs)


class Flows(PublicRead, GenericAPIView[Any]):
    """Flows."""

    query = FlowQuery
    pagination_class = Pages
    serializer_class = FlowRow
    queryset: QuerySet[Any] = Item.objects.none()  # flows are resolved, no table has them

    def parameters(self) -> set[str]:
        """Return the names of the filters and those of the page."""
        return super().parameters() | set(PageQuery().fields)

    @extend_schema(
        operation_id="flows",
        summary="Flows of licences · 证照流动",
        parameters=[FlowQuery],
        responses={200: FlowRow(many=True), **_LIST_PROBLEMS},
        tags=["catalogue"],
    )
    def get(self, request: Request) -> Response:
        """List the flows from the items that yield licences to those that need them, by the study's three steps."""
        reading = reading_of(self.version)
        page = self.paginate_queryset(chosen(reading, self.asked(request))) or []
        return self.get_paginated_response([row(reading, flow) for flow in page])


class Network(PublicRead):
    """The network."""

    query = NetworkQuery

    @extend_schema(
        operation_id="network",
        summary="The networks of items and departments · 事项网络与部门网络",
        parameters=[NetworkQuery],
        responses={200: report_schema(), **problems(400, 406)},
        tags=["catalogue"],
    )
    def get(self, request: Request) -> Response:
        """Report every figure of the study's section 3, now or as of a past day; or what one item needs, in order."""
        asked = self.asked(request)
        version = version_of_day(asked["as_of"]) if "as_of" in asked else self.version
        if "item" not in asked:
            return Response(report_of(version))
        reading = reading_of(version)
        if asked["item"] not in reading.city.item_departments:
            raise unknown("item")
        return Response(needs_in(reading, asked["item"]))


class Plans(PublicRead):
    """Plans."""

    query = PlanQuery

    @extend_schema(
        operation_id="plan",
        summary="Which licences to make electronic first · 优先电子化的证照",
        parameters=[PlanQuery],
        responses={200: plan_schema(), **problems(400, 406)},
        tags=["catalogue"],
    )
    def get(self, request: Request) -> Response:
        """Choose the best set of licence types within the budget, proven or with its bound after ten seconds."""
        asked = self.asked(request)
        plan = plan_of(self.version, asked["budget"], asked["objective"], all_flows=asked["all_flows"])
        return Response(as_json(plan))
