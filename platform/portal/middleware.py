"""The request context: an id for each request, and the address it came from."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from audit.errors import RecordUnavailable
from foundation.context import RequestContext, address_seen, id_of_request, request_context
from foundation.reasons import because
from portal.noting import note_page, note_refusal, page_refusal
from portal.views.failures import failure


def address_of(request: HttpRequest) -> str:
    """Return the client's address: that seen by the outermost of the trusted proxies, else the peer's."""
    forwarded, peer = request.headers.get("X-Forwarded-For", ""), str(request.META.get("REMOTE_ADDR", ""))
    return address_seen(forwarded=forwarded, peer=peer, hops=settings.PROXY_HOPS)


class RequestContextMiddleware:
    """Sets the request context for the record, and echoes the request's id in X-Request-ID."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer within the context; an id given by a caller is kept where it has a harmless form."""
        request_id = id_of_request(request.headers.get("X-Request-ID", ""))
        with request_context(RequestContext(request_id, address_of(request))):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class RefusalMiddleware:
    """Answers an act that was refused with a page that says why; views hold no try/except for it.

    Pages leave their entries here: one that is shown and whose view wrote none, and one that is refused.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; a page whose entry cannot be written is not shown."""
        response = self.get_response(request)
        try:
            note_page(request, response)
        except RecordUnavailable as unavailable:
            return failure(request, unavailable.grounds)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a refusal into its page."""
        refused = page_refusal(request, exception)
        if refused is None:
            return None
        try:
            note_refusal(request, refused)
        except RecordUnavailable as unavailable:
            refused = unavailable
        return failure(request, refused.grounds)


class PlainTextMiddleware:
    """Refuses requests of pages whose address or form holds a NUL, which no text of a database can."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400 for such a request; what machines call checks its own input, and records it."""
        if not request.path.startswith(("/api/", "/oauth/", "/types/")) and _holds_nul(request):
            return failure(request, because("input_invalid"))
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            # What a person sees here is theirs alone, also on a shared machine after they have left.
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _holds_nul(request: HttpRequest) -> bool:
    values = [request.path, *(v for _, found in request.GET.lists() for v in found)]
    if request.method == "POST":
        values += [text for key, found in request.POST.lists() for text in (key, *found)]
    return any("\0" in value for value in values)
