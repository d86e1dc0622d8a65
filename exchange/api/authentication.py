"""Who calls: a department's client by its OAuth 2.0 access token, and whether the token's scope suffices."""

from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from audit.recording import Subject, record_refusal
from exchange.asking import Standing, standing_of_client
from exchange.callers.errors import CallerRefused
from exchange.callers.signatures import Message, check_signature, is_signed
from exchange.rates.charging import seconds_to_wait
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Refused, because

if TYPE_CHECKING:
    from oauth2_provider.models import AbstractAccessToken


class ClientAuthentication(OAuth2Authentication):
    """Bearer tokens of registered clients (RFC 6750)."""


class HasScope(BasePermission):
    """The token carries the scope that the view names in `scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse with a reason: no token 401, a client that ended 403, a bad signature 401, too narrow a scope 403."""
        if request.auth is None:
            return False
        try:
            _check_caller(request)
            _charge(request, view)
        except Refused as refused:
            raise _recorded(refused, request, "call") from None
        if not _token(request).allow_scopes([view.scope]):  # type: ignore[no-untyped-call]
            raise _recorded(Refused(because("scope_missing", scope=view.scope)), request, view.scope)
        return True


def standing_of(request: Request, *, operator: str = "") -> Standing:
    """Return the standing of the calling client."""
    client = _token(request).application
    if client is None:
        raise _recorded(Refused(because("client_inactive")), request, "call")
    return standing_of_client(client, operator=operator)


def _check_caller(request: Request) -> None:
    """Raise unless the token's client is still one, and signed the call where it must or says that it did."""
    client, at = _token(request).application, now()
    if client is None or not client.active:
        raise Refused(because("client_inactive"))
    if not is_signed(request.headers):
        if client.must_sign:
            raise CallerRefused("signature_missing")
        return
    # Held in memory to be hashed, so that Django refuses one that is too large.
    body = request._request.body
    message = Message(request.method or "", request.build_absolute_uri(), request.headers, body)
    with transaction.atomic():
        check_signature(message, client=client, at=at)


def _charge(request: Request, view: Any) -> None:
    """Charge the call to its client and department; a look at licences is charged by its act, with their types."""
    client = _token(request).application
    if getattr(view, "charges_itself", False) or client is None or client.department is None:
        return
    wait = seconds_to_wait(client=client.pk, department=client.department.code, own_rate=client.rate)
    if wait:
        raise Refused(because("rate_exceeded", seconds=str(wait)))


def _recorded(refused: Refused, request: Request, action: str) -> Refused:
    """Record a refusal that comes before the act itself could."""
    return record_refusal(refused, action=action, actor=actor_of(request), subject=called(request))


def actor_of(request: Request) -> Actor:
    """Return who calls as the record sees them; nobody where no token holds."""
    if not request.auth:
        return Actor()
    client = _token(request).application
    return standing_of_client(client).actor if client else Actor(role="client")


def called(request: Request) -> Subject:
    """Return the call as entries name it; its address may hold what somebody typed, and is left out."""
    return Subject("api", getattr(request.resolver_match, "view_name", "") or "")


def _token(request: Request) -> "AbstractAccessToken":
    return cast("AbstractAccessToken", request.auth)
