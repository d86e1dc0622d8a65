"""The public page behind a licence's short address: state, type and issuer, and never whose it is."""

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_safe

from foundation.clock import now
from foundation.context import current_request
from foundation.reasons import because
from licences.numbering import parse_check_code, show_check_code
from licences.outcomes import Signature
from licences.public_check import check_publicly
from portal.limiting import Limit, counted_as
from portal.who import Page

PER_ADDRESS = Limit("public-check", most=30)
IN_ALL = Limit("public-checks", most=3000)


def _kept_private(page: Page[...]) -> Page[...]:
    """Let nobody keep the answer, find it by searching, or learn the address from a link that is followed."""

    @wraps(page)
    def private(request: HttpRequest, /, *args: Any, **values: Any) -> HttpResponseBase:
        answer = page(request, *args, **values)
        for name, value in _PRIVATE.items():
            answer.headers[name] = value
        return answer

    return private


_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


@require_GET
@_kept_private
def check_form(request: HttpRequest) -> HttpResponse:
    """Ask for a code; one that can be read leads to its address."""
    typed = request.GET.get("code", "")
    code = parse_check_code(typed.strip())
    if code:
        return redirect("public-check", code=code)
    shown = {"typed": typed[:40], "fault": because("check_code_malformed") if typed else None}
    return render(request, "portal/public/form.html", shown, status=400 if typed else 200)


@require_safe
@_kept_private
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Verify the licence with this code; every look is counted and recorded, and what nobody looks at is not."""
    if request.method == "HEAD":
        return HttpResponse()
    if request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")).startswith("prefetch"):
        # The browser asks again when somebody really goes there.
        return HttpResponse(status=503)
    at = now()
    wait = PER_ADDRESS.wait(counted_as(current_request().address), at) or IN_ALL.wait("", at)
    if wait:
        grounds = because("rate_exceeded", seconds=str(wait))
        page = render(request, "portal/public/wait.html", {"grounds": grounds, "wait": wait}, status=429)
        page["Retry-After"] = str(wait)
        return page
    found = check_publicly(code, at=at)
    if found.outcome.signature is Signature.NOT_CHECKED:
        return render(request, "portal/public/unknown.html", {"entry": current_request().entries[-1]}, status=404)
    # What an altered row says of itself is not passed on.
    trusted = found.licence if found.outcome.signature is Signature.RIGHT else None
    shown = {
        "found": found,
        "licence": trusted,
        "at": at,
        "code": show_check_code(parse_check_code(code) or ""),
        "entry": current_request().entries[-1],
    }
    return render(request, "portal/public/check.html", shown)
