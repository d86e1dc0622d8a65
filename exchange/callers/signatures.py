"""Signed calls (RFC 9421): what a system's signature must cover, and that it is used once.

It covers `@method`, `@target-uri` and, where there is a body, `content-digest` (RFC 9530), and carries `created`,
`expires` at most five minutes later, `nonce` and `keyid`. Exactly one signature, so that nobody asks which one counts.
The library computes what was signed; what must be signed is decided here.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import http_sf
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ED25519

from exchange.callers.errors import CallerRefused
from exchange.callers.keys import key_of, loaded
from exchange.callers.replays import use_once

if TYPE_CHECKING:
    from registry.models import Client

LONGEST = dt.timedelta(minutes=5)
SKEW = dt.timedelta(seconds=30)
"""How far a system's clock may be from ours."""
_ALGORITHMS = {"ES256": ECDSA_P256_SHA256, "Ed25519": ED25519}
_COVERED = ("@method", "@target-uri")
_PARAMETERS = ("created", "expires", "nonce", "keyid")


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came: `url` is the whole address, `headers` by name."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class _One(HTTPSignatureKeyResolver):
    def __init__(self, key: Any) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:  # noqa: ARG002 - the key was found by it before
        return self._key


class _Verifier(HTTPMessageVerifier):
    """Leaves the times to us, who have looked at them by our own clock before."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Look at nothing."""


def is_signed(headers: Mapping[str, str]) -> bool:
    """Say whether a request bears a signature, well or badly formed."""
    return "Signature" in headers or "Signature-Input" in headers


def check_signature(message: Message, *, client: "Client", at: dt.datetime) -> None:
    """Raise `CallerRefused` unless the client signed this very request, just now and for the first time.

    Its nonce is remembered in the transaction that runs, only where all else holds: nobody else can use it up.
    """
    covered, parameters = _read(message)
    _check_parts(message, covered, parameters)
    expires = _check_times(parameters, at)
    key = key_of(client, parameters["keyid"], at)
    algorithm = _ALGORITHMS[key.algorithm]
    if parameters.get("alg", algorithm.algorithm_id) != algorithm.algorithm_id:
        raise CallerRefused("client_algorithm_refused")
    try:
        verifier = _Verifier(signature_algorithm=algorithm, key_resolver=_One(loaded(key).public_key))
        verifier.verify(message, max_age=None)
    except HTTPMessageSignaturesException as error:
        raise CallerRefused("signature_wrong") from error
    if "content-digest" in covered:
        _check_digest(message)
    if not use_once(client.pk, "signature", parameters["nonce"], until=expires + SKEW):
        raise CallerRefused("signature_replayed")


def _read(message: Message) -> tuple[list[str], dict[str, Any]]:
    """Return the components that the one signature covers, and its parameters."""
    try:
        given = message.headers.get("Signature-Input", "").encode("ascii")
        inputs: Any = http_sf.parse(given, tltype="dictionary")
        ((items, parameters),) = inputs.values()
        covered = [(name, dict(modifiers)) for name, modifiers in items]
    except (ValueError, TypeError) as error:
        raise CallerRefused("signature_malformed") from error
    # Modifiers (`key`, `bs`, `req` …) take another value than the whole: what counts must be covered without any.
    return [name for name, modifiers in covered if not modifiers], dict(parameters)


def _check_parts(message: Message, covered: list[str], parameters: Mapping[str, Any]) -> None:
    digest = ("content-digest",) if message.body or "Content-Digest" in message.headers else ()
    lacking = [name for name in (*_COVERED, *digest) if name not in covered]
    lacking += [name for name in _PARAMETERS if name not in parameters]
    if lacking:
        raise CallerRefused("signature_incomplete", parts=", ".join(lacking))
    nonce = parameters["nonce"]
    if not isinstance(nonce, str) or not 16 <= len(nonce) <= 200:
        raise CallerRefused("signature_malformed")


def _check_times(parameters: Mapping[str, Any], at: dt.datetime) -> dt.datetime:
    """Return when the signature ends."""
    created, expires = parameters["created"], parameters["expires"]
    if type(created) is not int or type(expires) is not int:
        raise CallerRefused("signature_malformed")
    at_s, skew, longest = at.timestamp(), SKEW.total_seconds(), LONGEST.total_seconds()
    if created > at_s + skew or expires < at_s - skew or not created <= expires <= created + longest:
        raise CallerRefused("signature_stale", seconds_most=str(int(longest)))
    return dt.datetime.fromtimestamp(expires, dt.UTC)


def _check_digest(message: Message) -> None:
    try:
        ContentDigest.verify(message.headers["Content-Digest"], message.body)
    except (InvalidSignature, HTTPMessageSignaturesException) as error:
        raise CallerRefused("digest_wrong") from error
