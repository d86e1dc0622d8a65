"""Token Status List (draft-ietf-oauth-status-list-21): one list tells the state of a million licences. Pure.

A list is an array of values of `bits` each, packed from the low end of every byte, compressed by zlib, and signed as
a JWT. A credential names list and index; which index that is says nothing, for they are given out by `position`.
A list of 1,000,000 values at two bits takes 15.5 kB (20.7 kB in the token) where one in a hundred is not 0, 53 kB where
one in twenty is, 264 bytes where none is.
"""

import base64
import datetime as dt
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from foundation.keys import PublicJwk, Signer
from licences import jws
from licences.jws import CredentialError

MEDIA_TYPE = "statuslist+jwt"
BITS = 2
VALID, INVALID, SUSPENDED = 0, 1, 2
# A list is unpacked only up to this many bytes: 67,108,864 values of two bits.
LARGEST = 1 << 24
_ROUNDS = 10  # as many as NIST SP 800-38G takes for FF1


@dataclass(frozen=True, slots=True)
class StatusBits:
    """The values of a list; the times are those of the token that carried it."""

    bits: int
    data: bytes
    issued_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None

    def value(self, index: int) -> int:
        """Return the value at `index`; an index outside the list is a `CredentialError`."""
        place, shift = divmod(index * self.bits, 8)
        if not 0 <= place < len(self.data):
            raise CredentialError(f"the list has no index {index}", "status_index_outside")
        return self.data[place] >> shift & (1 << self.bits) - 1


def encode(values: Mapping[int, int], size: int, *, bits: int = BITS) -> str:
    """Return the `lst` of a list of `size` values, all 0 but those given (section 4.1)."""
    packed = bytearray(-(-size * bits // 8))
    for index, value in values.items():
        if not (0 <= index < size and 0 <= value < 1 << bits):
            raise ValueError(f"no place for the value {value} at {index} in {size} values of {bits} bits")
        place, shift = divmod(index * bits, 8)
        packed[place] |= value << shift
    return jws.encode(zlib.compress(bytes(packed), 9))


def decode(lst: str, bits: int) -> StatusBits:
    """Return the values of a `lst`, never unpacking more than `LARGEST` bytes."""
    if isinstance(bits, bool) or bits not in (1, 2, 4, 8):
        raise CredentialError(f"{bits!r} bits a value", "status_list_malformed")
    unpacking = zlib.decompressobj()
    try:
        packed = base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4))
        data = unpacking.decompress(packed, LARGEST + 1)
    except (TypeError, ValueError, zlib.error) as error:
        raise CredentialError("the list cannot be unpacked", "status_list_malformed") from error
    if len(data) > LARGEST:
        raise CredentialError(f"the list holds more than {LARGEST} bytes", "status_list_too_large")
    if not unpacking.eof:
        raise CredentialError("the list is cut short", "status_list_malformed")
    return StatusBits(bits, data)


def sign_token(
    *,
    uri: str,
    values: Mapping[int, int],
    size: int,
    at: dt.datetime,
    ttl: dt.timedelta,
    expires_at: dt.datetime,
    signer: Signer,
    issuer: str = "",
) -> str:
    """Return the signed list (section 5.1) that is found at `uri`; it may be kept for `ttl` before it is asked anew."""
    payload = {
        **({"iss": issuer} if issuer else {}),
        "sub": uri,
        "iat": int(at.timestamp()),
        "exp": int(expires_at.timestamp()),
        "ttl": int(ttl.total_seconds()),
        "status_list": {"bits": BITS, "lst": encode(values, size)},
    }
    return jws.sign(payload, typ=MEDIA_TYPE, signer=signer)


def read_token(token: str, key: PublicJwk, *, uri: str, at: dt.datetime) -> StatusBits:
    """Return the list signed by `key` for `uri` and good at `at`, or raise `CredentialError` (section 8.3)."""
    claims = jws.verify(token, key, typ=MEDIA_TYPE)
    if claims.get("sub") != uri:
        raise CredentialError(f"the list is that of {claims.get('sub')!r}", "status_list_other")
    issued, expires = jws.instant(claims, "iat"), jws.instant(claims, "exp")
    if expires and at >= expires:
        raise CredentialError("the list has expired", "status_list_expired")
    found = claims.get("status_list")
    if issued is None or not isinstance(found, dict):
        raise CredentialError("the token holds no list", "status_list_malformed")
    read = decode(found.get("lst", ""), found.get("bits", 0))
    return StatusBits(read.bits, read.data, issued, expires)


def position(key: bytes, count: int, size: int) -> int:
    """Return the index that the `count`-th licence (from 0) takes in a list of `size`: a permutation fixed by `key`."""
    return next(positions(key, [count], size))


def positions(key: bytes, counts: Iterable[int], size: int) -> Iterator[int]:
    """Yield the indexes that the licences counted so take in a list of `size`.

    A Feistel network over keyed BLAKE2 on a square just above `size`, walked until it ends inside the list (Black and
    Rogaway, Ciphers with Arbitrary Finite Domains, 2002). `key` has 16 to 64 bytes.
    """
    side, keyed = math.isqrt(max(size - 1, 0)) + 1, blake2b(key=key, digest_size=8)
    for count in counts:
        if not 0 <= count < size:
            raise ValueError(f"no {count}-th place among {size}")
        index = _mixed(keyed, count, side)
        while index >= size:
            index = _mixed(keyed, index, side)
        yield index


def _mixed(keyed: "blake2b", value: int, side: int) -> int:
    left, right = divmod(value, side)
    for number in range(_ROUNDS):
        # A copy of the keyed state: taking up the key again would cost as much as hashing.
        mixed = keyed.copy()
        mixed.update(b"%d:%d" % (number, right))
        left, right = right, (left + int.from_bytes(mixed.digest(), "big")) % side
    return left * side + right
