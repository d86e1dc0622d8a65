"""The log for everybody, without sign-in: checkpoint, key and tiles (C2SP tlog-tiles). Only hashes, no entry."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe

from audit.logkey import log_key, verifier_key
from audit.proofs import tile_hashes
from audit.queries import checkpoint
from audit.tiles import parse_path
from audit.witnesses import cosigned

_TEXT = "text/plain; charset=utf-8"
# A tile never changes, a checkpoint does each second.
IMMUTABLE = "public, max-age=31536000, immutable"
_FRESH = "no-cache"


@require_safe
def signed_checkpoint(_request: HttpRequest) -> HttpResponse:
    """Answer what was signed of the tree last, with the witnesses that have cosigned it so far."""
    signed = checkpoint()
    if signed is None:
        return _nothing()
    return HttpResponse(str(cosigned(signed)), content_type=_TEXT, headers={"Cache-Control": _FRESH})


@require_safe
def public_key(_request: HttpRequest) -> HttpResponse:
    """Answer the key under which the tree is signed, as signed notes write it."""
    return HttpResponse(f"{verifier_key(log_key())}\n", content_type=_TEXT, headers={"Cache-Control": _FRESH})


@require_safe
def tile(_request: HttpRequest, path: str) -> HttpResponse:
    """Answer a tile, or so many hashes of one as its address asks for."""
    place = parse_path(path)
    row = None
    if place is not None and place.level is not None:
        row = tile_hashes(place.level, place.index, place.width)
    if row is None:
        return _nothing()
    return HttpResponse(row, content_type="application/octet-stream", headers={"Cache-Control": IMMUTABLE})


def _nothing() -> HttpResponse:
    return HttpResponseNotFound("not found\n", content_type=_TEXT, headers={"Cache-Control": "no-store"})
