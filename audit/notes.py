"""Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature). Pure.

A note is a text and signature lines. A checkpoint is a note whose text says a log's origin, size and root.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519, COSIGNATURE = 0x01, 0x04
PUBLIC_BYTES, SIGNATURE_BYTES, _TIME_BYTES, _ID_BYTES = 32, 64, 8, 4
MOST_SIGNATURES = 100
_DASH = "\N{EM DASH} "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
Sign = Callable[[bytes], bytes]


class NoteError(ValueError):
    """A note, checkpoint or key is malformed, or its signature does not hold, and why."""


# --- Keys --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signature counts: a name, the type of signature (`ED25519` or `COSIGNATURE`) and a public key, 32 bytes."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in (ED25519, COSIGNATURE) or len(self.public) != PUBLIC_BYTES:
            raise NoteError("the key is none for Ed25519 signatures or cosignatures")

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"


def check_name(name: str) -> str:
    """Return `name`, or raise `NoteError` where it cannot name a key: it is empty, or has a space or a plus."""
    if not name or "+" in name or any(c.isspace() for c in name) or _CONTROL.search(name):
        raise NoteError(f"{name!r} cannot name a key")
    return name


def parse_key(text: str) -> VerifierKey:
    """Return the key of its written form (vkey): `name+id+base64(type, public key)`."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _unbase64(encoded)
    key = VerifierKey(name, raw[0] if raw else 0, raw[1:])
    if key.key_id.hex() != key_id.lower():
        raise NoteError("the key's id is not that of its name and bytes")
    return key


# --- Notes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name and id, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_base64(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"


def sign_note(text: str, *, name: str, public: bytes, sign: Sign) -> Note:
    """Return the note of `text` with one Ed25519 signature."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("a note's text ends in a newline and has no other control characters")
    key = VerifierKey(name, ED25519, public)
    return Note(text, (Signature(name, key.key_id, sign(text.encode())),))


def parse_note(written: str) -> Note:
    """Return the note of its written form; `NoteError` says what is wrong with it."""
    text, gap, lines = written.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or _CONTROL.search(written):
        raise NoteError("the note has no text, no signature, or control characters")
    return Note(f"{text}\n", tuple(parse_signatures(lines)))


def parse_signatures(lines: str) -> list[Signature]:
    """Return the signatures of signature lines, each with its newline."""
    given = lines.removesuffix("\n").split("\n")
    if len(given) > MOST_SIGNATURES:
        raise NoteError(f"the note has more than {MOST_SIGNATURES} signatures")
    return [_parse_signature(line) for line in given]


def _parse_signature(line: str) -> Signature:
    name, gap, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not gap:
        raise NoteError("a signature line is malformed")
    check_name(name)
    raw = _unbase64(encoded)
    if len(raw) <= _ID_BYTES:
        raise NoteError("a signature is too short")
    return Signature(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, Signature]:
    """Return which of these keys signed or cosigned the note, with the signature; others' signatures are passed over.

    `NoteError` where none of them did, or where a signature that claims to be by one of them does not hold.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signed: dict[VerifierKey, Signature] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            _verify(note.text, key, signature)
            signed[key] = signature
    if not signed:
        raise NoteError("no known key has signed the note")
    return signed


def _verify(text: str, key: VerifierKey, signature: Signature) -> None:
    message, value = text.encode(), signature.value
    if key.kind == COSIGNATURE:
        message, value = cosigned_message(text, time=cosigned_at(signature)), value[_TIME_BYTES:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, message)
    except (InvalidSignature, ValueError) as error:
        raise NoteError(f"the signature of {key.name} does not hold") from error


# --- Checkpoints -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of its tree: who it is, how many leaves there are, and their root, 32 bytes."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint of a note's text; lines after the third are passed over."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or "" in lines or not _NUMBER.fullmatch(lines[1]):
        raise NoteError("the checkpoint is malformed")
    origin, size, root = lines[:3]
    raw = _unbase64(root)
    if len(raw) != 32:
        raise NoteError("the checkpoint's root has not 32 bytes")
    return Checkpoint(origin, int(size), raw)


# --- Cosignatures ------------------------------------------------------------------------------------------------


def cosigned_message(text: str, *, time: int) -> bytes:
    """Return the bytes that a witness signs (`cosignature/v1`); `time` in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosign(text: str, *, name: str, public: bytes, sign: Sign, time: int) -> Signature:
    """Return a witness's cosignature of a checkpoint's text."""
    key = VerifierKey(name, COSIGNATURE, public)
    stamped = time.to_bytes(_TIME_BYTES, "big") + sign(cosigned_message(text, time=time))
    return Signature(name, key.key_id, stamped)


def cosigned_at(signature: Signature) -> int:
    """Return when a cosignature was made, in seconds since 1970."""
    if len(signature.value) != _TIME_BYTES + SIGNATURE_BYTES:
        raise NoteError("a cosignature has the wrong length")
    time = int.from_bytes(signature.value[:_TIME_BYTES], "big")
    if time >> 63:
        raise NoteError("a cosignature's time is out of range")
    return time


def with_signatures(note: Note, lines: Iterable[str]) -> Note:
    """Return the note with further signature lines (one each, with or without its newline), no signature twice."""
    added = [signature for line in lines for signature in parse_signatures(line)]
    return Note(note.text, tuple(dict.fromkeys([*note.signatures, *added])))


# --- Base64 (RFC 4648 section 4) ---------------------------------------------------------------------------------


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _unbase64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("is not base64") from error
    if _base64(raw) != text:
        raise NoteError("is not base64 in its one form")
    return raw
