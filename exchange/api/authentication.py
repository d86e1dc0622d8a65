"""Who calls: a department's client by its OAuth 2.0 access token, and whether the token's scope suffices."""

from typing import Any

from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from exchange.asking import Standing, standing_of_client
from foundation.reasons import Refused, because


class ClientAuthentication(OAuth2Authentication):
    """Bearer tokens of registered clients (RFC 6750)."""


class HasScope(BasePermission):
    """The token carries the scope that the view names in `scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse with a reason: no token 401, too narrow a scope 403."""
        if request.auth is None:
            return False
        if not request.auth.allow_scopes([view.scope]):
            raise Refused(because("scope_missing", scope=view.scope))
        return True


def standing_of(request: Request, *, operator: str = "") -> Standing:
    """Return the standing of the calling client."""
    return standing_of_client(request.auth.application, operator=operator)
