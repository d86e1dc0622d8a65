"""Departments' signing keys: made in a store, opened to sign, rotated, retired.

The private half is sealed in the key's row, or it is in a PKCS#11 token and never was elsewhere.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import Actor
from foundation.ids import new_id
from foundation.keys import ES256, PublicJwk, Signer, new_private_key, software_signer
from foundation.reasons import Both
from foundation.sm2 import SM2, new_sm2_key, sm2_signer
from foundation.tokens import NOT_SET, Token, TokenSigner, TokenUnavailable
from licences.certifying import chain_for
from licences.errors import KeyKindUnknown, KeyNotFound, KeyNotInForce, NoSigningKey
from licences.models import SigningKey

SOFTWARE, PKCS11 = "software", "pkcs11"
SIGNING_KEY = "signing-key"


@lru_cache(maxsize=1)
def _token(module: str, label: str, pin: str) -> Token:
    return Token(module, label, pin)


def _the_token() -> Token:
    if not settings.PKCS11_MODULE or not settings.PKCS11_TOKEN:
        raise TokenUnavailable(NOT_SET)
    return _token(settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN)


# --- Making ------------------------------------------------------------------------------------------------------


def _sealed(made: tuple[bytes, PublicJwk]) -> SigningKey:
    private, jwk = made
    sealed = settings.SEALING_RING.seal(private, purpose=SIGNING_KEY, bound_to=jwk["kid"].encode())
    return SigningKey(store=SOFTWARE, public_jwk=jwk, private_sealed=sealed)


def _in_token() -> SigningKey:
    label = f"licence-exchange {new_id()}"
    return SigningKey(store=PKCS11, public_jwk=_the_token().make_key(label), label=label)


_MAKERS: Mapping[tuple[str, str], Callable[[], SigningKey]] = {
    (SOFTWARE, ES256): lambda: _sealed(new_private_key()),
    (SOFTWARE, SM2): lambda: _sealed(new_sm2_key()),
    (PKCS11, ES256): _in_token,
}
STORES = tuple(dict.fromkeys(store for store, _ in _MAKERS))
ALGORITHMS = tuple(dict.fromkeys(algorithm for _, algorithm in _MAKERS))


@transaction.atomic
def make_key(*, department: UUID, actor: Actor, store: str = SOFTWARE, algorithm: str = ES256) -> SigningKey:
    """Make a department's key, which signs from now on, and its certificate; the private half is sealed, or in a token.

    Raises `KeyKindUnknown`, `TokenUnavailable` or `Sm2Unavailable` where it cannot be made.
    """
    maker = _MAKERS.get((store, algorithm))
    if maker is None:
        raise KeyKindUnknown(store, algorithm)
    key = maker()
    key.department_id, key.made_at = department, now()
    key.key_id, key.algorithm = key.public_jwk["kid"], algorithm
    key.chain = chain_for(key, at=key.made_at)
    key.save(force_insert=True)
    record(action="make_key", actor=actor, subject=Subject("signing_key", key.key_id), outcome="done")
    return key


# --- Signing -----------------------------------------------------------------------------------------------------


_OPENERS: Mapping[str, Callable[[bytes], Signer]] = {ES256: software_signer, SM2: sm2_signer}


@lru_cache(maxsize=256)
def _open(key_id: str, algorithm: str, sealed: bytes) -> Signer:
    opener = _OPENERS[algorithm]
    return opener(settings.SEALING_RING.open(sealed, purpose=SIGNING_KEY, bound_to=key_id.encode()))


def _signer(key: SigningKey) -> Signer:
    """Return the signer of a key that is known to be in force."""
    if key.store == PKCS11:
        return TokenSigner(_the_token(), key.label, key.key_id)
    return _open(key.key_id, key.algorithm, bytes(key.private_sealed))


def key_in_force(department: UUID) -> SigningKey | None:
    """Return the department's newest key that is neither retired nor compromised."""
    keys = SigningKey.objects.filter(department=department, retired_at__isnull=True, compromised_at__isnull=True)
    return keys.order_by("-made_at").first()


def signer_of(key: SigningKey) -> Signer:
    """Return the key's signer; `KeyNotInForce` where it was retired or compromised, also since the row was read."""
    in_force = SigningKey.objects.filter(pk=key.pk, retired_at__isnull=True, compromised_at__isnull=True).first()
    if in_force is None:
        raise KeyNotInForce
    return _signer(in_force)


def signer_for(department: UUID, name: Both) -> tuple[SigningKey, Signer]:
    """Return the key to sign with, and its signer; `NoSigningKey` where there is none."""
    key = key_in_force(department)
    if key is None:
        raise NoSigningKey(name)
    return key, _signer(key)


# --- Ending ------------------------------------------------------------------------------------------------------


def find_key(key_id: str) -> SigningKey:
    """Return the key with this id, with its department; `KeyNotFound` where there is none."""
    key = SigningKey.objects.select_related("department").filter(key_id=key_id).first()
    if key is None:
        raise KeyNotFound
    return key


@transaction.atomic
def retire_key(key_id: str, *, actor: Actor) -> SigningKey:
    """Let a key sign no more; what it signed before stays good. `KeyNotInForce` where it signs no more already."""
    key = SigningKey.objects.select_for_update().filter(key_id=key_id).first()
    if key is None:
        raise KeyNotFound
    if key.retired_at or key.compromised_at:
        raise KeyNotInForce
    key.retired_at = now()
    key.save(update_fields=["retired_at"])
    record(action="retire_key", actor=actor, subject=Subject("signing_key", key.key_id), outcome="done")
    return key


@transaction.atomic
def rotate_key(department: UUID, *, actor: Actor, store: str | None = None, algorithm: str | None = None) -> SigningKey:
    """Make a new key like the one in force (or as told), and retire all that were in force before."""
    before = key_in_force(department)
    new = make_key(
        department=department,
        actor=actor,
        store=store or (before.store if before else SOFTWARE),
        algorithm=algorithm or (before.algorithm if before else ES256),
    )
    older = SigningKey.objects.filter(department=department, retired_at__isnull=True, compromised_at__isnull=True)
    for key_id in older.exclude(pk=new.pk).values_list("key_id", flat=True):
        retire_key(key_id, actor=actor)
    return new
