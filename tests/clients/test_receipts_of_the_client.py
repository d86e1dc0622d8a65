"""The Python client fetches receipts: it waits for the log to sign, and tells refusals from what passes."""

import time
from collections.abc import Callable

import httpx
import pytest

from licence_exchange_client import LicenceExchange, Problem

PROOF = b"c2sp.org/tlog-proof@v1\nindex 0\n"
TOKEN = {"access_token": "t", "expires_in": 3600}
EARLY = httpx.Response(409, json={"reason": "entry_not_sequenced"}, headers={"Retry-After": "1"})


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def _connected(answer: Callable[[int], httpx.Response]) -> tuple[LicenceExchange, list[str]]:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token/":
            return httpx.Response(200, json=TOKEN)
        asked.append(request.url.path)
        return answer(len(asked))

    system = LicenceExchange("http://127.0.0.1:1", client_id="a", client_secret="b")
    system._http = httpx.Client(base_url="http://127.0.0.1:1", transport=httpx.MockTransport(respond))
    return system, asked


def test_the_bytes_come_as_they_are(waits: list[float]) -> None:
    system, asked = _connected(lambda _: httpx.Response(200, content=PROOF))
    assert system.receipt("0199") == PROOF
    assert (asked, waits) == (["/api/v1/record/0199/receipt/"], [])


def test_an_entry_that_is_not_signed_yet_is_asked_for_again(waits: list[float]) -> None:
    system, asked = _connected(lambda n: EARLY if n < 3 else httpx.Response(200, content=PROOF))
    assert system.receipt("0199") == PROOF
    assert (len(asked), waits) == (3, [1, 1])


def test_patience_ends_with_the_reason(waits: list[float]) -> None:
    system, asked = _connected(lambda _: EARLY)
    with pytest.raises(Problem) as caught:
        system.receipt("0199", patience=0)
    assert (caught.value.status, caught.value.reason, len(asked), waits) == (409, "entry_not_sequenced", 1, [])


def test_somebody_elses_entry_is_refused_at_once(waits: list[float]) -> None:
    system, asked = _connected(lambda _: httpx.Response(404, json={"reason": "entry_not_found"}))
    with pytest.raises(Problem) as caught:
        system.receipt("0199")
    assert (caught.value.reason, len(asked), waits) == ("entry_not_found", 1, [])
