"""The platform's demonstration root, the certificates it gives to departments' keys, and those of licensed authorities.

In production a licensed authority certifies: `certificate_request` is what it is sent, `import_chain` takes its answer.
"""

import base64
import datetime as dt
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.keys import ES256, Signer, SoftwareSigner, new_private_key, open_private_key
from licences.certificates import Bearer, ChainError, certify, checked_chain, make_root, request
from licences.errors import ChainInvalid, KeyNotCertifiable
from licences.models import CertificateAuthority, SigningKey

AUTHORITY_KEY = "certificate-authority"
# A platform has one root of its own: two that are made at once meet on this key, and one of them stays.
ROOT = UUID("01900000-0000-7000-8000-000000000001")
KEY_PURPOSE = "电子证照签章"


def root() -> CertificateAuthority:
    """Return the platform's own root; it is made, sealed and recorded when it is first needed."""
    return CertificateAuthority.objects.filter(pk=ROOT).first() or _make_root()


@transaction.atomic
def _make_root() -> CertificateAuthority:
    at, name = now(), f"{settings.CITY_ZH}证照互通演示根证书 / demonstration root"
    der, _ = new_private_key()
    values = {
        "name": name,
        "certificate": make_root(name, open_private_key(der), at=at),
        "private_sealed": settings.SEALING_RING.seal(der, purpose=AUTHORITY_KEY, bound_to=ROOT.bytes),
        "made_at": at,
    }
    authority, made = CertificateAuthority.objects.get_or_create(id=ROOT, defaults=values)
    if made:
        subject = Subject("certificate_authority", str(authority.pk))
        record(action="make_authority", actor=PLATFORM, subject=subject, outcome="done")
    return authority


@lru_cache(maxsize=2)
def _root_key(sealed: bytes) -> ec.EllipticCurvePrivateKey:
    return open_private_key(settings.SEALING_RING.open(sealed, purpose=AUTHORITY_KEY, bound_to=ROOT.bytes))


def _private_key(authority: CertificateAuthority) -> ec.EllipticCurvePrivateKey:
    return _root_key(bytes(authority.private_sealed or b""))


def root_signer(authority: CertificateAuthority) -> SoftwareSigner:
    """Return what signs in the platform's own name, such as the trust list."""
    return SoftwareSigner(_private_key(authority))


def bearer_of(key: SigningKey) -> Bearer:
    """Return whom the certificate of a department's key names."""
    department = key.department
    address = f"{settings.PUBLIC_URL}/departments/{department.code}"
    return Bearer(department.name_zh, department.uscc, KEY_PURPOSE, address)


def chain_for(key: SigningKey, *, at: dt.datetime) -> list[str]:
    """Return the chain of a new key, base64 DER: its own certificate, then the root; empty for other keys than ES256.

    SM2 has no certificate here, for `cryptography` knows neither its curve nor its signatures.
    """
    if key.algorithm != ES256:
        return []
    authority = root()
    certificate = bytes(authority.certificate)
    own = certify(key.public_jwk, bearer_of(key), root=certificate, root_key=_private_key(authority), at=at)
    return [_text(own), _text(certificate)]


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode()


def certificate_request(key: SigningKey, signer: Signer) -> str:
    """Return the request (PKCS#10, PEM) that a licensed authority is sent; `KeyNotCertifiable` for an SM2 key."""
    _check_certifiable(key)
    return request(key.public_jwk, bearer_of(key), signer)


def _check_certifiable(key: SigningKey) -> None:
    if key.algorithm != ES256:
        raise KeyNotCertifiable(key.algorithm)


@transaction.atomic
def import_chain(key: SigningKey, pem: bytes, *, actor: Actor) -> SigningKey:
    """Put a licensed authority's chain in the place of the key's own; `ChainInvalid` where it does not hold."""
    _check_certifiable(key)
    try:
        chain = checked_chain(pem, key.public_jwk, at=now())
    except ChainError as error:
        raise ChainInvalid(error.why) from error
    key.chain = [_text(der) for der in chain]
    key.save(update_fields=["chain"])
    record(action="import_certificate", actor=actor, subject=Subject("signing_key", key.key_id), outcome="done")
    return key
