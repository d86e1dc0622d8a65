"""The offline code: what a licence says, signed, small enough for a QR code and readable without a network. Pure.

A CWT (RFC 8392) in COSE_Sign1 (RFC 9052) with ES256, as base45 (RFC 9285) after the prefix `LX1:`, so that a QR code
takes it in its dense alphanumeric mode. Protected header: algorithm and the whole key identifier. Claims: 1 `iss`,
4 `exp`, 5 `nbf`, 6 `iat`, and under -65537 (private use) an array whose last items may be missing:
`[identifier, number, type, holder, [status list, index], [purpose, receiver, last day of the licence, expiry]]`.
"""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import cbor2
from base45 import b45decode, b45encode

from foundation.clock import LEGAL_ZONE, end_of_day, legal_day
from foundation.keys import PublicJwk, Signer
from licences import jws
from licences.jws import CredentialError
from licences.numbering import ROOT

PREFIX = "LX1:"
# What the largest QR code holds in alphanumeric mode; anything longer is none of ours.
LONGEST = 4296
_ALGORITHMS = {"ES256": -7}
_ISS, _EXP, _NBF, _IAT, _LICENCE = 1, 4, 5, 6, -65537
_ALG, _CRIT, _KID = 1, 2, 4
_SIGN1 = 18
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class OfflineCode:
    """What a code says; `issuer` is the department's address as credentials name it, `holder` a masked name.

    A copy bound to a use (加注件) has `purpose`, `receiver` and `expires_at`, which is the copy's end, not the
    licence's. Instants are whole seconds.
    """

    issuer: str
    identifier: str
    number: str
    type_name: str
    holder: str
    valid_from: dt.date
    valid_until: dt.date | None
    issued_at: dt.datetime
    status_uri: str = ""
    status_index: int | None = None
    purpose: str = ""
    receiver: str = ""
    expires_at: dt.datetime | None = None


def write_code(code: OfflineCode, signer: Signer) -> str:
    """Return the text of the QR code; `ValueError` where the signer's algorithm has no COSE number."""
    if signer.algorithm not in _ALGORITHMS:
        raise ValueError(f"no COSE algorithm for {signer.algorithm}")
    protected = cbor2.dumps({_ALG: _ALGORITHMS[signer.algorithm], _KID: _kid_bytes(signer.key_id)})
    payload = cbor2.dumps(_claims(code))
    signature = signer.sign(_to_be_signed(protected, payload))
    message = cbor2.dumps(cbor2.CBORTag(_SIGN1, [protected, {}, payload, signature]))
    return f"{PREFIX}{b45encode(message).decode()}"


def read_code(text: str, key_of: Callable[[str], PublicJwk | None]) -> OfflineCode:
    """Return what a code says once its signature holds; `key_of` returns the trusted key of a `kid`, if there is one.

    Raises `CredentialError`. Dates and states are for the caller to look at, and that the key is the issuer's own.
    """
    algorithm, kid, signed, signature, payload = _opened(text)
    key = key_of(kid)
    if key is None:
        raise CredentialError(f"no key {kid} is trusted", "key_not_trusted")
    jws.check_signature(algorithm, key, signed, signature)
    try:
        return _code(_loaded(payload))
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise CredentialError("the claims are malformed", "code_malformed") from error


def term(code: OfflineCode) -> tuple[dt.datetime, dt.datetime | None]:
    """Return the licence's first instant and, where it ends, the first instant after it (UTC)."""
    begins = dt.datetime.combine(code.valid_from, dt.time(), LEGAL_ZONE).astimezone(dt.UTC)
    return begins, end_of_day(code.valid_until) if code.valid_until else None


def _kid_bytes(kid: str) -> bytes:
    """Return a thumbprint as its 32 bytes, any other name as text."""
    try:
        raw = jws.decode(kid)
    except ValueError:
        raw = b""
    return raw if len(raw) == 32 else kid.encode()


def _kid_text(kid: Any) -> str:
    return jws.encode(kid) if len(kid) == 32 else kid.decode()


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """RFC 9052 section 4.4."""
    return cbor2.dumps(["Signature1", protected, b"", payload])


