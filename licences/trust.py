"""The trust list: departments, their keys and when these are trusted, as a file that others keep and read offline.

Pure: the same module writes it here and reads it in `licence-verify`. Its JSON is described in docs/operations.md; the
signed form is a compact JWS (RFC 7515) of that JSON, ES256, under the platform's root.
"""

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode

from foundation.keys import ES256, PublicJwk, Signer, public_jwk
from foundation.reasons import Both

VERSION = 1
TERM = dt.timedelta(days=7)
MEDIA_TYPE = "licence-trust-list+jwt"


class TrustListError(ValueError):
    """A text that is no trust list of this version, or not signed by the root it should be."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key: trusted from its making on; a retired one for what it signed before, a compromised one for nothing."""

    kid: str
    alg: str
    jwk: PublicJwk
    x5c: tuple[str, ...]
    trusted_from: dt.datetime
    retired_at: dt.datetime | None = None
    compromised_at: dt.datetime | None = None
    issuer: str = ""

    @property
    def trusted(self) -> bool:
        """Whether anything that it signed is trusted."""
        return self.compromised_at is None

    def may_have_signed(self, at: dt.datetime) -> bool:
        """Say whether what says it was signed at `at` is to be trusted.

        The making of the key is no bound: a licence that was taken in from paper bears the day of its first issue.
        """
        return self.trusted and (self.retired_at is None or at <= self.retired_at)

    def as_json(self) -> dict[str, Any]:
        """Return the key as the list writes it."""
        return {
            "kid": self.kid,
            "alg": self.alg,
            "jwk": self.jwk,
            "x5c": list(self.x5c),
            "trusted_from": _written(self.trusted_from),
            "retired_at": _written(self.retired_at),
            "compromised_at": _written(self.compromised_at),
        }


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """A department with its keys; `issuer` is what its credentials name as their issuer."""

    issuer: str
    code: str
    name: Both
    uscc: str
    keys: tuple[TrustedKey, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the department as the list writes it."""
        return {
            "issuer": self.issuer,
            "code": self.code,
            "name": {"zh": self.name.zh, "en": self.name.en},
            "uscc": self.uscc,
            "keys": [key.as_json() for key in self.keys],
        }


@dataclass(frozen=True)
class TrustList:
    """The whole list; `root` is the platform's root certificate (DER), under which the list itself is signed."""

    issuer: str
    issued_at: dt.datetime
    expires_at: dt.datetime
    root: bytes
    departments: tuple[TrustedIssuer, ...]

    @cached_property
    def _keys(self) -> dict[str, TrustedKey]:
        return {key.kid: key for department in self.departments for key in department.keys}

    def key(self, kid: str) -> TrustedKey | None:
        """Return the key with this id, trusted or not."""
        return self._keys.get(kid)

    def is_current(self, at: dt.datetime) -> bool:
        """Say whether the list may still be relied on; an older one no longer tells which keys were compromised."""
        return at < self.expires_at

    def as_json(self) -> dict[str, Any]:
        """Return the list as its file writes it."""
        return {
            "version": VERSION,
            "issuer": self.issuer,
            "issued_at": _written(self.issued_at),
            "expires_at": _written(self.expires_at),
            "root": base64.b64encode(self.root).decode(),
            "departments": [department.as_json() for department in self.departments],
        }


def _written(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


# --- Reading -----------------------------------------------------------------------------------------------------


def parse_trust_list(given: Mapping[str, Any] | str) -> TrustList:
    """Return the list from its JSON, parsed or as text; `TrustListError` says what is wrong with it.

    Nothing tells here who wrote it: that is for `open_trust_list`, or for whoever keeps the file.
    """
    try:
        return _list(json.loads(given) if isinstance(given, str) else given)
    except TrustListError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise TrustListError(f"this is no trust list: {type(error).__name__} {error}") from error


def _list(read: Mapping[str, Any]) -> TrustList:
    if read["version"] != VERSION:
        raise TrustListError(f"the trust list has the version {read['version']}, which is not {VERSION}")
    departments = tuple(map(_department, read["departments"]))
    keys = [key.kid for department in departments for key in department.keys]
    if len(set(keys)) != len(keys):
        raise TrustListError("the trust list names a key twice")
    return TrustList(
        issuer=str(read["issuer"]),
        issued_at=_instant(read["issued_at"]),
        expires_at=_instant(read["expires_at"]),
        root=base64.b64decode(read["root"], validate=True),
        departments=departments,
    )


def _department(read: Mapping[str, Any]) -> TrustedIssuer:
    name = read["name"]
    issuer = str(read["issuer"])
    keys = tuple(_key(key, issuer) for key in read["keys"])
    return TrustedIssuer(issuer, str(read["code"]), Both(str(name["zh"]), str(name["en"])), str(read["uscc"]), keys)


def _key(read: Mapping[str, Any], issuer: str) -> TrustedKey:
    jwk = dict(read["jwk"])
    if "d" in jwk or jwk["kid"] != read["kid"] or jwk["alg"] != read["alg"]:
        raise TrustListError(f"the key {read['kid']} is not the public key that it is listed as")
    return TrustedKey(
        kid=str(read["kid"]),
        alg=str(read["alg"]),
        jwk=jwk,
        x5c=tuple(map(str, read["x5c"])),
        trusted_from=_instant(read["trusted_from"]),
        retired_at=_instant(read["retired_at"]) if read["retired_at"] else None,
        compromised_at=_instant(read["compromised_at"]) if read["compromised_at"] else None,
        issuer=issuer,
    )


def _instant(text: str) -> dt.datetime:
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise TrustListError(f"the time {text} lacks its zone")
    return at


# --- Signing -----------------------------------------------------------------------------------------------------


def sign_trust_list(trusted: TrustList, signer: Signer) -> str:
    """Return the list as a compact JWS."""
    header = {"alg": signer.algorithm, "typ": MEDIA_TYPE, "kid": signer.key_id}
    parts = (
        _encoded(json.dumps(part, ensure_ascii=False, separators=(",", ":"))) for part in (header, trusted.as_json())
    )
    signing_input = ".".join(parts)
    return f"{signing_input}.{urlsafe_b64encode(signer.sign(signing_input.encode())).decode()}"


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


class _Registry(jws.JWSRegistry):
    max_payload_length = 64 * 1024 * 1024  # joserfc's own 128 kB hold the keys of some fifty departments only


_REGISTRY = _Registry(algorithms=[ES256])


def open_trust_list(token: str, root: bytes) -> TrustList:
    """Return the list from its signed form; `TrustListError` where the known root (DER) did not sign it."""
    try:
        key = x509.load_der_x509_certificate(root).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TrustListError("the root's key is not an elliptic-curve key")
        signed = jws.deserialize_compact(token.strip(), ECKey.import_key(public_jwk(key)), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise TrustListError(f"the trust list is not signed by this root: {error}") from error
    if signed.headers().get("typ") != MEDIA_TYPE:
        raise TrustListError(f"the signed text is not of the type {MEDIA_TYPE}")
    listed = parse_trust_list(signed.payload.decode())
    if listed.root != root:
        raise TrustListError("the trust list names another root")
    return listed
