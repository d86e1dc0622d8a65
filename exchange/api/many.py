"""The call that verifies many numbers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.errors import language, refusal_of
from exchange.api.many_serializers import ManyAnswer, ManyRequest, rows_of
from exchange.api.operators import PARAMETER
from exchange.api.schema import MANY_EXAMPLES
from exchange.api.serializers import VerificationRequest, verification_answer
from exchange.api.views import asking_of
from exchange.verifying import Answer
from exchange.verifying_many import Asking, verify_many
from foundation.problems import problem
from foundation.reasons import Refused
from registry.api.problems import problems


class ManyVerifications(APIView):
    """Verify many licences."""

    scope = "verify"
    charges_itself = True

    @extend_schema(
        operation_id="verify_many",
        summary="Verify up to 1,000 licences by number · 批量核验证照",
        parameters=[PARAMETER],
        request=ManyRequest,
        responses={200: ManyAnswer, **problems(400, 401, 403, 406, 413, 415, 429, 503)},
        examples=MANY_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Verify each row by itself: with an outcome, a refusal or a fault of its own, and its own entry of the record.

        A row that is faulty or refused does not spoil the others; only where the record cannot be written is nothing
        answered.
        """
        read = [_read(row, request) for row in rows_of(request.data if isinstance(request.data, dict) else {})]
        answers = iter(verify_many([asking for asking in read if not isinstance(asking, Refused)]))
        told = [
            _told(n, asking if isinstance(asking, Refused) else next(answers), request, asking)
            for n, asking in enumerate(read)
        ]
        return Response({"answers": told}, headers={"Cache-Control": "no-store"})


def _read(row: Any, request: Request) -> Asking | Refused:
    given = VerificationRequest(data=row)
    try:
        given.is_valid(raise_exception=True)
    except ValidationError as error:
        refused = refusal_of(error)
        assert refused  # noqa: S101 - bad input always is one
        return refused
    return asking_of(given.validated_data, request)


def _told(row: int, answer: Answer | Refused, request: Request, asking: Asking | Refused) -> dict[str, Any]:
    if isinstance(answer, Refused):
        instance = f"{request.path}#/verifications/{row}"
        return {"row": row, "verification": None, "problem": problem(answer, language=language(), instance=instance)}
    assert not isinstance(asking, Refused)  # noqa: S101 - it was answered
    told = verification_answer(answer, with_case=bool(asking[0].case))
    return {"row": row, "verification": told, "problem": None}
