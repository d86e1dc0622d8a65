"""Receipts: a file that proves, without asking anybody, that an entry stands in the record (C2SP tlog-proof)."""

import base64
from collections.abc import Sequence
from uuid import UUID

from audit import notes
from audit.errors import EntryNotFound, NotSequencedYet
from audit.proofs import inclusion
from audit.queries import leaf_of, place_of
from audit.witnesses import best_checkpoint, cosigned

MEDIA_TYPE = "text/plain; charset=utf-8"
_HEAD = "c2sp.org/tlog-proof@v1"


def receipt(entry: UUID) -> bytes:
    """Return the receipt of an entry: its exact leaf, its place, the proof, and a checkpoint with its witnesses.

    Of the checkpoints after the entry it is one that most witnesses cosigned. Raises `EntryNotFound`, and
    `NotSequencedYet` within the second before a checkpoint covers the entry.
    """
    leaf = leaf_of(entry)
    if leaf is None:
        raise EntryNotFound
    index = place_of(entry)
    signed = best_checkpoint(index) if index is not None else None
    if index is None or signed is None:
        raise NotSequencedYet
    return tlog_proof(leaf=leaf, index=index, proof=inclusion(index, signed.size), note=cosigned(signed))


def tlog_proof(*, leaf: bytes, index: int, proof: Sequence[bytes], note: notes.Note) -> bytes:
    """Return the bytes of a proof file (C2SP tlog-proof v1), with the leaf as extra data."""
    hashes = [_base64(step) for step in proof]
    return "\n".join([_HEAD, f"extra {_base64(leaf)}", f"index {index}", *hashes, "", str(note)]).encode()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
