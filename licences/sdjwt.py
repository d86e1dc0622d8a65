"""SD-JWT VC (RFC 9901, `dc+sd-jwt`): issued, presented and verified, every claim of the licence hidden until disclosed.

Pure: claims and keys in and out. What may sign is a `Signer`; what signatures are accepted, `licences.jws` says.
"""

import binascii
import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from foundation.keys import PublicJwk, Signer
from licences import jws
from licences.jws import CredentialError as CredentialError

MEDIA_TYPE = "dc+sd-jwt"
BINDING_TYPE = "kb+jwt"
SALT_BYTES = 16
# How far the clocks of a holder's and a verifier's machine may be apart.
LEEWAY = dt.timedelta(minutes=1)
_from_json = json.JSONDecoder().decode
_RESERVED = frozenset({"_sd", "_sd_alg", "..."})
# What a verifier must always see (SD-JWT VC section 2.2.2.2), so that none hides when a credential ends.
_ALWAYS_PLAIN = _RESERVED | {"iss", "nbf", "exp", "cnf", "vct", "status"}


@dataclass(frozen=True, slots=True)
class Credential:
    """The issuer-signed JWT and its disclosures; as text `jwt~disclosure~…~`."""

    jwt: str
    disclosures: tuple[str, ...]

    def __str__(self) -> str:
        return "~".join((self.jwt, *self.disclosures, ""))


@dataclass(frozen=True, slots=True)
class Presentation:
    """A credential and the key-binding JWT by which its holder presents it; "" where there is none."""

    credential: Credential
    binding: str

    def __str__(self) -> str:
        return f"{self.credential}{self.binding}"


def _digest(disclosure: str) -> str:
    return jws.encode(hashlib.sha256(disclosure.encode()).digest())


def issue(
    *, plain: Mapping[str, Any], disclosable: Mapping[str, Any], signer: Signer, holder_key: PublicJwk | None = None
) -> Credential:
    """Sign a credential: `plain` claims stay readable, each `disclosable` one hides behind a salted digest.

    With `holder_key` it is bound to that key (`cnf`): whoever presents it can be asked to prove that they hold it.
    """
    if not _ALWAYS_PLAIN.isdisjoint(disclosable) or not _RESERVED.isdisjoint(plain):
        raise ValueError("a claim has a reserved name, or must not be hidden")
    # All salts at once, and each array by hand: this runs for every claim of every licence of a batch.
    salts, width, to_json = secrets.token_bytes(SALT_BYTES * len(disclosable)), SALT_BYTES, jws.to_json
    disclosures = tuple(
        jws.encode(f'["{jws.encode(salts[n * width : (n + 1) * width])}",{to_json(name)},{to_json(value)}]'.encode())
        for n, (name, value) in enumerate(disclosable.items())
    )
    # Sorted, so that the order of digests tells nothing of the order of claims (RFC 9901 section 4.2.4.1).
    payload = {**plain, "_sd": sorted(map(_digest, disclosures)), "_sd_alg": "sha-256"}
    if holder_key:
        payload["cnf"] = {"jwk": {name: holder_key[name] for name in ("kty", "crv", "x", "y")}}
    return Credential(jws.sign(payload, typ=MEDIA_TYPE, signer=signer), disclosures)


def parse(text: str) -> Credential:
    """Split `jwt~disclosure~…~`; a key-binding JWT after the last tilde is not accepted here."""
    presentation = parse_presentation(text)
    if presentation.binding:
        raise CredentialError("a credential ends in a tilde", "credential_malformed")
    return presentation.credential


def parse_presentation(text: str) -> Presentation:
    """Split `jwt~disclosure~…~`, with or without a key-binding JWT after the last tilde."""
    jwt, *rest = text.split("~")
    if not rest:
        raise CredentialError("neither a credential nor a presentation: there is no tilde", "credential_malformed")
    return Presentation(Credential(jwt, tuple(rest[:-1])), rest[-1])


def select(credential: Credential, names: Collection[str]) -> Credential:
    """Return a credential such as `issue` makes with the disclosures of these claims only; each must be there."""
    found = {_open(disclosure, 3)[1]: disclosure for disclosure in credential.disclosures}
    if missing := set(names) - found.keys():
        raise CredentialError(f"there is nothing to disclose for {sorted(missing)}", "disclosure_missing")
    return Credential(credential.jwt, tuple(disclosure for name, disclosure in found.items() if name in names))


def present(
    credential: Credential, names: Collection[str], *, signer: Signer, audience: str, nonce: str, at: dt.datetime
) -> Presentation:
    """Present these claims to `audience`, in answer to its `nonce`; `signer` holds the key that `cnf` names."""
    shown = select(credential, names)
    binding = {"iat": int(at.timestamp()), "aud": audience, "nonce": nonce, "sd_hash": _digest(str(shown))}
    return Presentation(shown, jws.sign(binding, typ=BINDING_TYPE, signer=signer))


def verify(credential: Credential, key: PublicJwk, *, required: Iterable[str] = ()) -> dict[str, Any]:
    """Return the claims, disclosed ones included, or raise `CredentialError` (RFC 9901 section 7.1).

    `required` claims must be there. Whether the time is right, `check_times` says.
    """
    claims = jws.verify(credential.jwt, key, typ=MEDIA_TYPE)
    if claims.pop("_sd_alg", "sha-256") != "sha-256":
        raise CredentialError("the credential's digests are not SHA-256", "digest_algorithm_refused")
    disclosures = _Disclosures(credential.disclosures)
    try:
        claims = disclosures.unpack(claims)
    except RecursionError as error:
        raise CredentialError("the credential is nested too deeply", "credential_malformed") from error
    if disclosures.left:
        raise CredentialError("a disclosure is not the issuer's", "disclosure_foreign")
    if missing := [name for name in required if name not in claims]:
        raise CredentialError(f"not disclosed: {missing}", "disclosure_missing")
    return claims


