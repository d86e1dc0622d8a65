"""Who calls: a department's client by its OAuth 2.0 access token, and whether the token's scope suffices."""

from typing import TYPE_CHECKING, Any, cast

from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from audit.recording import Subject, record_refusal
from exchange.asking import Standing, standing_of_client
from foundation.context import Actor
from foundation.reasons import Refused, because

if TYPE_CHECKING:
    from oauth2_provider.models import AbstractAccessToken


class ClientAuthentication(OAuth2Authentication):
    """Bearer tokens of registered clients (RFC 6750)."""


class HasScope(BasePermission):
    """The token carries the scope that the view names in `scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse with a reason: no token 401, too narrow a scope 403."""
        if request.auth is None:
            return False
        if not _token(request).allow_scopes([view.scope]):  # type: ignore[no-untyped-call]
            raise _recorded(Refused(because("scope_missing", scope=view.scope)), request, view.scope)
        return True


def standing_of(request: Request, *, operator: str = "") -> Standing:
    """Return the standing of the calling client."""
    client = _token(request).application
    if client is None:
        raise _recorded(Refused(because("client_inactive")), request, "call")
    return standing_of_client(client, operator=operator)


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
