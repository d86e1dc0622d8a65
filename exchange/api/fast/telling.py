"""Answers as a server sends them: status, headers and content."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from exchange.api.fast.answers import rendered
from exchange.api.fast.shapes import Shape
from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import Refused

Answer = tuple[str, list[tuple[str, str]], bytes]

# As Django logs what it answers.
_log = logging.getLogger("django.request")


def told(body: Mapping[str, Any], shape: Shape, request_id: str) -> Answer:
    """Answer with a body."""
    return _answer(HTTPStatus.OK, "application/json", body, shape, request_id)


def refused(refusal: Refused, shape: Shape, request_id: str, *, path: str, entry: UUID | None = None) -> Answer:
    """Answer with a problem; `entry` is that of the refusal."""
    refusal.entry = str(entry) if entry else ""
    body = problem(refusal, language=shape.language, instance=path)
    status = HTTPStatus(body["status"])
    _log.log(logging.ERROR if status >= 500 else logging.WARNING, "%s: %s", status.phrase, path)
    return _answer(status, MEDIA_TYPE, body, shape, request_id)


def _answer(status: HTTPStatus, media_type: str, body: Mapping[str, Any], shape: Shape, request_id: str) -> Answer:
    content = rendered(body)
    own = [("Content-Type", media_type), ("Content-Length", str(len(content))), ("X-Request-ID", request_id)]
    return f"{status.value} {status.phrase}", [*own, *shape.headers], content
