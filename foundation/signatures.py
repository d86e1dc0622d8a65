"""Checking a signature by any of the algorithms that a department's key may have."""

from collections.abc import Callable, Mapping

from foundation.keys import ES256, PublicJwk, is_signed_es256
from foundation.sm2 import SM2, is_signed_sm2

_CHECKS: Mapping[str, Callable[[bytes, bytes, PublicJwk], bool]] = {ES256: is_signed_es256, SM2: is_signed_sm2}
ALGORITHMS = frozenset(_CHECKS)


def is_signed(message: bytes, signature: bytes, jwk: PublicJwk) -> bool:
    """Say whether `signature` (JWS form) is that of `message` under the key, by the algorithm that the key is for.

    A malformed signature or key, or an algorithm that is not known, signs nothing.
    """
    check = _CHECKS.get(str(jwk.get("alg")))
    return check is not None and check(message, signature, jwk)
