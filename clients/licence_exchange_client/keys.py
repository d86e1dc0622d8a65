"""The system's own key: it shows with it who it is (RFC 7523), and signs its calls (RFC 9421)."""

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ED25519
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

# What is signed holds so many seconds: enough for the way, too little for whoever finds it.
_HOLDS = 120
_KINDS: dict[str, tuple[type[ECKey | OKPKey], str, Any]] = {
    "EC": (ECKey, "ES256", ECDSA_P256_SHA256),
    "OKP": (OKPKey, "Ed25519", ED25519),
}


class PrivateKey(HTTPSignatureKeyResolver):
    """A private key as a JWK of P-256 or Ed25519; register its public part with the platform.

    `kid` is the id under which it is registered: the key's own, or else its thumbprint (RFC 7638).
    """

    def __init__(self, jwk: dict[str, Any]) -> None:
        kind, self._algorithm, self._signing = _KINDS[jwk["kty"]]
        self._key = kind.import_key(jwk)
        self.kid = str(jwk.get("kid") or self._key.thumbprint())

    @classmethod
    def made(cls) -> Self:
        """Make a new key (P-256)."""
        return cls(ECKey.generate_key("P-256").as_dict(private=True))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a key from a file that holds its JWK."""
        return cls(json.loads(Path(path).read_text("utf-8")))

    def public(self) -> dict[str, Any]:
        """Return the public part, to be registered."""
        return {**self._key.as_dict(private=False), "kid": self.kid}

    def private(self) -> dict[str, Any]:
        """Return the whole key, to be kept where nobody else reads it."""
        return {**self._key.as_dict(private=True), "kid": self.kid}

    def assertion(self, client_id: str, audience: str) -> str:
        """Return a signed assertion that the client is who it says, to be shown once."""
        now = int(time.time())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "iat": now,
            "exp": now + _HOLDS,
            "jti": uuid4().hex,
        }
        return jwt.encode({"alg": self._algorithm, "kid": self.kid}, claims, self._key, algorithms=[self._algorithm])

    def sign(self, request: httpx.Request) -> None:
        """Sign a request as it stands, with a nonce of its own."""
        now = dt.datetime.now(dt.UTC)
        signer = HTTPMessageSigner(signature_algorithm=self._signing, key_resolver=self)
        signer.sign(
            request,
            key_id=self.kid,
            created=now,
            expires=now + dt.timedelta(seconds=_HOLDS),
            nonce=uuid4().hex,
            label="sig",
            covered_component_ids=("@method", "@target-uri"),
            body=request.read() or None,
        )

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ARG002 - there is this one
        """Return the key, for the library that signs."""
        return self._key.private_key
