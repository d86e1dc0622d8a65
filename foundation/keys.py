"""Signing keys behind a port: what signs may be software, a PKCS#11 token or a licensed authority's service."""

from functools import lru_cache
from typing import Any, NoReturn, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ES256 = "ES256"
COORDINATE_BYTES = 32
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


class HeldKey:
    """What every signer is: a key with a name, which is neither printed nor pickled nor copied."""

    algorithm = ES256

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key_id})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{self!r} holds a private key, which does not leave its store")


class SoftwareSigner(HeldKey):
    """An ES256 key in this process's memory, opened from its sealed PKCS#8 form."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        super().__init__(public_jwk(private_key.public_key())["kid"])
        self._private_key = private_key

    def sign(self, message: bytes) -> bytes:
        """Return r and s, 32 bytes each (RFC 7518 section 3.4)."""
        return joined(self._private_key.sign(message, ec.ECDSA(hashes.SHA256())))


def joined(der: bytes) -> bytes:
    """Return a signature's r and s, 32 bytes each, from its DER form."""
    return b"".join(number.to_bytes(COORDINATE_BYTES, "big") for number in decode_dss_signature(der))


def as_der(signature: bytes) -> bytes:
    """Return the DER form of a signature of r and s; `ValueError` where it is not 64 bytes."""
    if len(signature) != 2 * COORDINATE_BYTES:
        raise ValueError(f"the signature has {len(signature)} bytes instead of {2 * COORDINATE_BYTES}")
    r, s = signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def public_jwk(key: ec.EllipticCurvePublicKey) -> PublicJwk:
    """Return the public JWK (RFC 7517) with its thumbprint as `kid` and ES256 as `alg`."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    jwk = ECKey.import_key(pem)
    return {**jwk.as_dict(private=False), "kid": jwk.thumbprint(), "alg": ES256, "use": "sig"}


# A batch or a file of credentials is signed by a few keys; reading one costs half as much as checking a signature.
@lru_cache(maxsize=1024)
def _p256(x: str, y: str) -> ec.EllipticCurvePublicKey:
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y}).public_key


def public_key(jwk: PublicJwk) -> ec.EllipticCurvePublicKey:
    """Return the public key of an ES256 JWK; `ValueError` where it is none on P-256."""
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise ValueError("the key is not on the curve P-256")
    try:
        return _p256(str(jwk.get("x")), str(jwk.get("y")))
    except (JoseError, TypeError) as error:
        raise ValueError("the key is malformed") from error


def is_signed_es256(message: bytes, signature: bytes, jwk: PublicJwk) -> bool:
    """Say whether r and s sign `message` under the key; a malformed signature does not."""
    try:
        public_key(jwk).verify(as_der(signature), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def new_private_key() -> tuple[bytes, PublicJwk]:
    """Make a P-256 key; return its PKCS#8 DER (to be sealed at once) and its public JWK."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return der, public_jwk(key.public_key())


def open_private_key(pkcs8_der: bytes) -> ec.EllipticCurvePrivateKey:
    """Return a key made by `new_private_key`."""
    key = serialization.load_der_private_key(pkcs8_der, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the stored key is not an elliptic-curve key")
    return key


def software_signer(pkcs8_der: bytes) -> SoftwareSigner:
    """Return the signer of a key made by `new_private_key`."""
    return SoftwareSigner(open_private_key(pkcs8_der))
