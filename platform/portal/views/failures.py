"""What people and clients see when a request fails outside of a view: the same reasons, as a page or as a problem."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from exchange.api.errors import problem_page
from foundation.context import current_request
from foundation.reasons import Grounds, because


def failure(request: HttpRequest, grounds: Grounds) -> HttpResponse:
    """Answer with a page that says what happened and how to go on; where machines call, with a problem."""
    if request.path.startswith(("/api/", "/audit/", "/oauth/")):
        return problem_page(request, grounds)
    return render(request, "portal/failure.html", {"grounds": grounds}, status=grounds.reason.status)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is missing or old."""
    return failure(request, because("csrf_failed"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request cannot be understood."""
    return failure(request, because("input_invalid"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The person may not see this page."""
    return failure(request, because("not_permitted"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such page, or it is somebody else's."""
    return failure(request, because("page_not_found"))


def internal_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the request's id finds it in the log."""
    return failure(request, because("internal_error", request=current_request().request_id))
