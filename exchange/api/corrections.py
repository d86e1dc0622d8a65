"""The calls by which a department's system reports wrong fields of licences that it has seen."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.authentication import standing_of
from exchange.api.operators import OperatorSerializer, operator_named
from exchange.api.serializers import DepartmentSerializer, TypeSerializer
from exchange.corrections.queries import report_for_client, reports_of
from exchange.corrections.reporting import report_for
from exchange.corrections.seeing import titles_of
from exchange.corrections.texts import LONGEST, Said, finding_of
from exchange.mending import STATE_NAMES, State
from exchange.models import Correction
from foundation.reasons import Both
from registry.api.paging import Pages
from registry.api.problems import BothSerializer, problems

STATES = [str(state) for state in State]
_NO_STORE = {"Cache-Control": "no-store"}
_LOCATION = OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[201], description="The report · 地址")

_EXAMPLES = [
    OpenApiExample(
        "A wrong last day",
        request_only=True,
        value={
            "record": "019ab000-0000-7000-8000-000000000000",
            "field": "certificateExpiringDate",
            "wrong": "纸质证照上的日期不同",
            "proposed": "2031-01-01",
            "evidence": "见纸质证照",
        },
    ),
    OpenApiExample(
        "Reported",
        response_only=True,
        status_codes=["201"],
        value={
            "number": "GZ-20261124-0001",
            "record": "019ab000-0000-7000-8000-000000000000",
            "field": "certificateExpiringDate",
            "field_name": {"zh": "有效期截止日期", "en": "Valid until"},
            "licence_number": "成国土局〔2026〕12号",
            "type": {
                "code": "11510100LX00001260001",
                "name": {"zh": "用地预审意见", "en": "Preliminary land use review opinion"},
            },
            "provider": {"code": "L", "name": {"zh": "国土局", "en": "Land and Resources Bureau"}},
            "state": "reported",
            "state_name": {"zh": "待核查", "en": "waits for the provider"},
            "reported_at": "2026-11-24T09:00:00+08:00",
            "answer_by": "2026-12-08",
            "closed_at": None,
            "finding": "",
        },
    ),
]


class ReportRequest(serializers.Serializer[Any]):
    """A wrong field of a licence; of `wrong` and `proposed` at least one. What is written is kept sealed."""

    record = serializers.UUIDField(help_text="`record` of the answer that showed the field, to a client of yours.")
    field = serializers.CharField(max_length=100, help_text="As the answer names it, such as certificateExpiringDate.")
    wrong = serializers.CharField(
        max_length=LONGEST, required=False, allow_blank=True, default="", help_text="What is wrong with it."
    )
    proposed = serializers.CharField(
        max_length=LONGEST, required=False, allow_blank=True, default="", help_text="What it should be."
    )
    evidence = serializers.CharField(
        max_length=LONGEST, required=False, allow_blank=True, default="", help_text="What shows it."
    )
    operator = OperatorSerializer(required=False)


class ReportAnswer(serializers.Serializer[Any]):
    """Where a report stands. The version that mends it is found by verifying the licence again."""

    number = serializers.CharField()
    record = serializers.UUIDField()
    field = serializers.CharField()
    field_name = BothSerializer()  # type: ignore[assignment]
    licence_number = serializers.CharField()
    type = TypeSerializer()
    provider = DepartmentSerializer(help_text="The department that checks and mends.")
    state = serializers.ChoiceField(choices=STATES)
    state_name = BothSerializer()
    reported_at = serializers.DateTimeField()
    answer_by = serializers.DateField(help_text="Legal day; after it the data authority sees to it.")
    closed_at = serializers.DateTimeField(allow_null=True)
    finding = serializers.CharField(allow_blank=True, help_text="What the provider found.")


def _both(text: Any) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _answers(reports: Sequence[Correction]) -> list[dict[str, Any]]:
    titles = titles_of(report.licence for report in reports)
    return [_answer(report, titles[report.licence_id][report.field]) for report in reports]


def _answer(report: Correction, title: Both) -> dict[str, Any]:
    licence = report.licence
    body = {
        "number": report.number,
        "record": report.entry,
        "field": report.field,
        "field_name": _both(title),
        "licence_number": licence.number,
        "type": {"code": licence.licence_type.code, "name": _both(licence.licence_type.name)},
        "provider": {"code": report.provider.code, "name": _both(report.provider.name)},
        "state": str(report.state),
        "state_name": _both(STATE_NAMES[State(report.state)]),
        "reported_at": report.reported_at,
        "answer_by": report.answer_by,
        "closed_at": report.closed_at,
        "finding": finding_of(report),
    }
    return ReportAnswer(body).data


class Corrections(APIView):
    """Reports of wrong fields."""

    scope = "corrections"
    pagination_class = Pages

    @extend_schema(
        operation_id="report_error",
        summary="Report a wrong field of a licence · 证照信息报错",
        parameters=[_LOCATION],
        request=ReportRequest,
        responses={
            201: OpenApiResponse(ReportAnswer, description="Reported; the provider answers by `answer_by`."),
            **problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 503, own=("correction_open",)),
        },
        examples=_EXAMPLES,
        tags=["corrections"],
    )
    def post(self, request: Request) -> Response:
        """Report a field that an answer to the caller's department showed. Sent twice it is reported once (409).

        The issuer checks and mends within 10 working days (data-sharing regulation, article 26).
        """
        given = ReportRequest(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        standing = standing_of(request, operator=operator_named(request, values.get("operator")))
        said = Said(values["wrong"], values["proposed"], values["evidence"])
        report = report_for(values["record"], standing=standing, field=values["field"], said=said)
        headers = {**_NO_STORE, "Location": reverse("correction-report", args=[report.number])}
        return Response(_answers([report])[0], status=201, headers=headers)

    @extend_schema(
        operation_id="reports",
        summary="The department's reports of wrong fields · 本部门系统的报错",
        responses={200: ReportAnswer(many=True), **problems(400, 401, 403, 404, 406, 413, 429, 503)},
        tags=["corrections"],
    )
    def get(self, request: Request) -> Response:
        """List what the systems of the caller's department reported, the newest first; the look is recorded."""
        pages = Pages()
        page = pages.paginate_queryset(reports_of(standing_of(request)), request, view=self) or []
        response = pages.get_paginated_response(_answers(page))
        response["Cache-Control"] = "no-store"
        return response


class CorrectionReport(APIView):
    """One report."""

    scope = "corrections"

    @extend_schema(
        operation_id="report",
        summary="Where a report of a wrong field stands · 报错进度",
        responses={200: ReportAnswer, **problems(401, 403, 404, 406, 413, 429, 503)},
        tags=["corrections"],
    )
    def get(self, request: Request, number: str) -> Response:
        """Return a report of the systems of the caller's department; the look is recorded."""
        found = report_for_client(number, standing_of(request))
        return Response(_answers([found])[0], headers=_NO_STORE)
