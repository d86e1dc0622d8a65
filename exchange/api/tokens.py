"""The sign-in of departments' systems: getting a token and giving it back stand in the record, failures too."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from oauth2_provider.views import RevokeTokenView, TokenView

from audit.recording import Subject, record
from exchange.api.clients import claimed, sign_in
from exchange.asking import standing_of_client
from exchange.callers.errors import CallerRefused
from exchange.rates.charging import seconds_to_sign_in
from foundation.context import Actor, current_request
from foundation.reasons import Grounds, because

if TYPE_CHECKING:
    from registry.models import Client


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


def _noted(action: str, request: HttpRequest, post: Callable[[], HttpResponse]) -> HttpResponse:
    # Secrets are slow to check on purpose, so that guesses are limited before any is.
    wait = seconds_to_sign_in(current_request().address)
    with transaction.atomic():
        if wait:
            grounds = because("rate_exceeded", seconds=str(wait))
            _note(action, request, None, grounds)
            answer = _refusal("temporarily_unavailable", grounds, status=429)
            answer["Retry-After"] = str(wait)
            return answer
        try:
            client = sign_in(request)
        except CallerRefused as refused:
            _note(action, request, None, refused.grounds)
            return _refusal("invalid_client", refused.grounds, status=401)
        answer = post()
        done = answer.status_code == 200
        _note(action, request, client if done else None, None if done else because("not_signed_in"))
        return answer


def _refusal(error: str, grounds: Grounds, *, status: int) -> HttpResponse:
    """Return the error (RFC 6749 section 5.2, whose texts are in ASCII) with the reason of the list beside it."""
    body = {"error": error, "error_description": grounds.en, "reason": grounds.code}
    answer = JsonResponse(body, status=status)
    answer["Cache-Control"] = "no-store"
    if status == 401:
        answer["WWW-Authenticate"] = 'Basic realm="licence-exchange"'
    return answer


def _note(action: str, request: HttpRequest, client: "Client | None", refused: Grounds | None) -> None:
    record(
        action=action,
        # Who failed to show that they are a client is nobody yet.
        actor=standing_of_client(client).actor if client else Actor(),
        subject=Subject("client", str(client.pk) if client else ""),
        outcome="refused" if refused else "done",
        reason=refused.code if refused else "",
        personal={"client": claimed(request)[:150]} if refused else {},
    )
