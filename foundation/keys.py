"""Signing keys behind a port: what signs may be software, a PKCS#11 token or a licensed authority's service."""

from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey

PublicJwk = dict[str, Any]


class Signer(Protocol):
    """Signs for one department. The private key never leaves its store."""

    @property
    def key_id(self) -> str:
        """The key's RFC 7638 thumbprint, the `kid` of what it signs."""

    @property
    def algorithm(self) -> str:
        """The JWS algorithm name (RFC 7518), such as ES256."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message` in JWS form (for ES256 64 bytes, r and s)."""


class SoftwareSigner:
    """An ES256 key in this process's memory, opened from its sealed PKCS#8 form."""

    algorithm = "ES256"

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key
        self.key_id: str = public_jwk(private_key.public_key())["kid"]

    def sign(self, message: bytes) -> bytes:
        """Return r and s, 32 bytes each (RFC 7518 section 3.4)."""
        r, s = decode_dss_signature(self._private_key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def __repr__(self) -> str:
        return f"SoftwareSigner({self.key_id})"


def public_jwk(key: ec.EllipticCurvePublicKey) -> PublicJwk:
    """Return the public JWK (RFC 7517) with its thumbprint as `kid` and ES256 as `alg`."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    jwk = ECKey.import_key(pem)
    return {**jwk.as_dict(private=False), "kid": jwk.thumbprint(), "alg": "ES256", "use": "sig"}


def new_private_key() -> tuple[bytes, PublicJwk]:
    """Make a P-256 key; return its PKCS#8 DER (to be sealed at once) and its public JWK."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return der, public_jwk(key.public_key())


def software_signer(pkcs8_der: bytes) -> SoftwareSigner:
    """Return the signer of a key made by `new_private_key`."""
    key = serialization.load_der_private_key(pkcs8_der, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the stored key is not an elliptic-curve key")
    return SoftwareSigner(key)
