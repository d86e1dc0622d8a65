"""Refusals of the API."""

from typing import Any


class Problem(Exception):
    """A problem answer (RFC 9457): `reason` is its stable code, `body` the whole answer with both languages."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('reason', '')}: {body.get('detail', '')}")
        self.status = status
        self.reason = str(body.get("reason", ""))
        self.body = body
