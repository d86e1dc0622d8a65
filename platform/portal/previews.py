"""Importing a catalogue in two steps: what it would change is shown first; then just that is applied, or refused."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from django.core.cache import cache
from django.db import transaction

from foundation.context import Actor
from portal.comparing import RowChange, compare
from registry.importing import Changes, import_catalogue
from registry.rows import Catalogue
from registry.versions import current_version, hold_newest, rows_as_of

EXPIRES_AFTER = 30 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do; `token` names the kept catalogue."""

    token: str
    changes: Changes
    rows: list[RowChange]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a preview came to: the version it made, or why nothing was written."""

    outcome: Literal["applied", "expired", "superseded"]
    version: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    catalogue: Catalogue
    version: int


def preview(catalogue: Catalogue, *, actor: Actor, session: str) -> Preview:
    """Import the catalogue, look at what that did, and undo it; the catalogue is kept for this session for a while."""
    with transaction.atomic():
        version, before = current_version(), rows_as_of()
        changes = import_catalogue(catalogue, actor=actor)
        after = rows_as_of()
        transaction.set_rollback(True)
    token = secrets.token_urlsafe(24)
    if changes:
        cache.set(_key(session, token), _Kept(catalogue, version), EXPIRES_AFTER)
    return Preview(token if changes else "", changes, compare(before, after))


def apply(token: str, *, actor: Actor, session: str) -> Applied:
    """Import just what was previewed, unless it is gone or the catalogue changed meanwhile."""
    kept: _Kept | None = cache.get(_key(session, token))
    if kept is None:
        return Applied("expired")
    with transaction.atomic():
        # Held until the end, so that of two people who apply at once the second sees the first one's version.
        hold_newest()
        if current_version() != kept.version:
            return Applied("superseded")
        import_catalogue(kept.catalogue, actor=actor)
        applied = Applied("applied", current_version())
    cache.delete(_key(session, token))
    return applied


def _key(session: str, token: str) -> str:
    # A digest: a token that somebody made up may hold what no cache takes as a key.
    return f"catalogue-preview-{sha256(f'{session} {token}'.encode()).hexdigest()}"
