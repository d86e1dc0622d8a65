"""Refusals of the API."""

from typing import Any


class Problem(Exception):
    """A problem answer (RFC 9457): `reason` is its stable code, `body` the whole answer with both languages.

    `retry_after` is the number of seconds after which the platform asks to try again, if it said so; `record` the entry
    of the record in which the refusal stands, if there is one; `errors` the fields to mend, each with its reason.
    """

    def __init__(self, status: int, body: dict[str, Any], *, retry_after: int | None = None) -> None:
        said = body.get("detail") or body.get("error_description") or body.get("error") or ""
        super().__init__(f"{status} {body.get('reason', '')}: {said}")
        self.status = status
        self.reason = str(body.get("reason", ""))
        self.body = body
        self.retry_after = retry_after
        self.record = str(body.get("record", ""))
        self.errors: list[dict[str, Any]] = list(body.get("errors", []))
