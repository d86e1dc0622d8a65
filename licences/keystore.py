"""Departments' signing keys: made, sealed, opened to sign."""

from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import Actor
from foundation.keys import Signer, new_private_key, software_signer
from foundation.reasons import Both
from licences.errors import NoSigningKey
from licences.models import SigningKey

_PURPOSE = "signing-key"


@transaction.atomic
def make_key(*, department: UUID, actor: Actor) -> SigningKey:
    """Make a department's ES256 key; the private half is sealed before it is stored."""
    der, jwk = new_private_key()
    key = SigningKey.objects.create(
        department_id=department,
        key_id=jwk["kid"],
        algorithm=jwk["alg"],
        public_jwk=jwk,
        private_sealed=settings.SEALING_RING.seal(der, purpose=_PURPOSE, bound_to=jwk["kid"].encode()),
        made_at=now(),
    )
    record(action="make_key", actor=actor, subject=Subject("signing_key", key.key_id), outcome="done")
    return key


@lru_cache(maxsize=256)
def _open(key_id: str, sealed: bytes) -> Signer:
    return software_signer(settings.SEALING_RING.open(sealed, purpose=_PURPOSE, bound_to=key_id.encode()))


def key_in_force(department: UUID) -> SigningKey | None:
    """Return the department's newest key that is neither retired nor compromised."""
    keys = SigningKey.objects.filter(department=department, retired_at__isnull=True, compromised_at__isnull=True)
    return keys.order_by("-made_at").first()


def signer_for(department: UUID, name: Both) -> tuple[SigningKey, Signer]:
    """Return the key to sign with, and its signer; `NoSigningKey` where there is none."""
    key = key_in_force(department)
    if key is None:
        raise NoSigningKey(name)
    return key, _open(key.key_id, bytes(key.private_sealed))
