"""The type metadata of credentials (draft-ietf-oauth-sd-jwt-vc-12, section 6), at the address in their `vct`."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from foundation.clock import now
from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import Both, Language, Refused, because
from registry.defining import form_of, vct_of
from registry.forms import DEFAULT_STYLE, Form, field_titles, is_disclosable
from registry.models import LicenceType

_FRESH = "public, max-age=300"
_LOCALES = ("zh-CN", "en")
_COLOURS: Mapping[str, str] = {"red": "#9b1c1c", "blue": "#134f7a", "green": "#1f5f3f", "gold": "#7a5a12"}


@require_safe
def type_metadata(request: HttpRequest, code: str) -> HttpResponse:
    """Describe a licence type in force or retired (its credentials live on) to whoever holds a credential of it."""
    # The answer is the same for everybody: caches need not keep it apart by cookie.
    request.user = None  # type: ignore[assignment]
    found = LicenceType.objects.filter(code=code).first() if "\0" not in code else None
    if found is None:
        refused = Refused(because("type_code_unknown", type=code[:40]))
        language: Language = "en" if (get_language() or "").startswith("en") else "zh"
        body = problem(refused, language=language, instance=request.path)
        return _open(JsonResponse(body, status=404, content_type=MEDIA_TYPE))
    content = json.dumps(describe(found, form_of(found, now())), ensure_ascii=False).encode()
    response = HttpResponse(content, content_type="application/json")
    tag = response["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response["Cache-Control"] = _FRESH
    return _open(get_conditional_response(request, etag=tag, response=response) or response)


def _open(response: HttpResponse) -> HttpResponse:
    # Wallets in browsers ask from their own origin; the answer is the same for everybody.
    response["Access-Control-Allow-Origin"] = "*"
    return response


def describe(licence_type: LicenceType, form: Form) -> dict[str, Any]:
    """Return the metadata; `schema`, which the draft left in its version 12, is what consumers ignore or use."""
    colour = _COLOURS[form.style.get("accent", DEFAULT_STYLE["accent"])]
    simple = {"background_color": colour, "text_color": "#ffffff"}
    display = [{**entry, "rendering": {"simple": simple}} for entry in _display("name", licence_type.name)]
    required = form.schema.get("required", ())
    return {
        "vct": vct_of(licence_type, form),
        "name": licence_type.name.en,
        "description": f"{licence_type.name_zh} ({licence_type.code}), form {form.number}",
        "display": display,
        "claims": [
            {
                "path": [name],
                "display": _display("label", title),
                "mandatory": name in required,
                "sd": "always" if is_disclosable(form, name) else "never",
            }
            for name, title in field_titles(form).items()
        ],
        "schema": form.full_schema,
    }


def _display(member: str, text: Both) -> list[dict[str, Any]]:
    return [{"locale": locale, member: said} for locale, said in zip(_LOCALES, (text.zh, text.en), strict=True)]
