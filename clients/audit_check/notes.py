"""Signed notes, their keys, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

Only Ed25519 is known here: type 0x01 signs the text, type 0x04 is a witness's timestamped cosignature.
"""

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit_check.merkle import HASH_BYTES

ED25519, COSIGNATURE = 0x01, 0x04
LONGEST_NOTE = 1 << 20
MOST_SIGNATURES = 100
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_NAME = re.compile(r"[^\s+]+")


class NoteError(Exception):
    """A note, a key or a checkpoint is malformed, or its signature is not that of the key; the message says which."""


class MalformedError(NoteError):
    """It is no note, key or checkpoint at all."""


def decoded(text: str) -> bytes:
    """Return what standard base64 holds (RFC 4648 section 4), in its one canonical writing."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise MalformedError("base64 not in its canonical writing")
    return data


def number(text: str) -> int:
    """Return a decimal number without leading zeroes."""
    if not _NUMBER.fullmatch(text):
        raise MalformedError(f"{text[:40]!r} is no number")
    return int(text)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name: `name+hex key id+base64(type, key)`."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Return whether this is the key's Ed25519 signature (64 bytes) over `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def parse_key(text: str, *kinds: int) -> VerifierKey:
    """Return the key that a line says, of one of these types; raises `MalformedError`."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = decoded(encoded)
    if not _NAME.fullmatch(name) or len(data) != 1 + HASH_BYTES:
        raise MalformedError(f"{text[:80]!r} is no key")
    key = VerifierKey(name, data[0], data[1:])
    if key_id != key.id.hex():
        raise MalformedError(f"the id of the key {name} does not fit it")
    if key.kind not in kinds:
        raise MalformedError(f"the key {name} is of type {key.kind:#04x}, which is not meant here")
    return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who is said to have signed, and the bytes after the key id."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signatures, none of which has been checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def by(self, key: VerifierKey) -> list[bytes]:
        """Return the data of the lines that name this key."""
        return [line.data for line in self.signatures if (line.name, line.key_id) == (key.name, key.id)]

    def check(self, key: VerifierKey) -> None:
        """Raise `NoteError` unless `key` signed the text and no line that names the key is wrong."""
        lines = self.by(key)
        if not lines:
            raise NoteError(f"{key.name} did not sign this")
        if not all(len(data) == 64 and key.holds(data, self.text.encode()) for data in lines):
            raise NoteError(f"the signature of {key.name} is wrong")

    def cosigned(self, key: VerifierKey) -> dt.datetime | None:
        """Return when the witness cosigned this, None where it did not; `NoteError` where its line is wrong."""
        times = [self._cosigned(key, data) for data in self.by(key)]
        return max(times, default=None)

    def _cosigned(self, key: VerifierKey, data: bytes) -> dt.datetime:
        seconds = int.from_bytes(data[:8])
        if len(data) != 72 or not key.holds(data[8:], cosigned_message(self.text, seconds)):
            raise NoteError(f"the cosignature of {key.name} is wrong")
        try:
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
        except (OverflowError, ValueError, OSError) as error:
            raise NoteError(f"the cosignature of {key.name} is of no time") from error


def cosigned_message(text: str, seconds: int) -> bytes:
    """Return what an Ed25519 cosignature signs (tlog-cosignature, cosignature/v1)."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def signature_line(name: str, key_id: bytes, data: bytes) -> str:
    """Return the line of one signature, with its newline."""
    return f"— {name} {base64.b64encode(key_id + data).decode()}\n"


def parse_note(data: bytes) -> Note:
    """Return text and signatures of a signed note; raises `MalformedError`."""
    if len(data) > LONGEST_NOTE:
        raise MalformedError("the note is too long")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("the note is no UTF-8") from error
    if any(character < " " and character != "\n" for character in whole):
        raise MalformedError("the note has control characters")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise MalformedError("this is no signed note")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise MalformedError("the note has too many signatures")
    return Note(text + "\n", signatures)


def _signature(line: str) -> Signature:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = decoded(encoded)
    if mark != "—" or not _NAME.fullmatch(name) or len(data) < 5:
        raise MalformedError("a line of the note is no signature")
    return Signature(name, data[:4], data[4:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log said of itself: how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: str) -> Checkpoint:
    """Return what the text of a checkpoint says (tlog-checkpoint); raises `MalformedError`."""
    origin, *rest = text.removesuffix("\n").split("\n")
    if len(rest) < 2 or not origin or not all(rest):
        raise MalformedError("this is no checkpoint")
    root = decoded(rest[1])
    if len(root) != HASH_BYTES:
        raise MalformedError("the checkpoint's root is no hash")
    return Checkpoint(origin, number(rest[0]), root)


def open_checkpoint(data: bytes, key: VerifierKey) -> tuple[Note, Checkpoint]:
    """Return a checkpoint that the log's key signed, under the origin that the key is named for."""
    note = parse_note(data)
    note.check(key)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != key.name:
        raise NoteError(f"this checkpoint is of {checkpoint.origin}, not of {key.name}")
    return note, checkpoint


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Which of the witnesses asked about cosigned a checkpoint, and when."""

    times: dict[str, dt.datetime]
    absent: tuple[str, ...]


def witnessed(note: Note, witnesses: Sequence[VerifierKey]) -> Witnessed:
    """Return who of `witnesses` cosigned; `NoteError` where a line of one of them is wrong."""
    found = {key.name: note.cosigned(key) for key in witnesses}
    times = {name: at for name, at in found.items() if at}
    return Witnessed(times, tuple(name for name, at in found.items() if at is None))
