"""Calling the exchange API with OAuth 2.0 client credentials."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from licence_exchange_client.errors import Problem

# A token is renewed this many seconds before its end, so that none ends on its way.
_MARGIN = 30
# After which of them a call that may be sent again is, waiting so many seconds before each further attempt.
_PASSING = (502, 503, 504)
_WAITS = (0.5, 2.0)


class LicenceExchange:
    """One department's connection: fetches its access token when needed, verifies, reads permitted fields, issues.

    `scope` names what the token is for; issuing, operations and batches need `issue`.
    """

    def __init__(
        self, address: str, *, client_id: str, client_secret: str, timeout: float = 20, scope: str = "verify disclose"
    ) -> None:
        self._http = httpx.Client(base_url=address, timeout=timeout)
        self._credentials = (client_id, client_secret)
        self._scope = scope
        self._token = ""
        self._token_ends = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def verify(self, number: str, *, item: str, purpose: str, case: str = "", **more: Any) -> dict[str, Any]:
        """Verify a licence by number for an item; `more` may hold licence_type, holder_code, operator.

        Return the answer: outcome, code, signature, reason, explanation, licence, successor, checked_at, record. Raise
        `Problem` where the platform refuses, `httpx.HTTPError` where it cannot be reached.
        """
        body = {"number": number, "item": item, "purpose": purpose, "case": case, **more}
        return self._call("POST", "/api/v1/verifications/", json=body)

    def fields(self, identifier: str, *, item: str, purpose: str, case: str) -> dict[str, Any]:
        """Read the permitted fields of a licence for a case; raises as `verify` does."""
        why = {"item": item, "purpose": purpose, "case": case}
        return self._call("GET", f"/api/v1/licences/{identifier}/", params=why)

    def receipt(self, entry: str, *, patience: float = 10) -> bytes:
        """Return the proof file (C2SP tlog-proof) that an entry, `record` of an answer, stands in the signed log.

        Keep it beside the case: `audit-check receipt` verifies it without the platform. An entry that the log has not
        signed yet is asked for again for `patience` seconds. Raises as `verify` does.
        """
        until = time.monotonic() + patience
        while True:
            answer = self._send("GET", f"/api/v1/record/{entry}/receipt/")
            wait = answer.headers.get("Retry-After", "")
            if answer.is_success:
                return answer.content
            if not wait.isdecimal() or time.monotonic() + int(wait) > until:
                _body(answer)
            time.sleep(int(wait))

    def issue(
        self,
        licence_type: str,
        *,
        holders: Sequence[Mapping[str, str]],
        content: Mapping[str, Any] | None = None,
        key: str = "",
        **more: Any,
    ) -> dict[str, Any]:
        """Issue a licence; `more` may hold number, issued_on, valid_from, valid_until, replaces, operation.

        `holders` are `{"name", "code_type", "number"}`. The idempotency key is made here and kept while the request is
        sent again after a failure on the way, so that it issues once; to send it again yourself later, give your own
        `key` both times. Return the licence with its credential; raises as `verify` does.
        """
        body = {"licence_type": licence_type, "holders": list(holders), "content": dict(content or {}), **more}
        headers = {"Idempotency-Key": key or uuid4().hex}
        return self._call("POST", "/api/v1/licences/", again=True, json=body, headers=headers)

    def operate(self, identifier: str, operation: str, *, reason: str) -> dict[str, Any]:
        """Suspend, resume, cancel, revoke, withdraw or annul a licence of the department; raises as `verify` does."""
        body = {"operation": operation, "reason": reason}
        return self._call("POST", f"/api/v1/licences/{identifier}/operations/", json=body)

    def submit_batch(self, path: str | Path, licence_type: str) -> dict[str, Any]:
        """Send a CSV or XLSX file of licences on paper; the same file again is the same batch. Raises as `verify` does.

        Return the batch: id, state, rows, issued, failed, waiting.
        """
        path = Path(path)
        # Read as a whole (64 MiB at most), so that it can be sent again.
        file = (path.name, path.read_bytes())
        form = {"licence_type": licence_type}
        return self._call("POST", "/api/v1/batches/", again=True, data=form, files={"file": file})

    def batch(self, key: str) -> dict[str, Any]:
        """Return how far a batch is; raises as `verify` does."""
        return self._call("GET", f"/api/v1/batches/{key}/", again=True)

    def failed_rows(self, key: str, *, page: int = 1) -> dict[str, Any]:
        """Return a page of a batch's rows that failed, with their faults by column; raises as `verify` does."""
        return self._call("GET", f"/api/v1/batches/{key}/rows/", again=True, params={"state": "failed", "page": page})

    def retry_batch(self, key: str) -> dict[str, Any]:
        """Let the rows that failed be tried again, and a stopped batch go on; raises as `verify` does."""
        return self._call("POST", f"/api/v1/batches/{key}/retry/", again=True)

    def stop_batch(self, key: str) -> dict[str, Any]:
        """Let a batch rest after the rows that are being issued; raises as `verify` does."""
        return self._call("POST", f"/api/v1/batches/{key}/stop/", again=True)

    def _call(self, method: str, path: str, *, again: bool = False, **parts: Any) -> dict[str, Any]:
        """Call; where `again`, it does no harm to send it more than once, and it is after a failure that passes."""
        for wait in _WAITS if again else ():
            try:
                answer = self._send(method, path, **parts)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code not in _PASSING:
                    return _body(answer)
            time.sleep(wait)
        return _body(self._send(method, path, **parts))

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> httpx.Response:
        named = {"Authorization": f"Bearer {self._access_token()}", **(headers or {})}
        return self._http.request(method, path, headers=named, **parts)

    def _access_token(self) -> str:
        if time.monotonic() >= self._token_ends:
            form = {"grant_type": "client_credentials", "scope": self._scope}
            granted = _body(self._http.post("/oauth/token/", data=form, auth=self._credentials))
            self._token = str(granted["access_token"])
            self._token_ends = time.monotonic() + float(granted["expires_in"]) - _MARGIN
        return self._token


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = {"detail": answer.text[:200]}
    if answer.is_success and isinstance(body, dict):
        return body
    raise Problem(answer.status_code, body if isinstance(body, dict) else {"detail": str(body)})
