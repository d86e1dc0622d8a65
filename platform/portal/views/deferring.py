"""The part of an entry's page by which notice is deferred, the same for departments and for the authority."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from exchange.deferring import can_defer, defer_notice, deferrals_of
from foundation.clock import legal_day, now
from foundation.reasons import Refused
from portal.narrowing import day_in
from portal.who import Visitor

if TYPE_CHECKING:
    from audit.queries import Entry


def deferral_shown(
    request: HttpRequest, visitor: Visitor, entry: "Entry", refused: Refused | None, *, with_past: bool = True
) -> dict[str, Any]:
    """Return what the form and the past deferrals need; `with_past` is for those whose own deferrals they are."""
    return {
        "leaf": bytes(entry.leaf).decode(),
        "deferrals": deferrals_of(entry.pk) if with_past else [],
        "may_defer": can_defer(entry, visitor.person, now()),
        "soonest": (legal_day(now()) + dt.timedelta(days=1)).isoformat(),
        "given": request.POST,
        "refused": refused,
    }


def deferred(request: HttpRequest, visitor: Visitor, key: UUID) -> None:
    """Carry out what the form to defer notice asks for."""
    basis, until = request.POST.get("legal_basis", ""), day_in(request.POST.get("until", ""))
    defer_notice(key, person=visitor.person, legal_basis=basis, until=until)
    messages.success(request, gettext("Notice is deferred, and that is recorded."), extra_tags="good")
