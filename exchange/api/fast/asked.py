"""Reading a call of the plain form; whatever has another form is none of this, and the views judge it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings

from exchange.asking import Ask
from foundation.context import RequestContext, address_seen, id_of_request

_JSON = ("application/json", "application/json; charset=utf-8", "application/json;charset=utf-8")
_WANTED = frozenset({"*/*", "application/*", "application/json"})
# Of these each asks for something that the views answer.
_UNUSUAL = ("QUERY_STRING", "SCRIPT_NAME", "HTTP_COOKIE", "HTTP_SIGNATURE", "HTTP_SIGNATURE_INPUT", "HTTP_EXPECT",
            "HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_DPOP")  # fmt: skip
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
        or ";" in accepted
        or _WANTED.isdisjoint(part.strip() for part in accepted.split(","))
        or any(environ.get(name) for name in _UNUSUAL)
    ):
        raise Unusual
    address = address_seen(
        forwarded=environ.get("HTTP_X_FORWARDED_FOR", ""),
        peer=str(environ.get("REMOTE_ADDR", "")),
        hops=settings.PROXY_HOPS,
    )
    context = RequestContext(id_of_request(environ.get("HTTP_X_REQUEST_ID", "")), address)
    return Caller(sha256(token.encode()).hexdigest().encode(), context)


def body_of(content: bytes) -> dict[str, Any]:
    """Return the object that the content is."""
    try:
        body = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unusual from error
    if not isinstance(body, dict):
        raise Unusual
    return body


def _refuse(_: str) -> None:
    raise Unusual


def asked(body: Mapping[str, Any]) -> tuple[Ask, str]:
    """Return what is asked, and the operator, empty where none is named; as the views' serializer reads them."""
    values = {name: _text(body.get(name, ""), most) for name, most in _LENGTHS.items()}
    if not all(values[name] for name in _NEEDED) or body.get("holder_code", "") != "":
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
    if not name or not account:
        raise Unusual
    return f"{name} ({account})"


def _text(given: Any, most: int) -> str:
    if not isinstance(given, str):
        raise Unusual
    text = given.strip()
    if len(text) > most or "\0" in text or not (text.isascii() or _is_sound(text)):
        raise Unusual
    return text


def _is_sound(text: str) -> bool:
    # Half a pair of surrogates is no text.
    return not any("\ud800" <= character <= "\udfff" for character in text)
