"""Bundles of the record's entries (C2SP tlog-tiles) for those entitled: overseers, and clients with the scope `record`.

The rest of the log is public, for it holds hashes alone; entries say who looked at whose licences.
"""

from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.queries import leaves
from audit.recording import Subject, record, record_refusal
from audit.tiles import ENTRIES, WIDTH, entry_bundle, parse_path
from exchange.api.authentication import ClientAuthentication, HasScope, called, standing_of
from exchange.keeping import anyone, overseer
from foundation.clock import now
from foundation.context import Actor
from foundation.reasons import Refused, because

if TYPE_CHECKING:
    from registry.models import Person

_PRIVATE = {"Cache-Control": "no-store"}


class BundleRenderer(JSONRenderer):
    """Bytes as they are; a problem as the JSON that it is."""

    media_type = "application/octet-stream"
    format = "bundle"

    def render(self, data: Any, *args: Any, **values: Any) -> Any:
        """Return what is sent."""
        return data if isinstance(data, bytes) else super().render(data, *args, **values)


class MayReadEntries(HasScope):
    """A client whose token has the scope, or a person who oversees all departments."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse with a reason; who is neither signed in nor has a token gets 401."""
        if request.auth is not None:
            return super().has_permission(request, view)
        if not getattr(request.user, "is_authenticated", False):
            return False
        person = cast("Person", request.user)
        if overseer(person, now()) is None:
            refused = Refused(because("not_permitted"))
            actor = anyone(person, now())
            raise record_refusal(refused, action="read_entries", actor=actor, subject=called(request))
        return True


class EntryBundle(APIView):
    """One bundle of entries."""

    scope = "record"
    authentication_classes = (ClientAuthentication, SessionAuthentication)
    permission_classes = (MayReadEntries,)
    renderer_classes = (BundleRenderer, JSONRenderer)

    @extend_schema(exclude=True)
    def get(self, request: Request, path: str) -> Response:
        """Answer the bundle that the address names. Each look is itself an entry, committed before any byte is sent."""
        place = parse_path(f"{ENTRIES}/{path}")
        if place is None:
            raise Http404
        reader, found = _reader(request), leaves(place.index * WIDTH, place.width)
        if not found:
            raise Http404
        with transaction.atomic():
            record(action="read_entries", actor=reader, subject=Subject("record", place.path), outcome="done")
        return Response(entry_bundle(found), headers=_PRIVATE)


def _reader(request: Request) -> Actor:
    """Return who reads; a client that is not active is refused."""
    if request.auth is None:
        return overseer(person := cast("Person", request.user), now()) or anyone(person, now())
    standing = standing_of(request)
    if not standing.asker.active:
        refused = Refused(because("client_inactive"))
        raise record_refusal(refused, action="read_entries", actor=standing.actor, subject=called(request))
    return standing.actor
