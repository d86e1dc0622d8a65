"""`private_key_jwt`: a system shows who it is by a signed assertion instead of a secret (RFC 7523 section 3).

Claims: `iss` and `sub` are the client's id, `aud` the platform's address or that of its token endpoint, alone; `exp` at
most five minutes ahead; `jti` is taken once. The header names the key by `kid`. The algorithm is that of the registered
key: what the header says can only contradict it, so that neither `none` nor a public key taken for a secret gets in.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from joserfc import jws
from joserfc.errors import JoseError

from exchange.callers.errors import CallerRefused
from exchange.callers.keys import key_of, loaded
from exchange.callers.replays import use_once
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Client

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = dt.timedelta(minutes=5)
SKEW = dt.timedelta(seconds=30)
"""How far a system's clock may be from ours."""
_LENGTH = 8_000
_CLAIMS = ("iss", "sub", "aud", "exp", "jti")


@dataclass(frozen=True, slots=True)
class _Read:
    """What an assertion says, before anything of it is believed."""

    token: jws.CompactSignature
    header: dict[str, Any]
    claims: dict[str, Any]


def audiences() -> tuple[str, str]:
    """Return for whom an assertion may be made: the platform, or its token endpoint."""
    return settings.PUBLIC_URL, f"{settings.PUBLIC_URL}/oauth/token/"


def client_of_assertion(assertion: str, *, client_id: str, at: dt.datetime) -> "Client":
    """Return the client that made the assertion, or raise `CallerRefused`; `client_id` is the form's, if it had one.

    Its use is remembered in the transaction that runs.
    """
    read = _read(assertion)
    issuer = read.claims.get("iss")
    client = registry.client_by_id(issuer) if isinstance(issuer, str) and issuer.isprintable() else None
    if client is None or client_id not in ("", issuer):
        raise CallerRefused("client_key_unknown")
    key = key_of(client, read.header.get("kid"), at)
    names = ["Ed25519", "EdDSA"] if key.algorithm == "Ed25519" else [key.algorithm]
    if read.header.get("alg") not in names:
        raise CallerRefused("client_algorithm_refused")
    try:
        holds = jws.validate_compact(read.token, loaded(key), algorithms=names)
    except (JoseError, ValueError) as error:
        raise _malformed() from error
    if not holds:
        raise CallerRefused("assertion_wrong")
    ends = _checked(read.claims, at)
    if not use_once(client.pk, "assertion", read.claims["jti"], until=ends + SKEW):
        raise CallerRefused("assertion_replayed")
    return client


def _read(assertion: str) -> _Read:
    if len(assertion) > _LENGTH or not assertion.isascii():
        raise _malformed()
    try:
        token = jws.extract_compact(assertion.encode())
        claims = json.loads(token.payload)
    except (JoseError, ValueError, RecursionError) as error:
        raise _malformed() from error
    header = token.headers()
    if not isinstance(claims, dict) or not isinstance(header, dict):
        raise _malformed()
    return _Read(token, header, claims)


def _checked(claims: dict[str, Any], at: dt.datetime) -> dt.datetime:
    """Return when the assertion ends."""
    audience, jti = claims.get("aud"), claims.get("jti")
    expires: Any = claims.get("exp")
    if not isinstance(jti, str) or not 0 < len(jti) <= 200 or not audience or claims["iss"] != claims.get("sub"):
        raise _malformed()
    # One alone: an assertion made for two could be shown by the one to the other.
    if (audience[0] if isinstance(audience, list) and len(audience) == 1 else audience) not in audiences():
        raise CallerRefused("assertion_audience", audience=audiences()[0])
    times = [claims[name] for name in ("nbf", "iat") if name in claims]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in (expires, *times)):
        raise _malformed()
    soon, late = at.timestamp() + SKEW.total_seconds(), at.timestamp() - SKEW.total_seconds()
    if any(value > soon for value in times) or not late < expires <= soon + LONGEST.total_seconds():
        raise CallerRefused("assertion_stale", seconds_most=str(int(LONGEST.total_seconds())))
    return dt.datetime.fromtimestamp(expires, dt.UTC)


def _malformed() -> CallerRefused:
    return CallerRefused("assertion_malformed", claims=", ".join(_CLAIMS))
