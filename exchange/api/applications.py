"""The calls by which a department's own system takes applications in at a counter, reads them and takes their steps."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.application_serializers import (
    CASE_STATES,
    DECISIONS,
    ApplicationAnswer,
    ApplicationQuery,
    ApplicationRequest,
    ApplicationSummary,
    StepRequest,
    application_answer,
    counter_asked,
    summary_answer,
)
from exchange.api.authentication import standing_of
from exchange.api.operators import operator_named
from exchange.applications.accepting import accept, ask_missing, not_accept
from exchange.applications.counter import own_applications, read_application, take_in
from exchange.asking import Standing
from exchange.deciding import approve, refuse, verify_references
from exchange.errors import InputInvalid
from exchange.queries import application_by_number
from foundation.reasons import Refused, because
from registry.api.paging import Pages
from registry.api.problems import problems

if TYPE_CHECKING:
    from exchange.models import Application

_NO_STORE = {"Cache-Control": "no-store"}
_KEY = "Idempotency-Key"
_KEY_FORM = re.compile(r"[!-~]{8,120}")
_NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="Number of the application · 办件编号")
EXAMPLES = [
    OpenApiExample(
        "At the counter",
        request_only=True,
        value={
            "item": "D2",
            "holder": {"name": "演示精密机械有限公司", "code_type": "001", "number": "91510100MA00000019"},
            "references": [
                {"need": 1, "number": "成规划局〔2026〕1号"},
                {"need": 2, "number": "成国土局〔2026〕1号"},
                {"need": 3, "paper": True, "number": "成环审〔2019〕7号"},
            ],
            "project": "精密数控机床生产线技术改造项目",
        },
    )
]
STEP_EXAMPLES = [
    OpenApiExample("One list of what is missing", request_only=True, value={"step": "ask_missing", "needs": [2]}),
    OpenApiExample(
        "Refuse",
        request_only=True,
        value={
            "step": "refuse",
            "reason": "选址不符合规划",
            "operator": {"account": "li", "name": "李经办"},
        },
    ),
]


def _operated(request: Request, operator: Mapping[str, str] | None) -> Standing:
    return standing_of(request, operator=operator_named(request, operator))


class Applications(APIView):
    """Take an application in; list the department's applications."""

    scope = "applications"
    pagination_class = Pages

    @extend_schema(
        operation_id="take_in_application",
        summary="Take an application in at the counter · 窗口代为提交申请",
        parameters=[
            OpenApiParameter(
                _KEY,
                {"type": "string", "minLength": 8, "maxLength": 120, "pattern": "^[!-~]+$"},
                OpenApiParameter.HEADER,
                required=True,
                description="Made by the caller for each application, and kept whenever the request is sent again · "
                "每件申请一个，重发时保持不变，只提交一次",
            ),
            OpenApiParameter(
                "Location", str, OpenApiParameter.HEADER, response=[200, 201], description="Where it is read · 地址"
            ),
        ],
        request=ApplicationRequest,
        responses={
            201: OpenApiResponse(ApplicationAnswer, description="Taken in, and accepted where it is complete."),
            200: OpenApiResponse(ApplicationAnswer, description="Taken in when the same request was sent before."),
            **problems(400, 401, 403, 406, 409, 413, 415, 429, 503, own=("idempotency_key_reused",)),
        },
        examples=EXAMPLES,
        tags=["applications"],
    )
    def post(self, request: Request) -> Response:
        """Take an application in for an item that the caller's department handles; it is verified at once."""
        key = request.headers.get(_KEY, "")
        if not _KEY_FORM.fullmatch(key):
            raise Refused(because("idempotency_key_missing", header=_KEY))
        given = ApplicationRequest(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        taken = take_in(counter_asked(values), standing=_operated(request, values.get("operator")), key=key)
        headers = {**_NO_STORE, "Location": reverse("api-application", args=[taken.application.number])}
        return Response(
            application_answer(taken.application), status=200 if taken.is_replayed else 201, headers=headers
        )

    @extend_schema(
        operation_id="applications",
        summary="The department's applications · 本部门的办件",
        parameters=[OpenApiParameter("state", {"type": "string", "enum": CASE_STATES}, description="State · 状态")],
        responses={200: ApplicationSummary(many=True), **problems(400, 401, 403, 404, 406, 413, 429, 503)},
        tags=["applications"],
    )
    def get(self, request: Request) -> Response:
        """List the applications for the items that the caller's department handles, the newest first."""
        query = ApplicationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        state = query.validated_data["state"]
        pages = Pages()
        rows = own_applications(standing_of(request), [state] if state else [])
        page = pages.paginate_queryset(rows, request, view=self) or []
        response = pages.get_paginated_response([summary_answer(row) for row in page])
        response["Cache-Control"] = "no-store"
        return response


class ApplicationByNumber(APIView):
    """One application."""

    scope = "applications"

    @extend_schema(
        operation_id="application",
        summary="Read one application · 读取一件办件",
        parameters=[_NUMBER],
        responses={200: ApplicationAnswer, **problems(401, 403, 404, 406, 413, 429, 503)},
        tags=["applications"],
    )
    def get(self, request: Request, number: str) -> Response:
        """Return an application of the caller's department; another's is answered like an absent one. Recorded."""
        return Response(application_answer(read_application(number, standing=standing_of(request))), headers=_NO_STORE)


_ACTS: Mapping[str, Callable[["Application", Standing, Mapping[str, Any]], Any]] = {
    "accept": lambda a, s, _: accept(a, by=s),
    "ask_missing": lambda a, s, given: ask_missing(a, needs=given["needs"], remark=given["remark"], by=s),
    "not_accept": lambda a, s, given: not_accept(a, reason=given["reason"], by=s),
    "verify": lambda a, s, _: verify_references(a, person=s),
    "approve": lambda a, s, _: approve(a, person=s),
    "refuse": lambda a, s, given: refuse(a, person=s, reason=given["reason"]),
}


class ApplicationSteps(APIView):
    """A step with one application."""

    scope = "applications"

    @extend_schema(
        operation_id="application_step",
        summary="Accept, list what is missing, verify, decide · 受理、一次告知、核验、决定",
        parameters=[_NUMBER],
        request=StepRequest,
        responses={
            200: ApplicationAnswer,
            **problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 503, own=("wrong_state",)),
        },
        examples=STEP_EXAMPLES,
        tags=["applications"],
    )
    def post(self, request: Request, number: str) -> Response:
        """Take a step by the same table and rules as people do; who decides is named. Approval issues the result."""
        given = StepRequest(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        operator = values.get("operator")
        if values["step"] in DECISIONS and not operator_named(request, operator):
            raise InputInvalid({"operator": because("field_required")})
        standing = _operated(request, operator)
        application = read_application(number, standing=standing)
        _ACTS[values["step"]](application, standing, values)
        return Response(application_answer(application_by_number(number) or application), headers=_NO_STORE)
