"""Receipts: a file that proves, without asking anybody, that an entry stands in the record (C2SP tlog-proof)."""

import base64
from collections.abc import Iterable, Sequence
from uuid import UUID

from audit import notes
from audit.errors import EntryNotFound, NotSequencedYet
from audit.proofs import inclusion
from audit.queries import checkpoint, leaf_of, place_of

MEDIA_TYPE = "text/plain; charset=utf-8"
_HEAD = "c2sp.org/tlog-proof@v1"


def receipt(entry: UUID, *, cosignatures: Iterable[str] = ()) -> bytes:
    """Return the receipt of an entry: its exact leaf, its place, the proof, and the latest checkpoint.

    `cosignatures` are witnesses' signature lines for that checkpoint. Raises `EntryNotFound`, and `NotSequencedYet`
    within the second before a checkpoint covers the entry.
    """
    leaf = leaf_of(entry)
    if leaf is None:
        raise EntryNotFound
    index, signed = place_of(entry), checkpoint()
    if index is None or signed is None or signed.size <= index:
        raise NotSequencedYet
    note = notes.with_signatures(notes.parse_note(signed.note), cosignatures)
    return tlog_proof(leaf=leaf, index=index, proof=inclusion(index, signed.size), note=note)


def tlog_proof(*, leaf: bytes, index: int, proof: Sequence[bytes], note: notes.Note) -> bytes:
    """Return the bytes of a proof file (C2SP tlog-proof v1), with the leaf as extra data."""
    hashes = [_base64(step) for step in proof]
    return "\n".join([_HEAD, f"extra {_base64(leaf)}", f"index {index}", *hashes, "", str(note)]).encode()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
