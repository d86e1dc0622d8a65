"""Receipts: one entry with the proof that it stands in the log (C2SP tlog-proof); `extra` is the entry itself."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from audit_check.merkle import HASH_BYTES, ProofError, leaf_hash, verify_inclusion
from audit_check.notes import (
    Checkpoint,
    MalformedError,
    NoteError,
    VerifierKey,
    decoded,
    number,
    open_checkpoint,
    witnessed,
)

_HEAD = "c2sp.org/tlog-proof@v1"
LARGEST = 1 << 21
_LONGEST_PROOF = 63


class ReceiptError(Exception):
    """The receipt does not prove that its entry stands in the log; the message says why."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is written, nothing of it checked."""

    leaf: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt proves: this entry at this place of the log, and which witnesses saw that log."""

    leaf: bytes
    index: int
    checkpoint: Checkpoint
    witnesses: dict[str, dt.datetime]


def parse_receipt(data: bytes) -> Receipt:
    """Return what a receipt holds; raises `ReceiptError`."""
    try:
        head, _, note = data.decode().partition("\n\n")
        first, *lines = head.split("\n")
        if first != _HEAD or len(lines) < 2 or len(data) > LARGEST:
            raise ReceiptError("this is no receipt")
        leaf = decoded(_after("extra", lines[0]))
        index = number(_after("index", lines[1]))
        proof = tuple(decoded(line) for line in lines[2:])
    except (UnicodeDecodeError, MalformedError) as error:
        raise ReceiptError(f"this is no receipt: {error}") from error
    if len(proof) > _LONGEST_PROOF or any(len(one) != HASH_BYTES for one in proof):
        raise ReceiptError("the proof is not made of hashes")
    return Receipt(leaf, index, proof, note.encode())


def _after(word: str, line: str) -> str:
    if not line.startswith(f"{word} "):
        raise ReceiptError(f"the receipt has no line {word!r} where it must be")
    return line.removeprefix(f"{word} ")


def check_receipt(
    receipt: Receipt, key: VerifierKey, witnesses: Sequence[VerifierKey] = (), quorum: int | None = None
) -> Proven:
    """Return what a receipt proves; a `quorum` of None asks for every witness. Raises `ReceiptError`."""
    try:
        note, checkpoint = open_checkpoint(receipt.checkpoint, key)
        verify_inclusion(
            index=receipt.index,
            size=checkpoint.size,
            leaf_hash=leaf_hash(receipt.leaf),
            proof=receipt.proof,
            root=checkpoint.root,
        )
        seen = witnessed(note, witnesses)
    except (NoteError, ProofError) as error:
        raise ReceiptError(str(error)) from error
    wanted = len(witnesses) if quorum is None else quorum
    if len(seen.times) < wanted:
        raise ReceiptError(f"{len(seen.times)} of {wanted} witnesses cosigned; not: {', '.join(seen.absent)}")
    return Proven(receipt.leaf, receipt.index, checkpoint, seen.times)
