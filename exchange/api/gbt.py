"""Calls in the style of GB/T 36906: one address an operation, answers in the vendor's own layout and codes.

The classic account and token are an OAuth client and its access token: `/gbt/token/` gives one for account and
password, and calls carry it in their body (or as a bearer token). Every answer is HTTP 200, as such systems expect;
what the call came to its code says.
"""

import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api import refusing
from exchange.api.authentication import ClientAuthentication, standing_of
from exchange.api.sharing_serializers import download_url
from exchange.api.tokens import Token
from exchange.gbt.envelope import read_call
from exchange.gbt.operations import LARGEST_FILE, OPERATIONS, Context
from exchange.gbt.tables import Style, put, read_style, take
from foundation.reasons import REASONS, Refused, because

_NO_STORE = {"Cache-Control": "no-store"}
# A file in base64 and the envelope around it.
_LARGEST = LARGEST_FILE * 4 // 3 + (1 << 20)


def _style() -> Style:
    return read_style(settings.SHARING.gbt_style)


class BodyToken(ClientAuthentication):
    """The access token as such calls carry it: in the body, where the style says."""

    def authenticate(self, request: Request) -> Any:
        """Authenticate as for any call, with the body's token where there is no header."""
        token = take(request.data, _style().request["token"])
        if isinstance(token, str) and token and "HTTP_AUTHORIZATION" not in request.META:
            request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
            # Read once and kept: without this, what looks at the headers would not see the token.
            request._request.__dict__.pop("headers", None)
        return super().authenticate(request)  # type: ignore[no-untyped-call]


class _Answering(APIView):
    """Answers, refusals too, in the style's layout."""

    http_method_names = ["post", "options"]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large before any of it is read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > _LARGEST:
            raise Refused(because("file_too_large", most=f"{LARGEST_FILE >> 20} MiB"))
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """Return what records a refusal and lays out its answer."""
        return _refused


def _refused(error: Exception, context: dict[str, Any]) -> Response | None:
    problem = refusing.handle(error, context)
    if problem is None:
        return None
    style, told = _style(), problem.data
    body: dict[str, Any] = {}
    put(body, style.answer["code"], style.call_code(status=told["status"], reason=told["reason"]))
    faults = "；".join(f"{fault['field']}：{fault['message']['zh']}" for fault in told.get("errors", []))
    put(body, style.answer["message"], f"{told['explanation']['zh']}{faults}")
    put(body, style.answer["record"], told.get("record", ""))
    return Response(body, headers=_NO_STORE)


def _laid_out(style: Style, values: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    put(body, style.answer["code"], style.calls["success"])
    put(body, style.answer["message"], "成功")
    for name, value in values.items():
        put(body, style.answer[name], value)
    return body


class Calls(_Answering):
    """One operation."""

    authentication_classes = (BodyToken,)

    @property
    def scope(self) -> str:
        """The scope that the operation takes."""
        if self.kwargs["operation"] not in OPERATIONS:
            raise Http404
        return OPERATIONS[self.kwargs["operation"]].scope

    def post(self, request: Request, operation: str) -> Response:
        """Carry out the operation by the exchange's own acts; every call is recorded."""
        style, known = _style(), OPERATIONS[operation]
        standing = standing_of(request)
        account = take(request.data, style.request["account"])
        if account and account != getattr(getattr(request.auth, "application", None), "client_id", ""):
            raise Refused(because("account_differs"))
        call = read_call(request.data, style, needed=known.needed)
        standing = standing_of(request, operator=call.operator)
        values = known.act(call, Context(request.data, standing, style, download_url))
        return Response(_laid_out(style, values), headers=_NO_STORE)


class SignIn(_Answering):
    """Give an access token for account and password."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """Answer as `/oauth/token/` would, by the same view, in the style's layout."""
        style = _style()
        account, password = (take(request.data, style.request[name]) for name in ("account", "password"))
        answer = _token_for(request, str(account or ""), str(password or ""))
        if answer.status_code != 200:
            refused = Refused(because("not_signed_in"))
            body: dict[str, Any] = {}
            put(body, style.answer["code"], style.call_code(status=401, reason=refused.grounds.code))
            put(body, style.answer["message"], REASONS["not_signed_in"].zh)
            return Response(body, headers=_NO_STORE)
        told = json.loads(answer.content)
        values = {"token": told["access_token"], "seconds": told["expires_in"]}
        return Response(_laid_out(style, values), headers=_NO_STORE)


def _token_for(request: Request, account: str, password: str) -> HttpResponse:
    form = {"grant_type": "client_credentials", "client_id": account, "client_secret": password}
    inner = HttpRequest()
    inner.method = "POST"
    inner.META = {name: value for name, value in request.META.items() if name != "HTTP_AUTHORIZATION"}
    inner.META["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
    inner.path = inner.path_info = "/oauth/token/"
    inner.POST = QueryDict(urlencode(form))
    return cast("HttpResponse", Token.as_view()(inner))
