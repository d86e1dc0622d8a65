"""What verifying many numbers takes and gives."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from exchange.api.operators import OperatorSerializer
from exchange.api.serializers import VerificationAnswer, VerificationRequest
from exchange.verifying_many import MOST
from registry.api.problems import ProblemSerializer

SHARED = ("item", "purpose", "case", "licence_type", "operator")
"""What the rows of a call may have in common."""


class VerificationRow(VerificationRequest):
    """One number, with what it does not have in common with the others."""

    item = serializers.CharField(max_length=40, required=False)
    purpose = serializers.CharField(max_length=200, required=False)


class ManyRequest(serializers.Serializer[Any]):
    """Numbers to verify, and what they have in common: a row that says it itself stands by what it says."""

    item = serializers.CharField(max_length=40, required=False, help_text="For rows that name no item of their own.")
    purpose = serializers.CharField(max_length=200, required=False)
    case = serializers.CharField(max_length=80, required=False, allow_blank=True)
    licence_type = serializers.CharField(max_length=200, required=False, allow_blank=True)
    operator = OperatorSerializer(required=False)
    verifications = serializers.ListField(
        child=VerificationRow(), min_length=1, max_length=MOST, help_text=f"1 to {MOST} rows."
    )


class Rows(serializers.Serializer[Any]):
    """The rows as they were sent, each to be read by itself."""

    verifications = serializers.ListField(child=serializers.JSONField(allow_null=True), min_length=1, max_length=MOST)


class VerifiedRow(serializers.Serializer[Any]):
    """The answer to one row: a verification, or the problem that stood in its way."""

    row = serializers.IntegerField(min_value=0, help_text="The row's place in the request, from 0 on.")
    verification = VerificationAnswer(allow_null=True)
    problem = ProblemSerializer(allow_null=True)


class ManyAnswer(serializers.Serializer[Any]):
    """An answer for each row, in their order."""

    answers = VerifiedRow(many=True)


def rows_of(body: Mapping[str, Any]) -> list[Any]:
    """Return the rows, each with what it has in common with the others; one that is no object stays as it is.

    Raises `ValidationError` where the body has no list of as many rows as may be.
    """
    given = Rows(data=body)
    given.is_valid(raise_exception=True)
    shared = {name: body[name] for name in SHARED if name in body}
    # Nothing at all would count as not sent.
    return [{**shared, **row} if isinstance(row, dict) else row or "" for row in given.validated_data["verifications"]]
