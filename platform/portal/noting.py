"""The entries of pages: what somebody who is signed in is shown, and what they are refused, stands in the record."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from audit.errors import RecordUnavailable
from audit.recording import Subject, record, record_refusal
from foundation.context import current_request
from foundation.reasons import Refused, because
from portal.who import visitor_of

# Pages on which nobody's data stand: forms to fill in, the catalogue, what follows from it, what everybody may read.
# A page that is not named here leaves an entry.
IMPERSONAL = frozenset(
    {
        "home", "sign-in", "sign-out", "reasons", "health", "public-check-form", "items", "new-draft", "holders",
        "issuing-batch-template", "issuing-batch-progress", "licence-types", "licence-type", "type-new-version",
        "type-version", "scenario", "catalogue", "catalogue-import", "catalogue-apply", "catalogue-version", "network",
        "network-items", "network-item", "plans", "set_language", "schema", "api-docs", "type-metadata",
        "issuer-metadata", "key-set", "status-lists", "status-list", "trust-list", "signed-trust-list",
        "log-checkpoint", "log-key", "log-tile",
    }
)  # fmt: skip
_MACHINES = ("/api/", "/oauth/", "/static/")
_LONGEST = 300


def note_page(request: HttpRequest, response: HttpResponseBase) -> None:
    """Record that a page was opened, where its view recorded nothing; raises `RecordUnavailable`."""
    visitor, match = visitor_of(request), request.resolver_match
    if visitor is None or match is None or request.path.startswith(_MACHINES):
        return
    is_shown = response.status_code < 300 or response.status_code == 400
    if is_shown and match.view_name not in IMPERSONAL and not current_request().entries:
        with transaction.atomic():
            record(
                action="open_page",
                actor=visitor.actor,
                subject=_page(request),
                outcome="done",
                personal={"page": request.get_full_path()[:_LONGEST]},
            )


def page_refusal(request: HttpRequest, exception: Exception) -> Refused | None:
    """Return the refusal that an exception of a view stands for, if it stands for one.

    That there is no such thing is one to somebody who is signed in: it may be somebody else's.
    """
    if isinstance(exception, Refused):
        return exception
    if visitor_of(request) is None:
        return None
    if isinstance(exception, PermissionDenied):
        return Refused(because("not_permitted"))
    return Refused(because("page_not_found")) if isinstance(exception, Http404) else None


def note_refusal(request: HttpRequest, refused: Refused) -> None:
    """Record a refusal that its act has not recorded; raises `RecordUnavailable`, for which there is no entry."""
    visitor = visitor_of(request)
    if visitor is None or refused.entry or isinstance(refused, RecordUnavailable):
        return
    record_refusal(
        refused,
        action="open_page",
        actor=visitor.actor,
        subject=_page(request),
        personal={"page": request.get_full_path()[:_LONGEST]},
    )


def _page(request: HttpRequest) -> Subject:
    """Return the page as entries name it: what else stands in its address may have been typed."""
    match = request.resolver_match
    keys = [str(value) for value in match.kwargs.values() if isinstance(value, UUID)] if match else []
    return Subject("page", " ".join([str(match.view_name) if match else "", *keys]))
