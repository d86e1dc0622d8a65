"""`licence-verify fetch`: lists are saved under a root that is known, and nothing half or foreign takes their place."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine

from licence_verify.command import main
from licence_verify.fetching import LARGEST, fetch
from licence_verify.saved import SavedError, fingerprint, load
from tests.clients.city import AT, LIST, URL, City

CITY = City()
INDEX = f"{URL}/status-lists"


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


def _platform(answers: Mapping[str, Any] | None = None) -> httpx.MockTransport:
    known = {
        f"{URL}/trust-list.jwt": CITY.trust_token(),
        INDEX: {"status_lists": [LIST]},
        LIST: CITY.status_list(),
        **(answers or {}),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        content = known.get(str(request.url))
        if isinstance(content, httpx.Response):
            return content
        if content is None:
            return httpx.Response(404)
        return httpx.Response(200, text=content) if isinstance(content, str) else httpx.Response(200, json=content)

    return httpx.MockTransport(answer)


def _fetch(folder: Path, answers: Mapping[str, Any] | None = None, **how: Any) -> Any:
    with httpx.Client(transport=_platform(answers)) as http:
        return fetch(URL, folder, http=http, **how)


def test_what_was_fetched_verifies_without_network(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpx, "Client", functools.partial(httpx.Client, transport=_platform()))
    assert main(["fetch", URL + "/", str(tmp_path), "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert "Saved the trust list and 1 status lists." in said
    assert fingerprint(CITY.root) in said
    assert main(["check", str(tmp_path), str(CITY.credential())]) == 0


def test_a_root_that_is_given_is_the_only_one_believed(tmp_path: Path) -> None:
    with pytest.raises(SavedError, match="not signed by this root"):
        _fetch(tmp_path, root=City().root)
    assert not list(tmp_path.iterdir())
    assert not _fetch(tmp_path, root=CITY.root).new_root


def test_a_root_once_saved_is_never_replaced_by_what_a_platform_says(tmp_path: Path) -> None:
    assert _fetch(tmp_path).new_root
    before = load(tmp_path)
    with pytest.raises(SavedError, match="not signed by this root"):
        _fetch(tmp_path, {f"{URL}/trust-list.jwt": City().trust_token()})
    assert load(tmp_path) == before
    assert not _fetch(tmp_path).new_root


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({f"{URL}/trust-list.jwt": httpx.Response(404)}, "cannot be fetched"),
        ({f"{URL}/trust-list.jwt": "rubbish"}, "not signed by this root"),
        ({f"{URL}/trust-list.jwt": httpx.Response(302, headers={"Location": "https://elsewhere.example"})}, "fetched"),
        ({INDEX: "rubbish"}, "lists no status lists"),
        ({INDEX: {"status_lists": [7]}}, "lists no status lists"),
        ({LIST: httpx.Response(500)}, "cannot be fetched"),
        ({LIST: CITY.status_list(uri=LIST + "0")}, "not the status list"),
        ({LIST: "rubbish"}, "not the status list"),
        ({LIST: "x" * (LARGEST + 1)}, "too large"),
        ({LIST: httpx.Response(200, content=b"\xff")}, "cannot be fetched"),
    ],
)
def test_a_platform_that_answers_badly_leaves_what_was_saved_before(
    tmp_path: Path, answers: dict[str, Any], message: str
) -> None:
    _fetch(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(SavedError, match=message):
        _fetch(tmp_path, answers)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("answer", ["rubbish", CITY.status_list(), {"version": 1}])
def test_no_root_is_taken_from_what_is_no_trust_list(tmp_path: Path, answer: Any) -> None:
    with pytest.raises(SavedError, match="no trust list"):
        _fetch(tmp_path, {f"{URL}/trust-list.jwt": answer})


def test_addresses_outside_the_platform_are_not_fetched(tmp_path: Path) -> None:
    listed = {"status_lists": [LIST, "http://127.0.0.1/status-lists/x", f"{URL}.elsewhere.example/status-lists/x"]}
    assert _fetch(tmp_path, {INDEX: listed}).status_lists == 1


def test_no_network_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["fetch", "http://127.0.0.1:1", str(tmp_path)]) == 2
    assert "cannot be fetched" in capsys.readouterr().err
