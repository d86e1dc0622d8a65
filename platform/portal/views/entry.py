"""The front door: landing page, sign-in, reasons, health."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from audit.recording import Subject, record
from foundation.context import Actor
from foundation.reasons import REASONS
from portal.who import visitor_of


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead each visitor to the page they came for."""
    visitor = visitor_of(request)
    if visitor is None:
        return render(request, "portal/landing.html")
    if visitor.oversees:
        return redirect("overview")
    if visitor.manages and not visitor.works:
        return redirect("licence-types")
    return redirect("desk" if visitor.works else "wallet")


class SignIn(LoginView):
    """Sign in by name and password; success, failure and what comes while locked out stand in the record."""

    template_name = "portal/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Record the sign-in before it takes effect."""
        person = form.get_user()
        with transaction.atomic():
            actor = Actor(person=person.pk, name=person.get_full_name())
            record(action="sign_in", actor=actor, subject=Subject("person", str(person.pk)), outcome="done")
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Record the failure; the name that was tried is a personal value."""
        with transaction.atomic():
            tried: dict[str, Any] = {"username": str(form.data.get("username", ""))[:150]}
            record(
                action="sign_in",
                actor=Actor(),
                subject=Subject("person"),
                outcome="refused",
                reason="sign_in_locked" if getattr(self.request, "axes_locked_out", False) else "not_signed_in",
                personal=tried,
            )
        return super().form_invalid(form)


class SignOut(LogoutView):
    """Sign out; that stands in the record too."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Record the sign-out before it takes effect."""
        visitor = visitor_of(request)
        if visitor:
            with transaction.atomic():
                subject = Subject("person", str(visitor.person.pk))
                record(action="sign_out", actor=visitor.actor, subject=subject, outcome="done")
        return super().post(request, *args, **kwargs)


@require_GET
def reasons(request: HttpRequest) -> HttpResponse:
    """Explain every reason code, generated from the one table."""
    return render(request, "portal/reasons.html", {"reasons": REASONS.values()})


@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Say whether the database answers: what a supervisor asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
