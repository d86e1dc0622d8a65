"""Signatures of messages by Standard Webhooks 1.0: HMAC-SHA-256 under a shared secret. Pure.

Signed is `id.timestamp.body`; the header `webhook-signature` holds `v1,` and the base64 of each valid secret's
signature, split by spaces. A secret is written `whsec_` and its base64.
"""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> bytes:
    """Return a fresh secret of 256 bits."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """Return a secret as its receiver is told it."""
    return PREFIX + base64.b64encode(secret).decode()


def message_id(key: UUID) -> str:
    """Return the id of a message, which stays the same however often it is sent."""
    return f"msg_{key.hex}"


def signed_headers(key: UUID, body: bytes, *, by: Sequence[bytes], at: dt.datetime) -> dict[str, str]:
    """Return the headers of a message that is sent at `at`, signed by each of the secrets."""
    name, stamp = message_id(key), str(int(at.timestamp()))
    signed = f"{name}.{stamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in by)
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
