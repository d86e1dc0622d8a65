"""What holds for every address of the API, those yet to come too: problem answers, and what caches keep."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from tests import factories as make

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"
# Open to all, the same for everybody: caches may keep it, and a tag saves sending it again.
PUBLIC = ("registry.api",)


def _patterns(resolver: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, path)
        elif isinstance(pattern, URLPattern) and path.startswith("api/v1/"):
            yield path, pattern.callback


def _address(path: str) -> str:
    for kind, value in (("uuid", str(uuid.UUID(int=7))), ("str", "1.2"), ("slug", "a"), ("int", "1"), ("path", "a")):
        while f"<{kind}:" in path:
            start = path.index(f"<{kind}:")
            path = path[:start] + value + path[path.index(">", start) + 1 :]
    return f"/{path}"


CALLS = [(_address(path), callback) for path, callback in _patterns(get_resolver())]
EACH = pytest.mark.parametrize(("address", "callback"), CALLS, ids=[address for address, _ in CALLS])


def _is_public(callback: Any) -> bool:
    return str(callback.cls.__module__).startswith(PUBLIC)


@pytest.fixture
def caller() -> APIClient:
    make.city(keys="")
    return make.api("O", "verify disclose issue agreements applications authorisations corrections subscriptions")


def _is_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status
    assert answer["Content-Type"] == PROBLEM
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["status"] == status
    assert answer.json()["explanation"]["zh"]


def test_there_are_calls_of_both_kinds() -> None:
    assert {True, False} == {_is_public(callback) for _, callback in CALLS}
    assert len(CALLS) >= 16


@EACH
def test_a_method_that_it_does_not_have(caller: APIClient, address: str, callback: Any) -> None:
    method = next(m for m in ("DELETE", "PATCH", "PUT") if not hasattr(callback.cls, m.lower()))
    answer = caller.generic(method, address)
    _is_problem(answer, 405)
    assert answer["Allow"]


@EACH
def test_a_form_of_answer_that_it_does_not_have(caller: APIClient, address: str, callback: Any) -> None:
    method = "get" if hasattr(callback.cls, "get") else "post"
    _is_problem(getattr(caller, method)(address, HTTP_ACCEPT="image/png"), 406)


@EACH
def test_a_form_of_question_that_it_does_not_take(caller: APIClient, address: str, callback: Any) -> None:
    if hasattr(callback.cls, "post"):
        answer = caller.generic("POST", address, "<a/>", content_type="application/xml")
        assert answer.status_code in (400, 404, 415)
        _is_problem(answer, answer.status_code)


@EACH
def test_without_a_token_only_what_is_public_answers(address: str, callback: Any) -> None:
    make.city(keys="")
    answer = APIClient().generic("GET" if hasattr(callback.cls, "get") else "POST", address)
    # Of a download its address alone is asked.
    if _is_public(callback) or getattr(callback.cls, "scope", None) is None:
        assert answer.status_code in (200, 400, 404)
    else:
        _is_problem(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer ")


@EACH
def test_what_is_not_public_is_kept_by_nobody_and_never_answered_by_a_tag(
    caller: APIClient, address: str, callback: Any
) -> None:
    if _is_public(callback):
        return
    method = "get" if hasattr(callback.cls, "get") else "post"
    for having in ("*", '"a"'):
        answer = getattr(caller, method)(address, HTTP_IF_NONE_MATCH=having)
        assert answer.status_code != 304
        assert answer["Cache-Control"] == "no-store"
        assert "ETag" not in answer


@EACH
def test_what_is_public_has_a_tag_that_saves_sending_it_again(caller: APIClient, address: str, callback: Any) -> None:
    if not _is_public(callback):
        return
    first = APIClient().get(address)
    if first.status_code == 200:
        again = APIClient().get(address, HTTP_IF_NONE_MATCH=first["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        assert "public" in first["Cache-Control"]


def test_a_disclosure_is_never_answered_by_a_tag() -> None:
    make.city()
    licence = make.issued()
    caller = make.api("O")
    why = {"item": "O2", "purpose": "规划许可", "case": "1"}
    for having in ("*", '"a"', "W/*"):
        answer = caller.get(f"/api/v1/licences/{licence.identifier}/", why, HTTP_IF_NONE_MATCH=having)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in answer


@pytest.mark.parametrize("address", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v2/verifications/", "/api/v1/%00/"])
def test_an_address_that_is_none(address: str) -> None:
    _is_problem(APIClient().get(address), 404)


def test_every_address_stands_in_the_published_document() -> None:
    document = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text("utf-8"))
    described = {re.sub(r"\{\w+\}", "_", path) for path in document["paths"]}
    paths = {re.sub(r"<\w+:\w+>", "_", f"/{path}") for path, _ in _patterns(get_resolver())}
    assert paths == described
