"""The calls for batches of backlog licences: a file is sent once, and issued by jobs, row by row."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.authentication import standing_of
from exchange.api.batch_serializers import (
    ROW_STATES,
    BatchAnswer,
    BatchRequest,
    RowAnswer,
    RowQuery,
    batch_answer,
    file_name,
    row_answer,
)
from exchange.api.issuing_examples import BATCH_EXAMPLES
from exchange.batching import open_rows, own_batch, own_batches, retry_batch, stop_batch, submit_batch
from foundation.reasons import Refused, because
from licences.batch_queries import RowState, rows_in
from registry.api.paging import Pages
from registry.api.problems import problems

_NO_STORE = {"Cache-Control": "no-store"}
MEBIBYTE = 1 << 20
MOST_SENT = 64 * MEBIBYTE
# What a form needs around its file.
_AROUND = MEBIBYTE
_LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=[200, 202], description="Where its progress is read · 进度地址"
)


_SENDING = ("file_unreadable", "columns_missing", "type_of_other_department", "type_not_issuable")
_READ = problems(400, 401, 403, 404, 406, 429, 503, own=("batch_not_found",))


class Batches(APIView):
    """Send a file; list the department's batches."""

    scope = "issue"
    parser_classes = (MultiPartParser,)
    pagination_class = Pages

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large before any of it is read, which looking for the token would do."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MOST_SENT + _AROUND:
            raise _too_large()
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="submit_batch",
        summary="Send a file of backlog licences · 提交存量证照文件",
        parameters=[_LOCATION],
        request={"multipart/form-data": BatchRequest},
        responses={
            202: OpenApiResponse(BatchAnswer, description="Taken in; jobs issue its rows."),
            200: OpenApiResponse(BatchAnswer, description="The same file was taken in before; this is its batch."),
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
                own=("file_unreadable", "columns_missing", "type_of_other_department", "type_not_issuable"),
            ),
        },
        examples=BATCH_EXAMPLES,
        tags=["issuing"],
    )
    def post(self, request: Request) -> Response:
        """Take in a CSV or XLSX file of licences that exist on paper. The same file again is the same batch."""
        given = BatchRequest(data=request.data)
        given.is_valid(raise_exception=True)
        file: UploadedFile[Any] = given.validated_data["file"]
        if (file.size or 0) > MOST_SENT:
            raise _too_large()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "sent"
            with path.open("wb") as kept:
                kept.writelines(file.chunks())
            batch, is_known = submit_batch(
                path,
                name=file_name(file.name or ""),
                licence_type=given.validated_data["licence_type"],
                standing=standing_of(request),
            )
        headers = {**_NO_STORE, "Location": reverse("batch", args=[batch.pk])}
        return Response(batch_answer(batch), status=200 if is_known else 202, headers=headers)

    @extend_schema(
        operation_id="batches",
        summary="The department's batches · 本部门的批次",
        responses={
            200: BatchAnswer(many=True),
            **_READ,
        },
        tags=["issuing"],
    )
    def get(self, request: Request) -> Response:
        """List the batches of the caller's department, the newest first."""
        return _paged(request, own_batches(standing_of(request)), batch_answer, self)


class BatchProgress(APIView):
    """One batch."""

    scope = "issue"

    @extend_schema(
        operation_id="batch",
        summary="How far a batch is · 批次进度",
        responses={200: BatchAnswer, **problems(401, 403, 404, 406, 429, 503, own=("batch_not_found",))},
        tags=["issuing"],
    )
    def get(self, request: Request, key: UUID) -> Response:
        """Return how many rows of a batch are issued, failed and waiting."""
        return Response(batch_answer(own_batch(key, standing_of(request))), headers=_NO_STORE)


class BatchRows(APIView):
    """The rows of one batch."""

    scope = "issue"
    pagination_class = Pages

    @extend_schema(
        operation_id="batch_rows",
        summary="The rows of a batch, with their faults · 批次各行及其错误",
        parameters=[
            OpenApiParameter(
                "state",
                {"type": "string", "enum": ROW_STATES, "default": str(RowState.FAILED)},
                description="Those that failed, where not given · 缺省为失败的行",
            )
        ],
        responses={200: RowAnswer(many=True), **_READ},
        tags=["issuing"],
    )
    def get(self, request: Request, key: UUID) -> Response:
        """List the rows in a state, in the file's order, each with its licence or with its faults by column."""
        query = RowQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        batch = open_rows(key, standing_of(request))
        state = RowState(query.validated_data["state"])
        return _paged(request, rows_in(batch, state), lambda row: row_answer(row, state), self)


_STEPPED: dict[Any, Any] = {200: BatchAnswer, **problems(401, 403, 404, 406, 413, 429, 503, own=("batch_not_found",))}


class StopBatch(APIView):
    """Stop one batch."""

    scope = "issue"

    @extend_schema(
        operation_id="stop_batch",
        summary="Let a batch rest · 暂停批次",
        request=None,
        responses=_STEPPED,
        tags=["issuing"],
    )
    def post(self, request: Request, key: UUID) -> Response:
        """Let the batch rest after the rows that are being issued now."""
        return Response(batch_answer(stop_batch(key, standing_of(request))), headers=_NO_STORE)


class RetryBatch(APIView):
    """Retry one batch."""

    scope = "issue"

    @extend_schema(
        operation_id="retry_batch",
        summary="Try failed rows again · 重试失败的行",
        request=None,
        responses=_STEPPED,
        tags=["issuing"],
    )
    def post(self, request: Request, key: UUID) -> Response:
        """Try the rows that failed again, once their cause is mended; a batch that was stopped goes on."""
        return Response(batch_answer(retry_batch(key, standing_of(request))), headers=_NO_STORE)


def _paged(request: Request, rows: Any, answer: Callable[[Any], dict[str, Any]], view: APIView) -> Response:
    pages = Pages()
    page = pages.paginate_queryset(rows, request, view=view) or []
    response = pages.get_paginated_response([answer(row) for row in page])
    response["Cache-Control"] = "no-store"
    return response


def _too_large() -> Refused:
    return Refused(because("file_too_large", most=f"{MOST_SENT // MEBIBYTE} MiB"))
