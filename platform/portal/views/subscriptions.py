"""The pages of a department's head and administrators: where messages go, what waits, and what did not arrive."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exchange.delivery import PROGRESS_NAMES, Progress
from exchange.keeping import kept_by
from exchange.subscriptions.delivering import resend
from exchange.subscriptions.queries import deliveries_of, subscriptions_of
from exchange.subscriptions.subscribing import end, kept_subscription, open_deliveries, verify_endpoint
from foundation.clock import now
from foundation.reasons import Refused
from portal.who import Visitor, for_keepers

if TYPE_CHECKING:
    from exchange.models import Subscription
    from foundation.context import Actor

PAGE = 30


@require_GET
@for_keepers
def subscriptions(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the department's subscriptions with what waits and what is a dead letter."""
    found = subscriptions_of(kept_by(visitor.person, now()))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/subscriptions/list.html", {"page": page})


@require_GET
@for_keepers
def subscription(request: HttpRequest, visitor: Visitor, key: UUID) -> HttpResponse:
    """Show a subscription and its deliveries, of one progress where asked for."""
    found, actor = kept_subscription(key, person=visitor.person)
    open_deliveries(found, actor=actor)
    return _page(request, found)


@require_POST
@for_keepers
def take_step(request: HttpRequest, visitor: Visitor, key: UUID, step: str) -> HttpResponse:
    """Verify the endpoint, send dead letters again, or end the subscription."""
    found, actor = kept_subscription(key, person=visitor.person)
    if step not in ("verify", "resend", "end"):
        raise Http404
    try:
        messages.success(request, _step(request, step, found, actor))
    except Refused as refused:
        return _page(request, found, refused)
    return redirect("kept-subscriptions") if step == "end" else redirect("kept-subscription", key=key)


def _step(request: HttpRequest, step: str, found: "Subscription", actor: "Actor") -> str:
    if step == "verify":
        verify_endpoint(found, actor=actor)
        return _("The endpoint took its challenge: the subscription is active.")
    if step == "end":
        end(found, actor=actor)
        return _("The subscription has ended.")
    named = [key for key in map(_uuid, request.POST.getlist("delivery")) if key]
    count = resend(found, deliveries=named, actor=actor)
    return _("%(count)s messages wait to be sent again.") % {"count": count}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _page(request: HttpRequest, found: "Subscription", refused: Refused | None = None) -> HttpResponse:
    asked = request.GET.get("progress", "")
    progress = asked if asked in list(Progress) else ""
    shown = {
        "subscription": found,
        "page": Paginator(deliveries_of(found, progress), PAGE).get_page(request.GET.get("page")),
        "progress": progress,
        "progresses": [(str(one), PROGRESS_NAMES[one]) for one in Progress],
        "query": f"progress={progress}" if progress else "",
        "refused": refused,
    }
    status = refused.grounds.reason.status if refused else 200
    return render(request, "portal/subscriptions/detail.html", shown, status=status)
