"""What Django's middleware makes of an answer, found once for each kind of request: headers, language, or a refusal."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from exchange.api.errors import language
from foundation.reasons import Language

SEEN = ("HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_ACCEPT_LANGUAGE")
"""What of a request the middleware looks at; cookies, which it looks at too, are handed on."""
_OWN = ("content-type", "content-length", "x-request-id")
_SHAPED = 204

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The headers of every answer to requests of one kind, and the language of problem answers."""

    headers: Headers
    language: Language


def shape_of(environ: Mapping[str, Any], path: str) -> Shape | None:
    """Return how answers look, or None where the middleware does not let such a request through."""
    return _shape(path, *(str(environ.get(name, "")) for name in SEEN))


@lru_cache(maxsize=1024)
def _shape(path: str, *seen: str) -> Shape | None:
    environ = {name: value for name, value in zip(SEEN, seen, strict=True) if value}
    request = WSGIRequest({**environ, "REQUEST_METHOD": "POST", "PATH_INFO": path, "wsgi.input": io.BytesIO()})
    spoken: list[Language] = []

    def answer(seen: HttpRequest) -> HttpResponse:
        # As the REST framework leaves it: nobody signed in by a session is looked for.
        seen.user = None  # type: ignore[assignment]
        spoken.append(language())
        return HttpResponse(status=_SHAPED, headers={"Cache-Control": "no-store", "Allow": "POST, OPTIONS"})

    handler: Callable[[HttpRequest], Any] = answer
    for name in reversed(settings.MIDDLEWARE):
        handler = import_string(name)(handler)
    try:
        response = handler(request)
    except SuspiciousOperation:
        # A host that is none of ours, say: what Django answers to it is not for here.
        return None
    if response.status_code != _SHAPED:
        return None
    kept = tuple((name, value) for name, value in response.items() if name.lower() not in _OWN)
    return Shape(kept, spoken[0])
