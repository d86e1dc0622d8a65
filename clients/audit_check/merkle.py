"""The Merkle tree of RFC 6962 (section 2.1) over SHA-256, as a reader needs it: roots in one pass, and proofs."""

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(Exception):
    """A proof does not prove what it was said to prove."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighbouring subtrees of one height."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Frontier:
    """The full subtrees at a growing tree's right edge: as many hashes as the tree has levels, however large it is."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[tuple[int, bytes]] = []

    def append(self, root: bytes, height: int = 0) -> None:
        """Add a full subtree of 2**height leaves; it may be no higher than those at the edge allow."""
        self.size += 1 << height
        while self._edge and self._edge[-1][0] == height:
            root, height = node_hash(self._edge.pop()[1], root), height + 1
        self._edge.append((height, root))

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf stands at `index` of the tree of `size` leaves (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError(f"there is no entry {index} in a tree of {size}")
    place, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if found != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(*, size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Check that the tree of `size2` leaves begins with that of `size1` (RFC 9162 section 2.1.4.2)."""
    if not 0 <= size1 <= size2:
        raise ProofError(f"a tree of {size2} does not continue one of {size1}")
    if size1 in {0, size2}:
        _without_proof(size1, size2, proof, root1, root2)
        return
    hashes = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not hashes:
        raise ProofError("the proof is empty")
    if _both_roots(size1 - 1, size2 - 1, hashes) != (root1, root2):
        raise ProofError("the proof does not lead to the two roots")


def _both_roots(place: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots that a consistency proof leads to, from the last leaf of each tree."""
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return old, new


def _without_proof(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    if proof:
        raise ProofError("nothing is to be proven here, yet there is a proof")
    if size1 == size2 and root1 != root2:
        raise ProofError("two trees of one size have different roots")
    if size1 == 0 and root1 != EMPTY_ROOT:
        raise ProofError("an empty tree has another root")


def consistency_proof(size1: int, size2: int, subtree: Callable[[int, int], bytes]) -> list[bytes]:
    """Return the proof that the larger tree begins with the smaller one (RFC 6962 section 2.1.2), 0 < size1 <= size2.

    `subtree(start, end)` gives the root over those leaves of the larger tree.
    """

    def part(old: int, start: int, end: int, *, known: bool) -> list[bytes]:
        if old == end - start:
            return [] if known else [subtree(start, end)]
        half = 1 << (end - start - 1).bit_length() - 1
        if old <= half:
            return [*part(old, start, start + half, known=known), subtree(start + half, end)]
        return [*part(old - half, start + half, end, known=False), subtree(start, start + half)]

    return part(size1, 0, size2, known=True)
