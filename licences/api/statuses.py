"""Status lists: for everybody, without sign-in, so that asking tells nobody which licence is meant."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from licences.api.answers import cached, public, written
from licences.publishing import TTL, published, published_addresses
from licences.statuslist import MEDIA_TYPE


@public
def status_list(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Answer one signed status list."""
    return cached(request, published(pk).encode(), f"application/{MEDIA_TYPE}", max_age=int(TTL.total_seconds()))


@public
def listed(request: HttpRequest) -> HttpResponseBase:
    """Answer the addresses of all status lists, for whoever saves them for use without network."""
    return cached(request, written({"status_lists": published_addresses()}), "application/json")
