"""The Python client: when it sends a call again, how it pages, shows who it is and signs; it needs no Django."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from licence_exchange_client import LicenceExchange, PrivateKey, Problem

ADDRESS = "http://city.example"
TOKEN = {"access_token": "t", "expires_in": 3600}
CLIENTS = Path(__file__).resolve().parents[2] / "clients"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def _connected(
    answer: Callable[[httpx.Request, int], httpx.Response], **values: Any
) -> tuple[LicenceExchange, list[httpx.Request]]:
    sent: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if request.url.path == "/oauth/token/":
            return httpx.Response(200, json=TOKEN)
        return answer(request, sum(r.url.path != "/oauth/token/" for r in sent))

    given = {"client_id": "a", "client_secret": "b", **values}
    return LicenceExchange(ADDRESS, transport=httpx.MockTransport(respond), **given), sent


def _calls(sent: list[httpx.Request]) -> list[httpx.Request]:
    return [request for request in sent if request.url.path != "/oauth/token/"]


def _refusal(status: int, reason: str = "", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"reason": reason, "detail": "…", "record": "r1"}, headers=headers)


WHY: Any = {"item": "O2", "purpose": "p", "case": "1"}


@pytest.mark.parametrize("status", [429, 503])
def test_what_the_platform_did_not_do_is_sent_again_when_it_says(waits: list[float], status: int) -> None:
    early = {"Retry-After": "7"}
    system, sent = _connected(lambda _, n: _refusal(status, **early) if n < 3 else httpx.Response(200, json={"x": 1}))
    # An operation too, which is never sent again otherwise.
    assert system.operate("1.2", "suspend", reason="r") == {"x": 1}
    assert len(_calls(sent)) == 3
    assert all(7 <= wait <= 7 * 1.2 for wait in waits)


def test_without_such_a_word_the_waits_double(waits: list[float]) -> None:
    system, sent = _connected(lambda *_: _refusal(503))
    with pytest.raises(Problem) as caught:
        system.verify("1", **WHY)
    assert (caught.value.status, len(_calls(sent))) == (503, 4)
    assert [round(wait, 1) >= least for wait, least in zip(waits, (0.5, 1, 2), strict=True)] == [True] * 3
    assert waits[0] < waits[1] < waits[2]


def test_a_long_wait_is_the_callers_to_decide(waits: list[float]) -> None:
    headers = {"Retry-After": "600"}
    system, sent = _connected(lambda *_: _refusal(429, "rate_exceeded", **headers))
    with pytest.raises(Problem) as caught:
        system.verify("1", **WHY)
    assert (caught.value.retry_after, caught.value.reason, caught.value.record) == (600, "rate_exceeded", "r1")
    assert (len(_calls(sent)), waits) == (1, [])


@pytest.mark.parametrize("fault", [502, 504, "lost"])
def test_only_what_does_no_harm_twice_is_sent_again_where_nobody_knows_what_was_done(
    waits: list[float], fault: Any
) -> None:
    def answer(request: httpx.Request, number: int) -> httpx.Response:
        if number < 2:
            if fault == "lost":
                raise httpx.ReadError("lost")
            return httpx.Response(fault, text="<html>")
        return httpx.Response(200, json={"outcome": "valid"})

    system, sent = _connected(answer)
    assert system.verify("1", **WHY)["outcome"] == "valid"
    assert len(_calls(sent)) == 2
    system, sent = _connected(answer)
    with pytest.raises((Problem, httpx.ReadError)):
        system.operate("1.2", "revoke", reason="r")
    assert len(_calls(sent)) == 1


def test_a_refusal_is_not_asked_for_again(waits: list[float]) -> None:
    errors = [{"field": "number", "reason": "field_required", "message": {}}]
    system, sent = _connected(lambda *_: httpx.Response(400, json={"reason": "input_invalid", "errors": errors}))
    with pytest.raises(Problem) as caught:
        system.verify("", **WHY)
    assert (caught.value.errors, len(_calls(sent)), waits) == (errors, 1, [])


def test_a_token_that_was_taken_back_is_asked_for_anew_once(waits: list[float]) -> None:
    system, sent = _connected(
        lambda _, n: _refusal(401, "not_signed_in") if n == 1 else httpx.Response(200, json={"outcome": "valid"})
    )
    system.verify("1", **WHY)
    assert [r.url.path for r in sent].count("/oauth/token/") == 2
    system, sent = _connected(lambda *_: _refusal(401, "not_signed_in"))
    with pytest.raises(Problem):
        system.verify("1", **WHY)
    assert len(sent) == 4


def test_pages_come_as_they_are_asked_for() -> None:
    def answer(request: httpx.Request, _: int) -> httpx.Response:
        page = int(request.url.params["page"])
        assert request.url.params["level"] == "city"
        return httpx.Response(200, json={"results": [page * 10, page * 10 + 1], "next": "x" if page < 3 else None})

    system, sent = _connected(answer)
    rows: Any = system.departments(level="city")
    assert (next(rows), len(_calls(sent))) == (10, 1)
    assert list(rows) == [11, 20, 21, 30, 31]
    assert len(_calls(sent)) == 3


def test_an_identifier_is_one_part_of_the_address() -> None:
    system, sent = _connected(lambda *_: httpx.Response(200, json={}))
    system.fields("../x?y", **WHY, operator={"account": "li", "name": "李四"})
    assert sent[-1].url.raw_path.startswith(b"/api/v1/licences/..%2Fx%3Fy/?")
    assert sent[-1].headers["Operator"] == "li;%E6%9D%8E%E5%9B%9B"


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_a_key_signs_in_without_a_secret_and_never_leaves() -> None:
    key = PrivateKey.made()
    system, sent = _connected(lambda *_: httpx.Response(200, json={}), client_secret="", key=key)
    system.batch("x")
    form = parse_qs(sent[0].content.decode())
    assert "client_secret" not in form
    claims = jwt.decode(form["client_assertion"][0], ECKey.import_key(key.public()), algorithms=["ES256"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("a", "a", ADDRESS)
    assert claims["exp"] - time.time() <= 300
    assert "d" not in key.public()
    assert all(key.private()["d"] not in str(request.headers) + request.content.decode() for request in sent)
    assert "Signature" not in sent[1].headers


def test_each_attempt_is_signed_anew(waits: list[float]) -> None:
    key = PrivateKey(OKPKey.generate_key("Ed25519").as_dict(private=True))
    system, sent = _connected(
        lambda _, n: _refusal(503) if n == 1 else httpx.Response(200, json={}), key=key, sign_calls=True
    )
    system.issue("t", holders=[], key="the same")
    first, second = _calls(sent)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "the same"
    assert first.headers["Signature-Input"] != second.headers["Signature-Input"]
    assert '"@method" "@target-uri" "content-digest"' in second.headers["Signature-Input"]


def test_a_key_is_read_from_a_file(tmp_path: Path) -> None:
    key = PrivateKey.made()
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key.private()), "utf-8")
    assert PrivateKey.from_file(file).public() == key.public()


@pytest.mark.parametrize("values", [{"client_secret": ""}, {"sign_calls": True}])
def test_what_does_not_fit_is_said_at_once(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="key"):
        LicenceExchange(ADDRESS, **{"client_id": "a", "client_secret": "b", **values})


def test_it_runs_without_django() -> None:
    script = (
        "import sys; sys.modules['django'] = None; sys.modules['rest_framework'] = None; "
        f"sys.path.insert(0, {str(CLIENTS)!r}); import licence_exchange_client as c; "
        "c.LicenceExchange('http://x', client_id='a', key=c.PrivateKey.made()).close(); print('runs')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "runs\n", done.stderr
