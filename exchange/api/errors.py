"""One table maps errors to problem answers (RFC 9457); views hold no try/except."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import get_language
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from foundation.problems import MEDIA_TYPE, problem
from foundation.reasons import Both, Grounds, Language, Refused, because

_INPUT_TEXTS: Mapping[str, Both] = {
    "max_length": Both("内容过长", "is too long"),
    "invalid": Both("格式不正确", "has the wrong form"),
    "invalid_choice": Both("不在可选范围内", "is none of the choices"),
    "min_value": Both("数值过小", "is too small"),
    "max_value": Both("数值过大", "is too large"),
    "does_not_exist": Both("不存在", "names nothing that exists"),
    "unknown": Both("不是可用的参数", "is no parameter of this call"),
    "not_a_list": Both("应为列表", "must be a list"),
    "not_a_dict": Both("应为一组字段", "must be a group of fields"),
    "empty": Both("没有内容", "is empty"),
    "invisible": Both("含有不可见的字符", "holds a character that nobody sees"),
    "null_characters_not_allowed": Both("含有不允许的字符", "holds a character that is not allowed"),
    "surrogate_characters_not_allowed": Both("含有不允许的字符", "holds a character that is not allowed"),
}
# Refusals that pass by themselves, with the seconds after which to try again (RFC 9110 section 10.2.3).
_PASSING: Mapping[str, int] = {"entry_not_sequenced": 1}
_WHOLE = api_settings.NON_FIELD_ERRORS_KEY
_EMPTY_CODES = ("required", "blank", "null")

_BY_CLASS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.NotAuthenticated, "not_signed_in"),
    (exceptions.AuthenticationFailed, "not_signed_in"),
    (exceptions.PermissionDenied, "not_permitted"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.NotFound, "page_not_found"),
    (Http404, "page_not_found"),
    (exceptions.ParseError, "input_invalid"),
)


def language() -> Language:
    """Return the language of the answer, as the middleware found it."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def _field_faults(detail: Any) -> dict[str, Grounds]:
    faults: dict[str, Grounds] = {}
    for name, errors in _parts(detail):
        if isinstance(errors, dict) or any(isinstance(error, dict) for error in errors):
            inside = _field_faults(errors).items()
            faults |= {name if inner == _WHOLE else f"{name}.{inner}": grounds for inner, grounds in inside}
            continue
        faults[name] = _fault(getattr(errors[0], "code", "invalid"))
    return faults


def _parts(detail: Any) -> list[tuple[str, Any]]:
    if isinstance(detail, dict):
        return list(detail.items())
    # Of a list each entry stands by itself, those without a fault empty.
    if any(isinstance(entry, dict) for entry in detail):
        return [(str(index), entry) for index, entry in enumerate(detail) if entry]
    return [("", detail)]


def _fault(code: str) -> Grounds:
    if code in _EMPTY_CODES:
        return because("field_required")
    text = _INPUT_TEXTS.get(code, _INPUT_TEXTS["invalid"])
    return because("field_invalid", why=text)


def refusal_of(error: Exception) -> Refused | None:
    """Return the refusal that an error stands for."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Refused(because("input_invalid"), fields=_field_faults(error.detail))
    if isinstance(error, exceptions.Throttled):
        return Refused(because("rate_exceeded", seconds=str(round(getattr(error, "wait", None) or 1))))
    if isinstance(error, RequestDataTooBig):
        return Refused(because("file_too_large", most=f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 10} KiB"))
    for kind, code in _BY_CLASS:
        if isinstance(error, kind):
            return Refused(because(code))
    return None


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an error of an API view; None leaves it to Django, whose 500 is a problem answer too."""
    refused = refusal_of(error)
    if isinstance(error, exceptions.UnsupportedMediaType):
        accepted = ", ".join(parser.media_type for parser in context["view"].parser_classes)
        refused = Refused(because("media_type_not_supported", types=accepted))
    if refused is None:
        return None
    request = context["request"]
    body = problem(refused, language=language(), instance=request.path)
    response = Response(body, status=body["status"], content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    wait = _PASSING.get(body["reason"]) or refused.grounds.values_en.get("seconds")
    if wait:
        response["Retry-After"] = str(wait)
    if body["status"] == 401:
        response["WWW-Authenticate"] = 'Bearer realm="licence-exchange"'
    return response


def problem_page(request: HttpRequest, grounds: Grounds) -> JsonResponse:
    """Answer for an API address that no view handles."""
    body = problem(Refused(grounds), language=language(), instance=request.path)
    headers = {"Cache-Control": "no-store"}
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE, headers=headers)
