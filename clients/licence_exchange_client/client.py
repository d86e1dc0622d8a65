"""Calling the exchange API with OAuth 2.0 client credentials."""

import time
from types import TracebackType
from typing import Any, Self

import httpx

from licence_exchange_client.errors import Problem

# A token is renewed this many seconds before its end, so that none ends on its way.
_MARGIN = 30


class LicenceExchange:
    """One department's connection: fetches its access token when needed, verifies numbers, reads permitted fields."""

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

    def _call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        answer = self._http.request(method, path, headers={"Authorization": f"Bearer {self._access_token()}"}, **parts)
        return _body(answer)

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
