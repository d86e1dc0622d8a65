"""Sealing at rest: AES-256-GCM under a ring of named keys, keyed indexes, and keyed authentication of rows.

A ring's first key seals, every key opens, so that keys rotate without a stop. Sealed bytes carry the key's name.
Purposes are kept apart: each works under its own key, derived by HKDF-SHA-256 (RFC 5869) from the ring's.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(Exception):
    """Sealed bytes cannot be opened: the key is not in the ring, or the bytes were altered or moved."""


@lru_cache(maxsize=64)
def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


@lru_cache(maxsize=64)
def _cipher(key: bytes, purpose: str) -> AESGCM:
    return AESGCM(_derive(key, purpose))


def key_name(sealed: bytes) -> str:
    """Return the name of the key under which bytes were sealed; the first so many bytes are enough."""
    return bytes(sealed).partition(b"\0")[0].decode("ascii", "replace")


@dataclass(frozen=True, slots=True)
class Ring:
    """Named 32-byte keys in order; the first is the one in use."""

    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def active(self) -> str:
        """The name of the key that seals and authenticates now."""
        return next(iter(self.keys))

    def seal(self, plain: bytes, *, purpose: str, bound_to: bytes = b"") -> bytes:
        """Return `name NUL nonce ciphertext`; `bound_to` must be given again to open (it ties the bytes to a row)."""
        name = self.active.encode()
        nonce = os.urandom(_NONCE_BYTES)
        return name + b"\0" + nonce + _cipher(self.keys[self.active], purpose).encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, *, purpose: str, bound_to: bytes = b"") -> bytes:
        """Return what was sealed, or raise `SealError`."""
        name = key_name(sealed)
        key, rest = self.keys.get(name), bytes(sealed).partition(b"\0")[2]
        if key is None:
            raise SealError(f"no key named {name!r} in the ring")
        try:
            return _cipher(key, purpose).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError) as error:
            raise SealError("the sealed bytes were altered, or belong elsewhere") from error

    def authenticate(self, message: bytes, *, purpose: str) -> tuple[str, bytes]:
        """Return the active key's name and the 32-byte HMAC-SHA-256 of `message`."""
        return self.active, hmac.digest(_derive(self.keys[self.active], purpose), message, hashlib.sha256)

    def is_authentic(self, message: bytes, *, key: str, mac: bytes, purpose: str) -> bool:
        """Say whether `mac` is that of `message` under the ring's key named `key`."""
        if key not in self.keys:
            return False
        return hmac.compare_digest(hmac.digest(_derive(self.keys[key], purpose), message, hashlib.sha256), bytes(mac))


def keyed_index(key: bytes, value: str, *, purpose: str) -> bytes:
    """Return a 32-byte HMAC by which equal values are found without being stored."""
    return hmac.digest(_derive(key, purpose), value.encode(), hashlib.sha256)


def parse_key(text: str) -> bytes:
    """Decode one base64 key of 32 bytes; `ValueError` says what is wrong."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def parse_ring(text: str) -> Ring:
    """Decode `name:base64,name:base64`; `ValueError` says what is wrong."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, colon, encoded = part.partition(":")
        if not colon or not name.isalnum() or not name.isascii():
            raise ValueError("needs the form name:base64key, names of letters and digits")
        keys[name] = parse_key(encoded)
    if not keys:
        raise ValueError("holds no key")
    return Ring(keys)
