"""The calls of the exchange API."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.authentication import standing_of
from exchange.api.operators import PARAMETER, operator_named
from exchange.api.schema import ACCESS, DISCLOSURE_EXAMPLES, VERIFICATION_EXAMPLES
from exchange.api.serializers import (
    DisclosureAnswer,
    DisclosureRequest,
    VerificationAnswer,
    VerificationRequest,
    disclosure_answer,
    verification_answer,
)
from exchange.asking import Ask, Standing
from exchange.disclosing import disclose
from exchange.verifying import verify_number
from registry.api.problems import problems

_NO_STORE = {"Cache-Control": "no-store"}


class Verifications(APIView):
    """Verify one licence."""

    scope = "verify"
    charges_itself = True

    @extend_schema(
        operation_id="verify",
        summary="Verify a licence by number · 按编号核验证照",
        parameters=[PARAMETER],
        request=VerificationRequest,
        responses={200: VerificationAnswer, **problems(400, 401, 403, 406, 413, 415, 429, 503, own=ACCESS)},
        examples=VERIFICATION_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Say whether a licence is valid. The item decides which types are searched; every call is recorded."""
        given = VerificationRequest(data=request.data)
        given.is_valid(raise_exception=True)
        ask, standing = asking_of(given.validated_data, request)
        answer = verify_number(ask, standing=standing)
        return Response(verification_answer(answer, with_case=bool(ask.case)), headers=_NO_STORE)


def asking_of(values: Mapping[str, Any], request: Request) -> tuple[Ask, Standing]:
    """Return what a verified request asks, and the standing of whoever asks."""
    ask = Ask(
        text=values["number"],
        item=values["item"],
        purpose=values["purpose"],
        case=values["case"],
        licence_type=values["licence_type"],
        holder_number=values["holder_code"],
        authorisation=str(values.get("authorisation", "")),
    )
    return ask, standing_of(request, operator=operator_named(request, values.get("operator")))


class LicenceFields(APIView):
    """Read a licence's permitted fields."""

    scope = "disclose"
    charges_itself = True

    @extend_schema(
        operation_id="disclose",
        summary="Read the permitted fields of a licence · 读取证照的许可字段",
        parameters=[
            OpenApiParameter("identifier", str, OpenApiParameter.PATH, description="Identifier by GB/T 36904."),
            DisclosureRequest,
            PARAMETER,
        ],
        responses={
            200: DisclosureAnswer,
            **problems(400, 401, 403, 404, 406, 413, 429, 503, own=(*ACCESS, "licence_not_found")),
        },
        examples=DISCLOSURE_EXAMPLES,
    )
    def get(self, request: Request, identifier: str) -> Response:
        """Return the fields that the item's need and the right of use permit; every call is recorded."""
        given = DisclosureRequest(data=request.query_params)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        ask = Ask(
            text=identifier,
            item=values["item"],
            purpose=values["purpose"],
            case=values["case"],
            authorisation=str(values.get("authorisation", "")),
        )
        standing = standing_of(request, operator=operator_named(request))
        return Response(disclosure_answer(disclose(ask, standing=standing)), headers=_NO_STORE)
