"""What an API answers to an error, and the entry of a refusal that no act has recorded."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from audit.errors import RecordUnavailable
from audit.recording import record_refusal
from exchange.api import errors
from exchange.api.authentication import actor_of, called
from foundation.reasons import Refused

# Refused accesses; what is merely written wrong (400) accesses nothing.
_ACCESS = (403, 404, 409, 429)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an error of an API view, and record it first where it refuses a caller something."""
    refused = errors.refusal_of(error)
    if refused is None or not _is_due(refused, context["request"]):
        return errors.handle(error, context)
    request = context["request"]
    try:
        record_refusal(refused, action="call", actor=actor_of(request), subject=called(request))
    except RecordUnavailable as unavailable:
        refused = unavailable
    return errors.handle(refused, context)


def _is_due(refused: Refused, request: Request) -> bool:
    if refused.entry or isinstance(refused, RecordUnavailable):
        return False
    status = refused.grounds.reason.status
    if status not in (401, *_ACCESS):
        return False
    # Who shows no token at all is told to; who shows one that does not hold has tried to enter.
    return status in _ACCESS if request.auth else status == 401 and "Authorization" in request.headers
