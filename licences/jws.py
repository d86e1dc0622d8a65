"""Signed JSON (compact JWS, RFC 7515): one policy of algorithms for credentials, proofs and lists. Pure."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from foundation.keys import PublicJwk, Signer
from foundation.reasons import Refused
from foundation.signatures import ALGORITHMS, is_signed

_URL_SAFE = bytes.maketrans(b"+/", b"-_")

to_json: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class CredentialError(Exception):
    """Something signed that does not hold; `reason` is a code of `foundation.reasons`, `detail` is for a log."""

    def __init__(self, detail: str, reason: str = "signature_invalid") -> None:
        super().__init__(detail)
        self.reason = reason


def encode(data: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    # As `base64.urlsafe_b64encode` does, without its checks: this runs three times for every claim that is issued.
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_URL_SAFE).decode()


def decode(text: str) -> bytes:
    """Return what `encode` wrote; `ValueError` for any other spelling, so that nothing signed has two."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("not the one base64url spelling of its bytes")
    return data


def check_signature(algorithm: object, key: PublicJwk, message: bytes, signature: bytes) -> None:
    """Raise `CredentialError` unless `signature` is the key's by an accepted algorithm, which must be the key's own."""
    if isinstance(algorithm, str) and algorithm.lower() == "none":
        raise CredentialError("there is no signature", "unsigned")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or key.get("alg", algorithm) != algorithm:
        raise CredentialError(f"the algorithm {algorithm!r} is not accepted", "algorithm_refused")
    # Not joserfc's own verification, which takes the key apart for each signature and costs as much again as checking
    # it (121 against 64 microseconds, when measured).
    try:
        holds = is_signed(message, signature, {**key, "alg": algorithm})
    except Refused as refused:
        raise CredentialError(str(refused), refused.grounds.code) from refused
    if not holds:
        raise CredentialError("the signature is not the key's")


def sign(payload: Mapping[str, Any], *, typ: str, signer: Signer) -> str:
    """Return the compact JWS of `payload`, its header naming type, algorithm and key."""
    message = f"{_header(signer.algorithm, typ, signer.key_id)}.{encode(to_json(payload).encode())}"
    return f"{message}.{encode(signer.sign(message.encode()))}"


@lru_cache(maxsize=1024)
def _header(algorithm: str, typ: str, key_id: str) -> str:
    return encode(to_json({"alg": algorithm, "typ": typ, "kid": key_id}).encode())


def _object(part: str) -> dict[str, Any]:
    found = json.loads(decode(part).decode())
    if not isinstance(found, dict):
        raise TypeError("not a JSON object")
    return found


def _parts(token: str) -> tuple[dict[str, Any], str, bytes]:
    """Return header, payload part and signature."""
    try:
        header, payload, signature = token.split(".")
        return _object(header), payload, decode(signature)
    except (TypeError, ValueError, RecursionError) as error:
        raise CredentialError("not a compact JWS", "credential_malformed") from error


def header_of(token: str) -> dict[str, Any]:
    """Return the header before the key is known: fit to look that key up, and for nothing else."""
    return _parts(token)[0]


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and payload before the key is known, for whoever does not rely on them."""
    header, payload, _ = _parts(token)
    try:
        return header, _object(payload)
    except (TypeError, ValueError, RecursionError) as error:
        raise CredentialError("the payload is no JSON object", "credential_malformed") from error


def verify(token: str, key: PublicJwk, *, typ: str) -> dict[str, Any]:
    """Return the signed payload, or raise `CredentialError` with its reason."""
    header, payload, signature = _parts(token)
    # RFC 7515 section 4.1.11: an extension that is not understood must be refused; none is understood here.
    if "crit" in header:
        raise CredentialError("the header names a critical extension", "credential_malformed")
    if "kid" in header and "kid" in key and header["kid"] != key["kid"]:
        raise CredentialError("the header names another key", "key_not_trusted")
    check_signature(header.get("alg"), key, token.rpartition(".")[0].encode(), signature)
    if header.get("typ") != typ:
        raise CredentialError(f"the token's typ is not {typ}", "token_kind_wrong")
    try:
        return _object(payload)
    except (TypeError, ValueError, RecursionError) as error:
        raise CredentialError("the payload is no JSON object", "credential_malformed") from error


def instant(claims: Mapping[str, Any], name: str) -> dt.datetime | None:
    """Return a time claim (RFC 7519 section 2) in UTC, or None where it is absent."""
    value = claims.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, ValueError, OSError):
        pass
    raise CredentialError(f"{name} is no time", "credential_malformed")
