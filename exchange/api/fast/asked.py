"""Reading a call of the plain form; whatever has another form is none of this, and the views judge it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson
from django.conf import settings

from exchange.asking import Ask
from foundation.context import RequestContext, address_seen, id_of_request

_JSON = ("application/json", "application/json; charset=utf-8", "application/json;charset=utf-8")
_WANTED = frozenset({"*/*", "application/*", "application/json"})
# Of these each asks for something that the views answer.
_UNUSUAL = frozenset(
    f"HTTP_{name}"
    for name in (
        "COOKIE", "SIGNATURE", "SIGNATURE_INPUT", "EXPECT", "TRANSFER_ENCODING", "CONTENT_ENCODING", "CONTENT_DIGEST",
        "OPERATOR",
    )
)  # fmt: skip
_LENGTHS = {"number": 200, "item": 40, "purpose": 200, "case": 80, "licence_type": 200}
_NEEDED = ("number", "item", "purpose")
_OPERATOR = 80


class Unusual(Exception):
    """The call is to be answered by the views."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The token's checksum, and the request."""

    checksum: bytes
    context: RequestContext


def caller_of(environ: Mapping[str, Any]) -> Caller:
    """Return who calls, from the headers."""
    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    accepted = environ.get("HTTP_ACCEPT", "*/*")
    if (
        kind != "Bearer"
        or not token
        or not token.isascii()
        or token != token.strip()
        or environ.get("CONTENT_TYPE", "").lower() not in _JSON
        or not _accepts(accepted)
        or not _UNUSUAL.isdisjoint(environ)
        or environ.get("QUERY_STRING")
        or environ.get("SCRIPT_NAME")
    ):
        raise Unusual
    address = address_seen(
        forwarded=environ.get("HTTP_X_FORWARDED_FOR", ""),
        peer=str(environ.get("REMOTE_ADDR", "")),
        hops=settings.PROXY_HOPS,
    )
    context = RequestContext(id_of_request(environ.get("HTTP_X_REQUEST_ID", "")), address)
    return Caller(sha256(token.encode()).hexdigest().encode(), context)


@lru_cache(maxsize=64)
def _accepts(accepted: str) -> bool:
    return ";" not in accepted and not _WANTED.isdisjoint(part.strip() for part in accepted.split(","))


def body_of(content: bytes) -> dict[str, Any]:
    """Return the object that the content is."""
    try:
        # It refuses what is no text either: half a pair of surrogates, say.
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unusual from error
    if not isinstance(body, dict):
        raise Unusual
    return body


def asked(body: Mapping[str, Any]) -> tuple[Ask, str]:
    """Return what is asked, and the operator, empty where none is named; as the views' serializer reads them."""
    values = {name: _text(body.get(name, ""), most) for name, most in _LENGTHS.items()}
    if not all(values[name] for name in _NEEDED) or body.get("holder_code", "") != "" or "authorisation" in body:
        raise Unusual
    ask = Ask(
        text=values["number"],
        item=values["item"],
        purpose=values["purpose"],
        case=values["case"],
        licence_type=values["licence_type"],
    )
    return ask, _operator(body["operator"]) if "operator" in body else ""


def _operator(given: Any) -> str:
    if not isinstance(given, dict):
        raise Unusual
    name, account = (_text(given.get(part, ""), _OPERATOR) for part in ("name", "account"))
    if not name or not account or not (name.isprintable() and account.isprintable()):
        raise Unusual
    return f"{name} ({account})"


def _text(given: Any, most: int) -> str:
    if not isinstance(given, str):
        raise Unusual
    text = given.strip()
    if len(text) > most or "\0" in text:
        raise Unusual
    return text
