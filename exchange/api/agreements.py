"""The calls by which a department's own system asks for agreements (right of use) and follows them."""

import re
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.agreements import requesting
from exchange.agreements.listing import agreement_for, agreements_of, asked_by, asked_of_us
from exchange.api.agreement_serializers import (
    ROLES,
    STATES,
    AgreementAnswer,
    AgreementQuery,
    AgreementRequest,
    AgreementStepRequest,
    AgreementWithSteps,
    agreement_answers,
    agreement_with_steps,
    asked_of_body,
)
from exchange.api.authentication import standing_of
from exchange.asking import Standing
from exchange.errors import AccessRefused
from foundation.reasons import Refused, because
from registry.api.paging import Pages
from registry.api.problems import problems
from registry.lineage import lineage

_NO_STORE = {"Cache-Control": "no-store"}
_KEY = "Idempotency-Key"
_KEY_FORM = re.compile(r"[!-~]{8,120}")
_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    bool,
    OpenApiParameter.HEADER,
    response=[200],
    description="`true`: the same request asked for this agreement before · 同一请求此前已提出此申请",
)
_LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=[200, 201], description="Where it is followed · 地址"
)
_EXAMPLES = [
    OpenApiExample(
        "A request",
        request_only=True,
        value={
            "item": "O3",
            "licence_type": "不动产权证书(土地)",
            "basis": "《不动产登记暂行条例》第二十四条",
            "scene": "窗口核对申请人的土地权利",
            "fields": ["certificateNumber", "certificateHolderName"],
            "ways": ["verify", "disclose"],
            "purpose": "建设工程规划许可",
            "last_day": "2027-12-31",
            "quota": 500,
            "quota_per": "day",
            "cases_continue": True,
        },
    )
]


def _active(request: Request) -> tuple[Standing, list[str]]:
    """Return who calls, with the departments (codes) whose agreements are theirs."""
    standing = standing_of(request)
    if not standing.asker.active:
        raise AccessRefused(because("client_inactive"))
    return standing, lineage("department", standing.asker.department)


class Agreements(APIView):
    """Ask for an agreement; list the department's."""

    scope = "agreements"
    pagination_class = Pages

    @extend_schema(
        operation_id="request_agreement",
        summary="Ask for the use of a conditional type · 申请有条件共享证照的使用权",
        parameters=[
            OpenApiParameter(
                _KEY,
                {"type": "string", "minLength": 8, "maxLength": 120, "pattern": "^[!-~]+$"},
                OpenApiParameter.HEADER,
                required=True,
                description="Made by the caller for each request, and kept whenever it is sent again: an incomplete "
                "one is mended, a complete one asked for once · 每份申请一个，重发时保持不变",
            ),
            _REPLAYED,
            _LOCATION,
        ],
        request=AgreementRequest,
        responses={
            201: OpenApiResponse(AgreementWithSteps, description="Asked for; it waits for the own head's approval."),
            200: OpenApiResponse(AgreementWithSteps, description="Asked for when the same request was sent before."),
            **problems(
                400,
                401,
                403,
                406,
                409,
                413,
                415,
                429,
                503,
                own=(
                    "agreement_not_needed",
                    "idempotency_key_reused",
                ),
            ),
        },
        examples=_EXAMPLES,
        tags=["agreements"],
    )
    def post(self, request: Request) -> Response:
        """Ask for an agreement in the name of the caller's department, or learn why none is needed or possible."""
        key = request.headers.get(_KEY, "")
        if not _KEY_FORM.fullmatch(key):
            raise Refused(because("idempotency_key_missing", header=_KEY))
        given = AgreementRequest(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        wanted = requesting.Request(values["item"], values["licence_type"], asked_of_body(values), key)
        sent = requesting.request_for(wanted, standing=standing_of(request))
        headers = {**_NO_STORE, "Location": reverse("api-agreement", args=[sent.agreement.reference])}
        if sent.is_replayed:
            headers["Idempotent-Replayed"] = "true"
        body = agreement_with_steps(sent.agreement)
        return Response(body, status=200 if sent.is_replayed else 201, headers=headers)

    @extend_schema(
        operation_id="agreements",
        summary="The department's agreements · 本部门的使用协议",
        parameters=[
            OpenApiParameter("role", {"type": "string", "enum": ROLES}, description="As which side · 本部门为哪一方"),
            OpenApiParameter("state", {"type": "string", "enum": STATES}),
        ],
        responses={200: AgreementAnswer(many=True), **problems(400, 401, 403, 404, 406, 413, 429, 503)},
        tags=["agreements"],
    )
    def get(self, request: Request) -> Response:
        """List the agreements to which the caller's department is a party, the newest first."""
        query = AgreementQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        _, codes = _active(request)
        of_role = {"requester": asked_by, "provider": asked_of_us}.get(query.validated_data.get("role", ""))
        rows = (of_role or agreements_of)(codes)
        if "state" in query.validated_data:
            rows = rows.filter(state=query.validated_data["state"])
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self) or []
        response = pages.get_paginated_response(agreement_answers(page))
        response["Cache-Control"] = "no-store"
        return response


class OneAgreement(APIView):
    """One agreement."""

    scope = "agreements"

    @extend_schema(
        operation_id="agreement",
        summary="An agreement with its history · 使用协议及其办理过程",
        responses={200: AgreementWithSteps, **problems(401, 403, 404, 406, 413, 429, 503)},
        tags=["agreements"],
    )
    def get(self, request: Request, reference: str) -> Response:
        """Return an agreement of the caller's department; one of others is answered as if there were none."""
        _, codes = _active(request)
        return Response(agreement_with_steps(agreement_for(reference, codes)), headers=_NO_STORE)


class AgreementSteps(APIView):
    """Take a step of one agreement."""

    scope = "agreements"

    @extend_schema(
        operation_id="step_agreement",
        summary="Put a draft before the own head, or withdraw · 提请本部门负责人，或撤回",
        request=AgreementStepRequest,
        responses={
            200: AgreementWithSteps,
            **problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 503, own=("agreement_wrong_state",)),
        },
        tags=["agreements"],
    )
    def post(self, request: Request, reference: str) -> Response:
        """Take a step that a system may take, in the name of the caller's department; all others are for people."""
        given = AgreementStepRequest(data=request.data)
        given.is_valid(raise_exception=True)
        step: str = given.validated_data["step"]
        agreement = requesting.step_for(reference, step, standing=standing_of(request))
        return Response(agreement_with_steps(agreement), headers=_NO_STORE)
