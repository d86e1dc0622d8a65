"""The calls by which a department's system redeems the codes of holders, and lists what they authorised."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.authentication import standing_of
from exchange.api.authorisation_serializers import (
    AuthorisationAnswer,
    AuthorisationQuery,
    RedeemRequest,
    authorisation_answer,
)
from exchange.api.operators import operator_named
from exchange.authorising.codes import redeem
from exchange.authorising.listing import list_given
from foundation.clock import now
from registry.api.paging import Pages
from registry.api.problems import problems

_NO_STORE = {"Cache-Control": "no-store"}
_EXAMPLES = [
    OpenApiExample(
        "A code shown at the counter",
        request_only=True,
        value={
            "code": "7K3M-Q0TZ-9XFA",
            "item": "O3",
            "purpose": "建设工程规划许可",
            "operator": {"account": "li", "name": "李经办"},
        },
    )
]


class Redemptions(APIView):
    """Redeem a code."""

    scope = "authorisations"

    @extend_schema(
        operation_id="redeem_authorisation",
        summary="Redeem the code that a holder shows · 兑换持证人出示的授权码",
        request=RedeemRequest,
        responses={
            201: OpenApiResponse(AuthorisationAnswer, description="The authorisation, for this department and item."),
            **problems(400, 401, 403, 404, 406, 413, 415, 429, 503),
        },
        examples=_EXAMPLES,
        tags=["authorisations"],
    )
    def post(self, request: Request) -> Response:
        """Turn a code, within its 60 seconds and once, into an authorisation for one item of the department."""
        given = RedeemRequest(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        standing = standing_of(request, operator=operator_named(request, values.get("operator")))
        made = redeem(
            values["code"], item=values["item"], purpose=values["purpose"], case=values["case"], standing=standing
        )
        return Response(authorisation_answer(made, made.since), status=201, headers=_NO_STORE)


class Authorisations(APIView):
    """The authorisations given to the department."""

    scope = "authorisations"
    pagination_class = Pages

    @extend_schema(
        operation_id="authorisations",
        summary="What holders authorised the department to use · 持证人给予本部门的授权",
        parameters=[
            OpenApiParameter("state", {"type": "string", "enum": ["in_force", "over"], "default": "in_force"}),
            OpenApiParameter("item", str, description="Code of an item · 事项编号"),
        ],
        responses={200: AuthorisationAnswer(many=True), **problems(400, 401, 403, 404, 406, 413, 429, 503)},
        tags=["authorisations"],
    )
    def get(self, request: Request) -> Response:
        """List the authorisations of the caller's department, the newest first; looking is recorded."""
        query = AuthorisationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        at, values = now(), query.validated_data
        found = list_given(
            standing=standing_of(request), holding=values["state"] == "in_force", item=values["item"], at=at
        )
        pages = Pages()
        page = pages.paginate_queryset(found, request, view=self) or []
        response = pages.get_paginated_response([authorisation_answer(given, at) for given in page])
        response["Cache-Control"] = "no-store"
        return response
