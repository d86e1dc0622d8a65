"""One connection to the platform: its token, its signatures, and when a call is sent again."""

import random
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from licence_exchange_client.errors import Problem
from licence_exchange_client.keys import PrivateKey

# A token is renewed this many seconds before its end, so that none ends on its way.
_MARGIN = 30
# The platform did nothing: the call may always be sent again.
_NOTHING_DONE = (429, 503)
# It may have done what it was asked: the call is sent again only where that does no harm.
_PERHAPS_DONE = (502, 504)
_FIRST_WAIT = 0.5
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Connection:
    """Sends calls with an access token, which it gets when needed by the secret or by a signed assertion.

    A call is sent again up to `attempts` times in all, after 429 and 503 when the platform said (`Retry-After`), else
    after a wait that doubles, by chance a little more or less, so that many systems do not come back at once. Where the
    platform asks to wait for longer than `patience` seconds `Problem` is raised at once. `audience` is the platform's
    public address, where it is reached by another. Not for several threads.
    """

    def __init__(
        self,
        address: str,
        *,
        client_id: str,
        client_secret: str = "",
        key: PrivateKey | None = None,
        sign_calls: bool = False,
        timeout: float = 20,
        scope: str = "verify disclose",
        audience: str = "",
        attempts: int = 4,
        patience: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if not client_secret and key is None:
            raise ValueError("a secret or a key is needed")
        if sign_calls and key is None:
            raise ValueError("calls are signed with a key")
        self._http = httpx.Client(base_url=address, timeout=timeout, transport=transport)
        self._client_id, self._secret, self._key = client_id, client_secret, key
        self._signing = key if sign_calls else None
        self._audience = audience or address.rstrip("/")
        self._scope, self._attempts, self._patience = scope, attempts, patience
        self._token, self._token_ends = "", 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, method: str, path: str, *, again: bool = False, **parts: Any) -> Any:
        """Call an address under the platform's and return the JSON that it answers.

        `parts` are httpx's: json, params, data, files, headers. Where `again`, it does no harm to do it twice. Raise
        `Problem` where the platform refuses, `httpx.HTTPError` where it cannot be reached.
        """
        return body_of(self.send(method, path, again=again, **parts))

    def pages(self, path: str, *, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Return all rows of a list, page by page as they are asked for; raises as `call` does."""
        asked: dict[str, Any] = {**(params or {}), "page": 1}
        while True:
            page = self.call("GET", path, again=True, params=asked)
            yield from page["results"]
            if not page.get("next"):
                return
            asked["page"] += 1

    def send(self, method: str, path: str, *, again: bool = False, **parts: Any) -> httpx.Response:
        """Call and return the answer as it came, also a refusal; what passes by itself is waited for."""
        wait = _FIRST_WAIT
        for left in reversed(range(self._attempts)):
            told = None
            try:
                answer = self._once(method, path, parts)
            except httpx.TransportError:
                if not again or not left:
                    raise
            else:
                passes = answer.status_code in (_NOTHING_DONE + _PERHAPS_DONE if again else _NOTHING_DONE)
                told = retry_after(answer)
                if not passes or not left or (told or 0) > self._patience:
                    return answer
            time.sleep((told or wait) * random.uniform(1, 1.2))  # noqa: S311 - guards no secret
            wait = min(wait * 2, self._patience)
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, parts: Mapping[str, Any]) -> httpx.Response:
        answer = self._http.send(self._request(method, path, **parts))
        if answer.status_code == 401 and self._token and body_of_problem(answer).get("reason") == "not_signed_in":
            # Somebody took the token back: a new one is asked for once.
            self._token_ends = 0.0
            answer = self._http.send(self._request(method, path, **parts))
        return answer

    def _request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **parts: Any
    ) -> httpx.Request:
        named = {"Authorization": f"Bearer {self._access_token()}", **(headers or {})}
        request = self._http.build_request(method, path, headers=named, **parts)
        if self._signing is not None:
            self._signing.sign(request)
        return request

    def _access_token(self) -> str:
        if time.monotonic() >= self._token_ends:
            granted = body_of(self._sign_in())
            self._token = str(granted["access_token"])
            self._token_ends = time.monotonic() + float(granted["expires_in"]) - _MARGIN
        return self._token

    def _sign_in(self) -> httpx.Response:
        form = {"grant_type": "client_credentials", "scope": self._scope}
        if self._key is None:
            return self._http.post("/oauth/token/", data=form, auth=(self._client_id, self._secret))
        assertion = self._key.assertion(self._client_id, self._audience)
        return self._http.post(
            "/oauth/token/", data={**form, "client_assertion_type": _ASSERTION, "client_assertion": assertion}
        )


def retry_after(answer: httpx.Response) -> int | None:
    """Return the seconds after which the platform asks to come back, if it does."""
    told = answer.headers.get("Retry-After", "")
    return int(told) if told.isdecimal() else None


def body_of_problem(answer: httpx.Response) -> dict[str, Any]:
    """Return the body of a refusal, whatever it is."""
    try:
        body = answer.json()
    except ValueError:
        body = {"detail": answer.text[:200]}
    return body if isinstance(body, dict) else {"detail": str(body)}


def body_of(answer: httpx.Response) -> Any:
    """Return the JSON of an answer, or raise `Problem`."""
    if answer.is_success:
        try:
            return answer.json()
        except ValueError:
            pass
    raise Problem(answer.status_code, body_of_problem(answer), retry_after=retry_after(answer))
