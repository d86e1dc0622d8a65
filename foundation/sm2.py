"""SM2 signatures with SM3 (GB/T 32918.2, GB/T 32905), the signer's id as GB/T 35276 sets it: an optional extra, `sm2`.

Neither has a registered JOSE name: `SM2-SM3` for the algorithm and `SM2` for the curve are this platform's own.
"""

from types import ModuleType
from typing import Any

from joserfc.jwk import thumbprint
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from foundation.keys import COORDINATE_BYTES, HeldKey, PublicJwk, as_der, joined
from foundation.reasons import Refused, because

SM2 = "SM2-SM3"
CURVE = "SM2"
SIGNER_ID = b"1234567812345678"


class Sm2Unavailable(Refused):
    """The package that computes SM2 is not installed."""

    def __init__(self) -> None:
        super().__init__(because("algorithm_unavailable", algorithm=SM2))


def _library() -> ModuleType:
    try:
        import gmssl_pyx  # an optional extra, which only those who use it need
    except ImportError as error:
        raise Sm2Unavailable from error
    library: ModuleType = gmssl_pyx
    return library


class Sm2Signer(HeldKey):
    """An SM2 key in this process's memory, opened from its sealed form."""

    algorithm = SM2

    def __init__(self, private: bytes, point: bytes) -> None:
        super().__init__(_public_jwk(point)["kid"])
        library = _library()

        def sign(message: bytes) -> bytes:
            der: bytes = library.sm2_sign(private, point, message, SIGNER_ID)
            return der

        # Held by the function alone, so that not even the attributes of a signer show the key.
        self._sign = sign

    def sign(self, message: bytes) -> bytes:
        """Return r and s, 32 bytes each."""
        return joined(self._sign(message))


def new_sm2_key() -> tuple[bytes, PublicJwk]:
    """Make an SM2 key; return its 96 bytes (private number, x, y; to be sealed at once) and its public JWK."""
    point, private = _library().sm2_key_generate()
    return private + point, _public_jwk(point)


def sm2_signer(key: bytes) -> Sm2Signer:
    """Return the signer of a key made by `new_sm2_key`."""
    return Sm2Signer(key[:COORDINATE_BYTES], key[COORDINATE_BYTES:])


def _public_jwk(point: bytes) -> PublicJwk:
    coordinates = (point[:COORDINATE_BYTES], point[COORDINATE_BYTES:])
    x, y = (urlsafe_b64encode(number).decode() for number in coordinates)
    members: dict[str, Any] = {"kty": "EC", "crv": CURVE, "x": x, "y": y}
    return {**members, "kid": thumbprint(members), "alg": SM2, "use": "sig"}


def is_signed_sm2(message: bytes, signature: bytes, jwk: PublicJwk) -> bool:
    """Say whether r and s sign `message` under the key; `Sm2Unavailable` where nothing here can tell."""
    library = _library()
    try:
        return bool(library.sm2_verify(_point(jwk), message, as_der(signature), SIGNER_ID))
    except (ValueError, library.GmsslInnerError):
        return False


def _point(jwk: PublicJwk) -> bytes:
    """Return x and y, 32 bytes each; `ValueError` where the key is malformed or no point of the curve."""
    library = _library()
    if jwk.get("crv") != CURVE:
        raise ValueError("the key is not on the curve SM2")
    try:
        x, y = (urlsafe_b64decode(str(jwk[name]).encode()) for name in ("x", "y"))
        point: bytes = library.normalize_sm2_public_key(b"\4" + x.rjust(COORDINATE_BYTES, b"\0") + y)
    except (KeyError, library.GmsslInnerError) as error:
        raise ValueError("the key is malformed") from error
    return point
