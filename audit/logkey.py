"""The key in which the tree is signed, and the log's name: made on first use, sealed at rest, never another."""

from functools import lru_cache

from django.conf import settings
from django.db import transaction

from audit.models import LogKey
from audit.notes import ED25519, VerifierKey
from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import PLATFORM
from foundation.ed25519 import Ed25519Signer, ed25519_signer, new_ed25519_key

__all__ = ["LOG_KEY", "LogKey", "log_key", "signer_of", "verifier_key"]

LOG_KEY = "log-key"


def log_key() -> LogKey:
    """Return the log's key; it is made, sealed and recorded when it is first needed.

    Its name is the setting's at that time, and stays: whoever checks the log knows it by name and key.
    """
    return LogKey.objects.filter(pk=LogKey.ONLY).first() or _make()


@transaction.atomic
def _make() -> LogKey:
    private, public = new_ed25519_key()
    values = {
        "origin": settings.LOG_ORIGIN,
        "public": public,
        "private_sealed": settings.SEALING_RING.seal(private, purpose=LOG_KEY, bound_to=public),
        "made_at": now(),
    }
    key, made = LogKey.objects.get_or_create(pk=LogKey.ONLY, defaults=values)
    if made:
        record(action="make_key", actor=PLATFORM, subject=Subject("log_key", str(verifier_key(key))), outcome="done")
    return key


def verifier_key(key: LogKey) -> VerifierKey:
    """Return the public key as checkers and witnesses know it."""
    return VerifierKey(key.origin, ED25519, bytes(key.public))


@lru_cache(maxsize=2)
def _open(public: bytes, sealed: bytes) -> Ed25519Signer:
    return ed25519_signer(settings.SEALING_RING.open(sealed, purpose=LOG_KEY, bound_to=public))


def signer_of(key: LogKey) -> Ed25519Signer:
    """Return what signs in the log's name."""
    return _open(bytes(key.public), bytes(key.private_sealed))