def _loaded(data: bytes) -> Any:
    """Return one CBOR item that fills `data`; `ValueError` otherwise."""
    stream = io.BytesIO(data)
    try:
        item = cbor2.CBORDecoder(stream).decode()
    except (cbor2.CBORError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError("not CBOR") from error
    if stream.read(1):
        raise ValueError("more than one item")
    return item


def _opened(text: str) -> tuple[str, str, bytes, bytes, bytes]:
    """Return algorithm, key identifier, what is signed, its signature, and the payload."""
    try:
        protected, unprotected, payload, signature = _message(text)
        header = _loaded(protected)
        # Other writers put the key identifier among the unprotected headers: it only names the key to try.
        kid = _kid_text(header[_KID] if _KID in header else unprotected[_KID])
        algorithm = next((name for name, number in _ALGORITHMS.items() if number == header.get(_ALG)), "")
        if _CRIT not in header:
            return algorithm, kid, _to_be_signed(protected, payload), bytes(signature), bytes(payload)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CredentialError("no offline code can be read", "code_malformed") from error
    raise CredentialError("the header names a critical extension", "code_malformed")


def _message(text: str) -> Any:
    """Return the four parts of the COSE_Sign1 in a code's text."""
    if not text.startswith(PREFIX) or len(text) > LONGEST:
        raise ValueError("no offline code")
    message = _loaded(b45decode(text.removeprefix(PREFIX).encode()))
    if not isinstance(message, cbor2.CBORTag) or message.tag != _SIGN1:
        raise ValueError("no COSE_Sign1")
    return message.value


def _claims(code: OfflineCode) -> dict[int, Any]:
    begins, until = term(code)
    ends = [end for end in (until, code.expires_at) if end]
    return {
        _ISS: code.issuer,
        **({_EXP: _seconds(min(ends))} if ends else {}),
        _NBF: _seconds(begins),
        _IAT: _seconds(code.issued_at),
        _LICENCE: _licence(code),
    }


def _licence(code: OfflineCode) -> list[Any]:
    # The root is the same in every identifier: the leading dot stands for it.
    identifier = code.identifier.removeprefix(ROOT) if code.identifier.startswith(f"{ROOT}.") else code.identifier
    items: list[Any] = [identifier, code.number, code.type_name, code.holder, None, None]
    if code.status_index is not None:
        items[4] = [_short_list(code), code.status_index]
    if code.purpose or code.receiver or code.expires_at:
        until = (code.valid_until - _EPOCH).days if code.valid_until else None
        items[5] = [code.purpose, code.receiver, until, _seconds(code.expires_at) if code.expires_at else None]
    while items[-1] is None:
        items.pop()
    return items


def _lists_of(issuer: str) -> str:
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}/status-lists/"


def _short_list(code: OfflineCode) -> str | bytes:
    """Return the list's UUID where it stands at the issuer's own address, else its address."""
    base = _lists_of(code.issuer)
    try:
        short = UUID(code.status_uri.removeprefix(base))
    except ValueError:
        return code.status_uri
    return short.bytes if f"{base}{short}" == code.status_uri else code.status_uri


def _code(claims: Any) -> OfflineCode:
    issuer = _text(claims[_ISS])
    identifier, number, type_name, holder, status, use = [*claims[_LICENCE], None, None][:6]
    purpose, receiver, last_day, expires = use or ("", "", None, None)
    until: dt.date | None = None
    if use is None and _EXP in claims:
        until = legal_day(_instant(claims[_EXP]) - dt.timedelta(seconds=1))
    elif last_day is not None:
        until = _EPOCH + dt.timedelta(days=last_day)
    uri, index = status or ("", None)
    return OfflineCode(
        issuer=issuer,
        identifier=ROOT + _text(identifier) if identifier.startswith(".") else _text(identifier),
        number=_text(number),
        type_name=_text(type_name),
        holder=_text(holder),
        valid_from=legal_day(_instant(claims[_NBF])),
        valid_until=until,
        issued_at=_instant(claims[_IAT]),
        status_uri=_lists_of(issuer) + str(UUID(bytes=uri)) if isinstance(uri, bytes) else _text(uri),
        status_index=None if index is None else int(index),
        purpose=_text(purpose),
        receiver=_text(receiver),
        expires_at=None if expires is None else _instant(expires),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _seconds(at: dt.datetime) -> int:
    return int(at.timestamp())


def _instant(seconds: Any) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    except OSError as error:
        raise ValueError("a time outside the calendar") from error
