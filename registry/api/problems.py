"""What every call says in both languages, and how it describes the problem answers that it may give."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from foundation.problems import MEDIA_TYPE
from foundation.reasons import REASONS


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


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the problem answers with these statuses; each lists its reason codes from the one table."""
    answers = {}
    for status in statuses:
        codes = [reason for reason in REASONS.values() if reason.status == status]
        text = "\n".join(f"- `{reason.code}` {reason.en} {reason.zh}" for reason in codes)
        answers[status, MEDIA_TYPE] = OpenApiResponse(ProblemSerializer, description=text)
    return answers


def faulty(parameter: str, code: str, text: str) -> ValidationError:
    """Return the fault of one query parameter."""
    return ValidationError({parameter: [ErrorDetail(text, code=code)]})


def unknown(parameter: str) -> ValidationError:
    """Return the fault of a query parameter whose value names nothing in the catalogue."""
    return faulty(parameter, "does_not_exist", "names nothing in the catalogue")
