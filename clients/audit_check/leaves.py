"""What an entry says: its leaf is JSON (RFC 8785) of version 1, with personal values only as salted commitments."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

VERSION = 1


class LeafError(Exception):
    """The bytes are in the log, but no entry that this version can read."""


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """Return the values of an entry; raises `LeafError`."""
    try:
        values = json.loads(leaf)
    except (ValueError, RecursionError) as error:
        raise LeafError("the entry is no JSON") from error
    if not isinstance(values, dict) or values.get("v") != VERSION:
        raise LeafError("the entry is of no version that is known here")
    return values


def commitments(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the commitments in an entry by the names of the values behind them."""
    found = values.get("personal")
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def opens(digest: str, *, salt: bytes, name: str, value: str) -> bool:
    """Return whether a value is behind a commitment: hex SHA-256 over salt, name, a zero byte and the value."""
    data = salt + name.encode() + b"\0" + value.encode()
    return hmac.compare_digest(hashlib.sha256(data).hexdigest(), digest)
