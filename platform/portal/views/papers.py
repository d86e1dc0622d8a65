"""The citizen's papers: the sealed PDF of a licence of theirs, and copies of it bound to one use."""

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from foundation.clock import end_of_day, legal_day, now
from foundation.reasons import Both, Grounds, Refused, because
from licences import queries as licences
from licences.documents import give_copy, give_document, make_copy
from portal.who import Visitor, for_citizens

if TYPE_CHECKING:
    from licences.models import Licence

_NO_DAY = Both("不是日期", "is no day")


@require_GET
@for_citizens
def document(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Hand over the sealed PDF of a licence whose holder the person acts for."""
    licence = _own_licence(visitor, key)
    return pdf(give_document(licence, actor=visitor.actor), licence.number)


@require_http_methods(["GET", "POST"])
@for_citizens
def copies(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show the copies made of a licence, by whom and for what; make another."""
    licence = _own_licence(visitor, key)
    if request.method == "GET":
        return _copies_page(request, licence)
    try:
        made = make_copy(
            licence,
            purpose=request.POST.get("purpose", ""),
            receiver=request.POST.get("receiver", ""),
            expires_at=_expiry(request.POST.get("expires_on", "")),
            actor=visitor.actor,
        )
    except Refused as refused:
        return _copies_page(request, licence, refused)
    return redirect(f"{request.path}?made={made.pk}")


@require_GET
@for_citizens
def copy(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Hand over the sealed PDF of a copy."""
    found = licences.copy_of(key, _holders(visitor))
    if found is None:
        raise Http404
    return pdf(give_copy(found, actor=visitor.actor), f"{found.licence.number} {found.receiver}")


def _holders(visitor: Visitor) -> list[UUID]:
    return [r.holder_id for r in licences.represented_by(visitor.person.pk, now())]


def _own_licence(visitor: Visitor, key: UUID) -> "Licence":
    licence = licences.licence_of(key, _holders(visitor))
    if licence is None:
        raise Http404
    return licence


def _copies_page(request: HttpRequest, licence: "Licence", refused: Refused | None = None) -> HttpResponse:
    at = now()
    shown = {
        "licence": licence,
        "valid": licences.is_valid_now(licence, at),
        "copies": [(made, made.expires_at > at) for made in licences.copies_of(licence)],
        "made": request.GET.get("made", ""),
        "given": request.POST,
        "refused": refused,
        "faults": _faults(refused, request.POST.get("expires_on", "")),
        "soonest": legal_day(at).isoformat(),
    }
    return render(request, "portal/copies.html", shown, status=refused.grounds.reason.status if refused else 200)


def _faults(refused: Refused | None, day: str) -> dict[str, Grounds]:
    """Return the faults by field; a day that is none is told apart from one that is missing."""
    faults: dict[str, Grounds] = dict(refused.fields) if refused else {}
    if "expires_at" in faults and day.strip() and _expiry(day) is None:
        faults["expires_at"] = because("field_invalid", why=_NO_DAY)
    return faults


def _expiry(text: str) -> dt.datetime | None:
    """Return the end of the day that was entered, by the law's own days."""
    try:
        return end_of_day(dt.date.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def pdf(content: bytes, name: str) -> HttpResponse:
    """Return a PDF to be saved and nowhere kept; old browsers get a plain name (RFC 6266)."""
    named = f"attachment; filename=\"licence.pdf\"; filename*=UTF-8''{quote(name, safe='')}.pdf"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": named, "Cache-Control": "no-store"},
    )
