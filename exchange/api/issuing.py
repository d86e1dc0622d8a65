"""The calls by which a department's own system issues licences and operates on them."""

import re

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.authentication import standing_of
from exchange.api.issuing_examples import ISSUE_EXAMPLES, OPERATION_EXAMPLES
from exchange.api.issuing_serializers import (
    IssuedLicence,
    IssueRequest,
    OperationAnswer,
    OperationRequest,
    asked,
    issued_answer,
)
from exchange.issuing import issue_for, operate_for
from foundation.reasons import Refused, because
from licences.lifecycle import STATE_NAMES, State
from registry.api.problems import problems

_NO_STORE = {"Cache-Control": "no-store"}
_KEY = "Idempotency-Key"
_KEY_FORM = re.compile(r"[!-~]{8,120}")
_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    bool,
    OpenApiParameter.HEADER,
    response=[200],
    description="`true`: the same request issued this licence before · 同一请求此前已签发此证照",
)
_LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=[200, 201], description="Where its fields are read · 地址"
)


_ISSUING = (
    "idempotency_key_missing",
    "idempotency_key_reused",
    "type_of_other_department",
    "type_not_issuable",
    "two_persons_needed",
    "number_taken",
    "holder_name_differs",
)
_OPERATING = ("reason_required", "operation_not_permitted", "no_such_licence", "operation_not_allowed", "row_altered")


class Licences(APIView):
    """Issue one licence."""

    scope = "issue"

    @extend_schema(
        operation_id="issue",
        summary="Issue a licence · 签发证照",
        parameters=[
            OpenApiParameter(
                _KEY,
                {"type": "string", "minLength": 8, "maxLength": 120, "pattern": "^[!-~]+$"},
                OpenApiParameter.HEADER,
                required=True,
                description="Made by the caller for each licence, and kept whenever the request is sent again: it then "
                "issues once · 每份证照一个，重发时保持不变，只签发一次",
            ),
            _REPLAYED,
            _LOCATION,
        ],
        request=IssueRequest,
        responses={
            201: OpenApiResponse(IssuedLicence, description="Issued."),
            200: OpenApiResponse(IssuedLicence, description="Issued when the same request was sent before."),
            **problems(400, 401, 403, 406, 409, 413, 415, 429, 503, own=_ISSUING),
        },
        examples=ISSUE_EXAMPLES,
        tags=["issuing"],
    )
    def post(self, request: Request) -> Response:
        """Issue a licence of a type that the caller's department owns, numbered, signed and recorded, or refuse."""
        key = request.headers.get(_KEY, "")
        if not _KEY_FORM.fullmatch(key):
            raise Refused(because("idempotency_key_missing", header=_KEY))
        given = IssueRequest(data=request.data)
        given.is_valid(raise_exception=True)
        once = issue_for(asked(given.validated_data), standing=standing_of(request), key=key)
        headers = {**_NO_STORE, "Location": reverse("licence-fields", args=[once.licence.identifier])}
        if once.is_replayed:
            headers["Idempotent-Replayed"] = "true"
        return Response(issued_answer(once.licence), status=200 if once.is_replayed else 201, headers=headers)


class Operations(APIView):
    """Operate on one licence."""

    scope = "issue"

    @extend_schema(
        operation_id="operate",
        summary="Suspend, resume, cancel, revoke, withdraw or annul a licence · 对证照执行操作",
        parameters=[
            OpenApiParameter("identifier", str, OpenApiParameter.PATH, description="Identifier by GB/T 36904.")
        ],
        request=OperationRequest,
        responses={200: OperationAnswer, **problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 503, own=_OPERATING)},
        examples=OPERATION_EXAMPLES,
        tags=["issuing"],
    )
    def post(self, request: Request, identifier: str) -> Response:
        """Carry out an operation of the life cycle on a licence of the caller's department; it is recorded."""
        given = OperationRequest(data=request.data)
        given.is_valid(raise_exception=True)
        operation: str = given.validated_data["operation"]
        reason: str = given.validated_data["reason"]
        licence = operate_for(identifier, operation, reason=reason, standing=standing_of(request))
        state = State(licence.state)
        body = {
            "identifier": licence.identifier,
            "number": licence.number,
            "operation": operation,
            "state": str(state),
            "state_name": {"zh": STATE_NAMES[state].zh, "en": STATE_NAMES[state].en},
        }
        return Response(OperationAnswer(body).data, headers=_NO_STORE)
