"""A system with a key: what it sends, and what an attacker would change in that."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from django.test import Client as Browser
from joserfc import jwt
from rest_framework.test import APIClient

from foundation.context import PLATFORM
from licence_exchange_client import PrivateKey
from registry.models import Client
from registry.systems import add_client_key
from tests import factories as make

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE = "http://127.0.0.1:8000"


@dataclass
class System:
    """A department's system with one registered key."""

    client: Client
    secret: str
    key: PrivateKey = field(default_factory=PrivateKey.made)

    def __post_init__(self) -> None:
        add_client_key(self.client, self.key.public(), actor=PLATFORM)

    def claims(self, **changed: Any) -> dict[str, Any]:
        now, name = int(time.time()), self.client.client_id
        claims = {"iss": name, "sub": name, "aud": AUDIENCE, "iat": now, "exp": now + 60, "jti": uuid4().hex}
        return {name: value for name, value in {**claims, **changed}.items() if value is not None}

    def assertion(self, header: dict[str, Any] | None = None, **changed: Any) -> str:
        stated = {"alg": "ES256", "kid": self.key.kid, **(header or {})}
        return jwt.encode(stated, self.claims(**changed), self.key._key, algorithms=[str(stated["alg"])])


def system(code: str = "O", **values: Any) -> System:
    return System(*make.client(code), **values)


def ask_token(assertion: str, **more: str) -> Any:
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": assertion}
    return Browser().post("/oauth/token/", {**form, **more})


def signed(key: PrivateKey, method: str, path: str, body: bytes = b"") -> httpx.Request:
    headers = {"Content-Type": "application/json"} if body else {}
    request = httpx.Request(method, f"http://testserver{path}", content=body or None, headers=headers)
    key.sign(request)
    return request


def sent(caller: APIClient, request: httpx.Request) -> Any:
    """Send a request as it stands, with the caller's token."""
    body: Any = request.content
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    target = request.url.raw_path.decode()
    return caller.generic(
        request.method,
        target,
        body,
        content_type=headers.pop("content-type", ""),
        headers={**headers, "accept-language": "en"},
    )