def split_claims(credential: Credential, key: PublicJwk) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verify as `verify` does; return the claims that everybody reads, and those that were disclosed."""
    claims = verify(credential, key)
    _, payload = jws.unverified(credential.jwt)
    plain = {name: value for name, value in claims.items() if name in payload}
    return plain, {name: value for name, value in claims.items() if name not in plain}


def verify_presentation(
    presentation: Presentation,
    key: PublicJwk,
    *,
    audience: str,
    nonce: str,
    at: dt.datetime,
    max_age: dt.timedelta = dt.timedelta(minutes=5),
    required: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the claims of a credential that its holder presents to `audience` for `nonce` (RFC 9901 section 7.3).

    `key` is the issuer's. The holder's proof may be `max_age` old.
    """
    claims = verify(presentation.credential, key, required=required)
    binding = _binding(presentation, claims)
    if binding.get("aud") != audience:
        raise CredentialError("presented to someone else", "binding_audience")
    if binding.get("nonce") != nonce:
        raise CredentialError("presented in answer to another request", "binding_replayed")
    made = jws.instant(binding, "iat")
    if made is None or not at - max_age <= made <= at + LEEWAY:
        raise CredentialError("presented too long ago, or in the future", "binding_stale")
    if binding.get("sd_hash") != _digest(str(presentation.credential)):
        raise CredentialError("the proof covers other disclosures", "binding_altered")
    return claims


def _binding(presentation: Presentation, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims of the key-binding JWT once the holder's signature on it holds."""
    confirmation = claims.get("cnf")
    holder_key = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    if not presentation.binding or not isinstance(holder_key, dict):
        raise CredentialError("there is no proof, or no key to prove", "binding_missing")
    try:
        return jws.verify(presentation.binding, holder_key, typ=BINDING_TYPE)
    except CredentialError as error:
        if error.reason in ("signature_invalid", "key_not_trusted"):
            raise CredentialError("the proof is not signed by the holder", "binding_foreign") from error
        raise


def check_times(claims: Mapping[str, Any], at: dt.datetime) -> None:
    """Raise `CredentialError` where `at` is before `nbf`, or not before `exp` (RFC 7519 section 4.1)."""
    begins, ends = jws.instant(claims, "nbf"), jws.instant(claims, "exp")
    if begins and at < begins:
        raise CredentialError("not valid yet", "not_yet_valid")
    if ends and at >= ends:
        raise CredentialError("no longer valid", "expired")


class _Disclosures:
    """Disclosures by digest, each taken where its digest stands; `left` are those whose digest stood nowhere."""

    def __init__(self, disclosures: Collection[str]) -> None:
        self.left = {_digest(disclosure): disclosure for disclosure in disclosures}
        if len(self.left) != len(disclosures):
            raise CredentialError("a disclosure is given twice", "disclosure_doubled")
        self._seen: set[str] = set()

    def unpack(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """Return an object with what is disclosed in it, at any depth."""
        found = {name: self._inside(value) for name, value in node.items() if name != "_sd"}
        for digest in self._digests(node):
            if disclosure := self._take(digest):
                _, name, value = _open(disclosure, 3)
                if name in _ALWAYS_PLAIN:
                    raise CredentialError(f"{name} must not be disclosed", "disclosure_reserved")
                if name in found:
                    raise CredentialError(f"{name} is disclosed twice", "disclosure_doubled")
                found[name] = self._inside(value)
        return found

    def _inside(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.unpack(value)
        if isinstance(value, list):
            return [item for found in value for item in self._item(found)]
        return value

    def _item(self, item: Any) -> list[Any]:
        """Return an item of an array: itself, what it stands for, or nothing where that is not disclosed."""
        if not isinstance(item, dict) or item.keys() != {"..."}:
            return [self._inside(item)]
        disclosure = self._take(item["..."])
        return [self._inside(_open(disclosure, 2)[1])] if disclosure else []

    @staticmethod
    def _digests(node: Mapping[str, Any]) -> list[Any]:
        digests = node.get("_sd", [])
        if not isinstance(digests, list):
            raise CredentialError("the digests are no array", "credential_malformed")
        return digests

    def _take(self, digest: Any) -> str | None:
        if not isinstance(digest, str):
            raise CredentialError("a digest is no text", "credential_malformed")
        if digest in self._seen:
            raise CredentialError("the credential names a digest twice", "digest_doubled")
        self._seen.add(digest)
        return self.left.pop(digest, None)


def _open(disclosure: str, parts: int) -> list[Any]:
    """Return salt, name and value of a claim (3 parts), or salt and value of an array's item (2)."""
    try:
        # Whatever spelling the issuer's digest covers is read, padded or not.
        data = binascii.a2b_base64(disclosure.replace("-", "+").replace("_", "/") + "==")
        opened = _from_json(data.decode())
    except (ValueError, RecursionError) as error:
        raise CredentialError("a disclosure is malformed", "disclosure_malformed") from error
    if not isinstance(opened, list) or len(opened) != parts or not isinstance(opened[-2], str):
        raise CredentialError("a disclosure is malformed", "disclosure_malformed")
    return opened
