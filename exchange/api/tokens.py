"""The sign-in of departments' systems: getting a token and giving it back stand in the record, failures too."""

import base64
from collections.abc import Callable
from urllib.parse import unquote_plus

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from oauth2_provider.views import RevokeTokenView, TokenView

from audit.recording import Subject, record
from exchange.asking import standing_of_client
from foundation.context import Actor
from registry.queries import client_by_id


class Token(TokenView):
    """Gives a client its access token (RFC 6749 section 4.4)."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Answer and record in one transaction: no entry, no token."""
        return _noted("get_token", request, lambda: super(Token, self).post(request, *args, **kwargs))


class RevokeToken(RevokeTokenView):
    """Takes a token back (RFC 7009)."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Answer and record in one transaction."""
        return _noted("revoke_token", request, lambda: super(RevokeToken, self).post(request, *args, **kwargs))  # type: ignore[no-untyped-call]


@transaction.atomic
def _noted(action: str, request: HttpRequest, post: Callable[[], HttpResponse]) -> HttpResponse:
    # Of two ways in one request (RFC 6749 section 2.3 forbids that) the library would take whichever holds, and the
    # entry could name the client of the other.
    answer = post() if _is_one_way(request) else JsonResponse({"error": "invalid_client"}, status=401)
    _note(action, request, answer)
    return answer


def _is_one_way(request: HttpRequest) -> bool:
    """Say whether the client shows who it is in one way only, and one that can be read."""
    header = request.headers.get("Authorization", "")
    return not header or (header.startswith("Basic ") and header.isascii() and "client_secret" not in request.POST)


def _note(action: str, request: HttpRequest, answer: HttpResponse) -> None:
    done, claimed = answer.status_code == 200, _claimed(request)
    client = client_by_id(claimed) if done else None
    record(
        action=action,
        # Who failed to show that they are a client is nobody yet.
        actor=standing_of_client(client).actor if client else Actor(),
        subject=Subject("client", str(client.pk) if client else ""),
        outcome="done" if done else "refused",
        reason="" if done else "not_signed_in",
        personal={} if done else {"client": claimed[:150]},
    )


def _claimed(request: HttpRequest) -> str:
    """Return the client's id as it was sent: in the form, or by HTTP Basic (RFC 6749 section 2.3.1)."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        return request.POST.get("client_id", "")
    try:
        return unquote_plus(base64.b64decode(encoded, validate=True).decode().partition(":")[0])
    except ValueError:
        return ""
