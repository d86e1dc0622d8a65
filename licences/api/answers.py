"""Public answers: JSON or a signed text that caches may keep for a while, and problems in both languages."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import Language, Refused

MAX_AGE = 300
View = Callable[..., HttpResponseBase]


def written(value: Mapping[str, Any]) -> bytes:
    """Return a value as the JSON that is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def entity_tag(content: bytes, *, weak: bool = False) -> str:
    """Return the tag of a content; a weak one where the same is signed anew each time it is sent (RFC 9110)."""
    return f'{"W/" if weak else ""}"{hashlib.sha256(content).hexdigest()[:32]}"'


def cached(
    request: HttpRequest, content: bytes, media_type: str, *, tag: str = "", max_age: int = MAX_AGE
) -> HttpResponseBase:
    """Answer with `content`, or with 304 to whoever has it already; caches may keep it for `max_age` seconds."""
    tag = tag or entity_tag(content)
    response = HttpResponse(content, content_type=media_type, headers={"ETag": tag})
    patch_cache_control(response, public=True, max_age=max_age)
    return get_conditional_response(request, etag=tag, response=response) or response


def _language() -> Language:
    return "en" if (get_language() or "").startswith("en") else "zh"


def public(view: View) -> View:
    """Make a view one for GET and HEAD, whose refusals are problem answers (RFC 9457)."""

    @require_safe
    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **values)
        except Refused as refused:
            body = problem(refused, language=_language(), instance=request.path)
            return JsonResponse(
                body, status=body["status"], content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"}
            )

    return answering
