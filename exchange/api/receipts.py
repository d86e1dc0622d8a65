"""The call for the receipt of an entry: a file that proves, without the platform, that the record holds it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from audit.receipts import MEDIA_TYPE
from exchange.api.authentication import standing_of
from exchange.receipts import receipt_for_client
from registry.api.problems import problems

_PLAIN = "text/plain"
_FILE = OpenApiParameter(
    "Content-Disposition", str, OpenApiParameter.HEADER, response=[200], description="`{entry}.tlog-proof`, to be saved"
)


class PlainText(BaseRenderer):
    """Lets callers ask for plain text; problem answers stay JSON."""

    media_type = _PLAIN
    format = "tlog-proof"
    charset = "utf-8"

    def render(self, data: Any, *_: Any) -> bytes:
        """Return a problem answer's bytes."""
        return JSONRenderer().render(data)


class Receipt(APIView):
    """The receipt of one entry."""

    scope = "verify"
    renderer_classes = (PlainText, JSONRenderer)

    @extend_schema(
        operation_id="receipt",
        summary="The receipt of an entry of the record · 审计记录的凭据",
        parameters=[_FILE],
        responses={
            (200, _PLAIN): OpenApiResponse(
                {"type": "string"}, description="Proof file (C2SP tlog-proof v1), its extra data the entry's leaf."
            ),
            **problems(401, 403, 404, 409, 429, 503, own=("entry_not_found", "entry_not_sequenced")),
        },
        tags=["record"],
    )
    def get(self, request: Request, entry: UUID) -> HttpResponse:
        """Return the proof that the entry, `record` of an answer, stands in the signed log.

        For the department that made the access, and for the one that issued the licence. In the second before the log
        has signed the entry the answer is 409 with `Retry-After`.
        """
        headers = {"Content-Disposition": f'attachment; filename="{entry}.tlog-proof"', "Cache-Control": "no-store"}
        content = receipt_for_client(entry, standing=standing_of(request))
        return HttpResponse(content, content_type=MEDIA_TYPE, headers=headers)
