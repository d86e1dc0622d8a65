"""SD-JWT VC (RFC 9901, `dc+sd-jwt`): issuing and verifying, with every claim of the licence selectively disclosable.

Pure: bytes, claims and keys in and out. The signature is checked by joserfc; what may sign is a `Signer`.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from foundation.keys import PublicJwk, Signer
from licences.jws import CredentialError as CredentialError

MEDIA_TYPE = "dc+sd-jwt"
ALGORITHMS = ("ES256",)
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Credential:
    """The issuer-signed JWT and its disclosures; as text `jwt~disclosure~…~`."""

    jwt: str
    disclosures: tuple[str, ...]

    def __str__(self) -> str:
        return "~".join((self.jwt, *self.disclosures, ""))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _digest(disclosure: str) -> str:
    return _encode(hashlib.sha256(disclosure.encode()).digest())


def issue(*, plain: Mapping[str, Any], disclosable: Mapping[str, Any], signer: Signer) -> Credential:
    """Sign a credential: `plain` claims stay readable, each `disclosable` one hides behind a salted digest."""
    disclosures = tuple(
        _encode(_json([_encode(secrets.token_bytes(SALT_BYTES)), name, value])) for name, value in disclosable.items()
    )
    # Sorted, so that the order of digests tells nothing of the order of claims (RFC 9901 section 4.2.4.1).
    payload = {**plain, "_sd": sorted(map(_digest, disclosures)), "_sd_alg": "sha-256"}
    header = {"alg": signer.algorithm, "typ": MEDIA_TYPE, "kid": signer.key_id}
    signing_input = f"{_encode(_json(header))}.{_encode(_json(payload))}"
    return Credential(f"{signing_input}.{_encode(signer.sign(signing_input.encode()))}", disclosures)


def parse(text: str) -> Credential:
    """Split `jwt~disclosure~…~`; a key-binding JWT after the last tilde is not accepted here."""
    jwt, *rest = text.split("~")
    if not rest or rest[-1]:
        raise CredentialError("a credential ends in a tilde")
    return Credential(jwt, tuple(rest[:-1]))


def verify(credential: Credential, key: PublicJwk) -> dict[str, Any]:
    """Return the claims, disclosed ones included, or raise `CredentialError` (RFC 9901 section 7.1)."""
    try:
        signed = jws.deserialize_compact(credential.jwt, ECKey.import_key(key), algorithms=list(ALGORITHMS))
        claims = json.loads(signed.payload)
    except (JoseError, ValueError) as error:
        raise CredentialError(str(error)) from error
    if signed.headers().get("typ") != MEDIA_TYPE:
        raise CredentialError(f"the credential's typ is not {MEDIA_TYPE}")
    if not isinstance(claims, dict) or claims.pop("_sd_alg", "sha-256") != "sha-256":
        raise CredentialError("the credential's digests are not SHA-256")
    digests = claims.pop("_sd", [])
    if len(set(digests)) != len(digests):
        raise CredentialError("the credential names a digest twice")
    return claims | _disclosed(credential.disclosures, set(digests), claims)


def _disclosed(disclosures: Iterable[str], digests: set[str], claims: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for disclosure in disclosures:
        digest = _digest(disclosure)
        if digest not in digests:
            raise CredentialError("a disclosure is not the issuer's, or is given twice")
        digests.discard(digest)
        name, value = _open(disclosure)
        if name in ("_sd", "...") or name in claims or name in found:
            raise CredentialError(f"the claim {name} is disclosed twice or reserved")
        found[name] = value
    return found


def _open(disclosure: str) -> tuple[str, Any]:
    try:
        _, name, value = json.loads(base64.urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))
    except (TypeError, ValueError) as error:
        raise CredentialError("a disclosure is malformed") from error
    if not isinstance(name, str):
        raise CredentialError("a disclosure names no claim")
    return name, value
