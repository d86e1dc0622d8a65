"""What every call says in both languages, and how it describes the problem answers that it may give."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import REASONS, Refused, because


class BothSerializer(serializers.Serializer[Any]):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class FieldFaultSerializer(serializers.Serializer[Any]):
    """One field of the request to mend."""

    field = serializers.CharField()
    reason = serializers.CharField()
    message = BothSerializer()


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem answer (RFC 9457) with a stable reason code in both languages."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    reason = serializers.CharField()
    explanation = BothSerializer()
    errors = FieldFaultSerializer(many=True, required=False)  # type: ignore[assignment]
    record = serializers.UUIDField(required=False)


# What any call may answer, whatever it is for.
_ANYWHERE = (
    "input_invalid",
    "not_signed_in",
    "signature_missing",
    "signature_wrong",
    "signature_replayed",
    "client_inactive",
    "scope_missing",
    "page_not_found",
    "not_acceptable",
    "file_too_large",
    "media_type_not_supported",
    "rate_exceeded",
    "record_unavailable",
)
_ENTRY = UUID("019ab000-0000-7000-8000-000000000000")


def problems(*statuses: int, own: Iterable[str] = ()) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the problem answers with these statuses; each lists its reason codes from the one table.

    `own` are the codes that this very call answers; of these, and of what any call may answer, there are examples.
    """
    answers = {}
    for status in statuses:
        codes = [reason for reason in REASONS.values() if reason.status == status]
        text = "\n".join(f"- `{reason.code}` {reason.en} {reason.zh}" for reason in codes)
        shown = [code for code in dict.fromkeys((*own, *_ANYWHERE)) if REASONS[code].status == status]
        examples = [_example(code, status) for code in shown]
        answers[status, MEDIA_TYPE] = OpenApiResponse(ProblemSerializer, description=text, examples=examples)
    return answers


def _example(code: str, status: int) -> OpenApiExample:
    """Return a refusal for a reason as it comes; what its text names stands as an ellipsis."""
    refused = Refused(because(code), fields={"number": because("field_required")} if code == "input_invalid" else None)
    if status in (403, 404):
        refused.entry = str(_ENTRY)
    value = problem(refused, language="zh", instance="/api/v1/…")
    return OpenApiExample(code, value=value, response_only=True, status_codes=[str(status)], media_type=MEDIA_TYPE)


def faulty(parameter: str, code: str, text: str) -> ValidationError:
    """Return the fault of one query parameter."""
    return ValidationError({parameter: [ErrorDetail(text, code=code)]})


def unknown(parameter: str) -> ValidationError:
    """Return the fault of a query parameter whose value names nothing in the catalogue."""
    return faulty(parameter, "does_not_exist", "names nothing in the catalogue")
