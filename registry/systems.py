"""Keeping departments' systems: secrets rotate with an overlap, public keys come and go, and a system ends at once."""

import datetime as dt
import secrets
from typing import Any

from django.db import transaction
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import Actor
from registry.errors import ClientRefused
from registry.models import Client, ClientKey

LONGEST_OVERLAP = dt.timedelta(days=30)
_KINDS = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "Ed25519"}
ALGORITHMS = tuple(_KINDS.values())
# Members that make a key a private one, or a shared secret (RFC 7518 section 6).
_PRIVATE = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})


@transaction.atomic
def rotate_secret(client: Client, *, actor: Actor, overlap: dt.timedelta, at: dt.datetime | None = None) -> str:
    """Give the client a new secret and return it; the present one holds beside it for `overlap`, 30 days at most.

    A secret before the present one ends at once: no more than two hold. Without an overlap (the secret leaked) the
    client's tokens end too, since whoever has the secret may have got one.
    """
    at = at or now()
    client = _in_use(client)
    if not dt.timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ClientRefused("overlap_too_long", field="days", days=str(LONGEST_OVERLAP.days))
    secret = secrets.token_urlsafe(32)
    until = at + overlap if overlap else None
    client.former_secret, client.former_secret_until = (client.client_secret, until) if until else ("", None)
    client.client_secret = secret
    client.save(update_fields=["client_secret", "former_secret", "former_secret_until"])
    if until is None:
        client.end_tokens()
    _note("rotate_secret", client, actor, at, [f"until={until:%Y-%m-%dT%H:%M:%SZ}" if until else "at_once"])
    return secret


@transaction.atomic
def deactivate_client(client: Client, *, actor: Actor, at: dt.datetime | None = None) -> None:
    """End a client for good, with its tokens, secrets and keys: from this moment no call of it is answered."""
    at = at or now()
    client = _in_use(client)
    client.active, client.former_secret, client.former_secret_until = False, "", None
    client.save(update_fields=["active", "former_secret", "former_secret_until"])
    client.end_tokens()
    client.keys.filter(until=None).update(until=at)
    _note("deactivate_client", client, actor, at)


@transaction.atomic
def change_client(
    client: Client,
    *,
    actor: Actor,
    must_sign: bool | None = None,
    rate: int | None = None,
    at: dt.datetime | None = None,
) -> None:
    """Say whether the client must sign its calls, and how many a second are agreed with it; None leaves either.

    A rate of 0 is no limit of its own; those of its department and of types hold all the same.
    """
    at = at or now()
    client = _in_use(client)
    client.must_sign = client.must_sign if must_sign is None else must_sign
    client.rate = client.rate if rate is None else rate
    client.save(update_fields=["must_sign", "rate"])
    told = [f"must_sign={client.must_sign}".lower(), f"rate={'' if client.rate is None else client.rate}"]
    _note("change_client", client, actor, at, told)


@transaction.atomic
def add_client_key(
    client: Client, jwk: object, *, actor: Actor, until: dt.datetime | None = None, at: dt.datetime | None = None
) -> ClientKey:
    """Register a public key (JWK, RFC 7517) of the client, in force from now until `until`.

    `kid` is the key's own, or else its thumbprint (RFC 7638). The algorithm follows from the kind of key.
    """
    at = at or now()
    client = _in_use(client)
    public, algorithm = _public(jwk)
    if until is not None and until <= at:
        raise ClientRefused("until_not_future", field="until")
    if client.keys.filter(kid=public["kid"]).exists():
        raise ClientRefused("client_key_present", field="jwk", kid=public["kid"])
    key = ClientKey.objects.create(
        client=client, kid=public["kid"], algorithm=algorithm, jwk=public, since=at, until=until
    )
    _note("add_client_key", client, actor, at, [key.kid, algorithm])
    return key


@transaction.atomic
def end_client_key(client: Client, kid: str, *, actor: Actor, at: dt.datetime | None = None) -> None:
    """End a key at once: nothing that it signs is believed any more. Its id is not used again."""
    at = at or now()
    client = _in_use(client)
    key = client.keys.filter(kid=kid).first()
    if key is None or (key.until is not None and key.until <= at):
        raise ClientRefused("client_key_not_found")
    key.until = at
    key.save(update_fields=["until"])
    _note("end_client_key", client, actor, at, [kid])


def _in_use(client: Client) -> Client:
    locked = Client.objects.select_for_update().get(pk=client.pk)
    if not locked.active:
        raise ClientRefused("client_deactivated")
    return locked


def _note(action: str, client: Client, actor: Actor, at: dt.datetime, fields: list[str] | None = None) -> None:
    subject = Subject("client", str(client.pk))
    record(action=action, actor=actor, subject=subject, outcome="done", fields=fields or [], at=at)


def _public(jwk: object) -> tuple[dict[str, Any], str]:
    """Return the members of a public key that are kept, and its algorithm."""
    if not isinstance(jwk, dict) or _PRIVATE & jwk.keys():
        raise _malformed()
    algorithm = _KINDS.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    stated = {algorithm, "EdDSA"} if algorithm == "Ed25519" else {algorithm}
    if algorithm is None or jwk.get("alg", algorithm) not in stated or jwk.get("use", "sig") != "sig":
        raise ClientRefused("client_key_weak", field="jwk", algorithms=", ".join(ALGORITHMS))
    members = {name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk}
    try:
        key = (ECKey if algorithm == "ES256" else OKPKey).import_key(members)
        # Only now the point is looked at, which may lie on no curve.
        kid = jwk.get("kid") or key.thumbprint() if key.public_key else None
    except (JoseError, ValueError, TypeError) as error:
        raise _malformed() from error
    if not isinstance(kid, str) or not (kid.isascii() and kid.isprintable() and len(kid) <= 120):
        raise _malformed()
    return {**members, "kid": kid}, algorithm


def _malformed() -> ClientRefused:
    return ClientRefused("client_key_malformed", field="jwk", format="JWK")
