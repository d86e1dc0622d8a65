"""Merkle trees by RFC 6962 section 2.1 with SHA-256: hashes, roots, proofs and their verification. Pure.

A proof is asked for by the nodes it needs, all at once, so that whoever keeps hashes (in tiles, in a list) reads them
in few steps. A node is a full subtree: node `(level, index)` spans the leaves `index << level` up to, not including,
`(index + 1) << level`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()


class ProofError(Exception):
    """A proof does not hold, and why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A full subtree, by its level above the leaves and its index among those of this level."""

    level: int
    index: int


Reader = Callable[[Iterable[Node]], Mapping[Node, bytes]]
"""Returns the hashes of the nodes asked for."""


# --- Hashing -----------------------------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf, 32 bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node, 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


def tree_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes; of no leaves the hash of the empty string."""
    edge: list[bytes] = []
    for size, leaf in enumerate(leaf_hashes):
        append(edge, size, leaf)
    return edge_root(edge)


def append(edge: list[bytes], size: int, leaf: bytes) -> None:
    """Add a leaf hash to a tree's right edge: the roots of its full subtrees, the largest first, as `size` has ones."""
    while size & 1:
        leaf = node_hash(edge.pop(), leaf)
        size >>= 1
    edge.append(leaf)


def edge_root(edge: Sequence[bytes]) -> bytes:
    """Return the root of the tree with this right edge."""
    if not edge:
        return EMPTY_ROOT
    *others, root = edge
    for left in reversed(others):
        root = node_hash(left, root)
    return root


# --- Proving -----------------------------------------------------------------------------------------------------


def _nodes(start: int, end: int) -> list[Node]:
    """Return the full subtrees, the largest first, over a range of leaves that is a subtree of some tree."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def edge_nodes(size: int) -> list[Node]:
    """Return the nodes of a tree's right edge, the largest first."""
    return _nodes(0, size)


def _split(start: int, end: int) -> int:
    """Return where a tree over a range parts: after the largest power of two that is smaller than its size."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _proof(ranges: Sequence[tuple[int, int]], read: Reader) -> list[bytes]:
    parts = [_nodes(*leaves) for leaves in ranges]
    hashes = read([node for nodes in parts for node in nodes])
    return [edge_root([hashes[node] for node in nodes]) for nodes in parts]


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """Return the audit path of a leaf in the tree of `size` leaves, its sibling first (section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    siblings, start, end = [], 0, size
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return _proof(siblings[::-1], read)


def consistency_proof(size1: int, size2: int, read: Reader) -> list[bytes]:
    """Return the proof that the tree of `size1` leaves begins that of `size2` (section 2.1.2); from 0 it is empty."""
    if not 0 <= size1 <= size2:
        raise ValueError(f"a tree of {size1} leaves does not begin one of {size2}")
    if size1 == 0:
        return []
    siblings, start, end = [], 0, size2
    while size1 < end:
        middle = _split(start, end)
        if size1 <= middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    # The verifier knows the old root, and so the last range where that is all of it.
    return _proof(([(start, end)] if start else []) + siblings[::-1], read)


# --- Verifying ---------------------------------------------------------------------------------------------------


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `ProofError` unless `proof` shows the leaf at `index` of the tree with this size and root.

    The steps are those of RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    _check_hashes([leaf_hash, *proof])
    found = leaf_hash
    for sibling, on_left in _climb(index, size - 1, proof):
        found = node_hash(sibling, found) if on_left else node_hash(found, sibling)
    if found != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(*, size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raise `ProofError` unless `proof` shows that the first tree, which is not empty, begins the second.

    The steps are those of RFC 9162 section 2.1.4.2.
    """
    if not 0 < size1 <= size2:
        raise ProofError(f"from {size1} to {size2} leaves nothing can be shown")
    _check_hashes(proof)
    if size1 == size2:
        if proof or root1 != root2:
            raise ProofError("trees of one size have one root and need no proof")
        return
    if not proof:
        raise ProofError("the proof is empty")
    # The climb begins at the largest full subtree that ends the first tree; where that is all of it, its root is known.
    level = (size1 & -size1).bit_length() - 1
    place, last = (size1 - 1) >> level, (size2 - 1) >> level
    start, *siblings = proof if place else [root1, *proof]
    old = new = start
    for sibling, on_left in _climb(place, last, siblings):
        if on_left:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    if (old, new) != (root1, root2):
        raise ProofError("the proof leads to other roots")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(given) != HASH_BYTES for given in hashes):
        raise ProofError(f"a hash has not {HASH_BYTES} bytes")


def _climb(place: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Give each hash of a proof, and whether it stands on the left of the path from `place` to the root.

    `last` is the last place of the same level. `ProofError` where the proof is too long or too short.
    """
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        on_left = bool(place & 1) or place == last
        yield sibling, on_left
        # On the right border a node without a sibling moves up as it is.
        while on_left and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
