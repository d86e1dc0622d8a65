"""How a client shows who it is at the token endpoint: by a secret, present or former, or by an assertion."""

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from django.contrib.auth.hashers import check_password
from django.http import HttpRequest
from oauth2_provider.oauth2_validators import OAuth2Validator

from exchange.callers.assertions import TYPE, client_of_assertion
from exchange.callers.errors import CallerRefused
from foundation.clock import now
from registry.queries import client_by_id

if TYPE_CHECKING:
    from registry.models import Client

# No header of a request ends up under a key with a dot.
_SIGNED_IN = "exchange.client"


def sign_in(request: HttpRequest) -> "Client":
    """Return the client that asks for a token or gives one back, or raise `CallerRefused`.

    It may show who it is in one way only, as RFC 6749 section 2.3 demands: of two ways each could name another client.
    """
    client = _by_assertion(request) if _asserts(request) else _by_secret(request)
    if not client.active:
        raise CallerRefused("client_inactive")
    request.META[_SIGNED_IN] = client
    return client


def claimed(request: HttpRequest) -> str:
    """Return the id of the client that the request says it is of, for the entry of one that failed."""
    return _credentials(request)[0]


def _asserts(request: HttpRequest) -> bool:
    return "client_assertion" in request.POST or "client_assertion_type" in request.POST


def _by_assertion(request: HttpRequest) -> "Client":
    form = request.POST
    if "Authorization" in request.headers or "client_secret" in form or form.get("client_assertion_type") != TYPE:
        raise CallerRefused("not_signed_in")
    return client_of_assertion(form.get("client_assertion", ""), client_id=form.get("client_id", ""), at=now())


def _by_secret(request: HttpRequest) -> "Client":
    header = request.headers.get("Authorization", "")
    name, secret = _credentials(request)
    client = client_by_id(name) if not header or "client_secret" not in request.POST else None
    if client is None or not secret or not _holds(secret, client):
        raise CallerRefused("not_signed_in")
    return client


def _holds(secret: str, client: "Client") -> bool:
    until = client.former_secret_until
    former = [client.former_secret] if until and now() < until else []
    return any(check_password(secret, kept) for kept in (client.client_secret, *former))


def _credentials(request: HttpRequest) -> tuple[str, str]:
    """Return id and secret as they were sent: in the form, or by HTTP Basic (RFC 6749 section 2.3.1)."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(name), unquote_plus(secret) if kind == "Basic" else ""


class ClientValidator(OAuth2Validator):
    """Believes `sign_in` alone, of which it is told by the view."""

    def authenticate_client(self, request: Any, *_: Any, **__: Any) -> bool:
        """Say whether the client signed in."""
        request.client = request.headers.get(_SIGNED_IN)
        return request.client is not None
