"""What only tests ask of trees and bundles: nodes over a list, and entries out of their bundle."""

from collections.abc import Iterable, Mapping, Sequence

from audit.merkle import Node, Reader, tree_root


def reader_of(leaf_hashes: Sequence[bytes]) -> Reader:
    """Return what reads nodes over a list of leaf hashes."""

    def read(nodes: Iterable[Node]) -> Mapping[Node, bytes]:
        return {
            node: tree_root(leaf_hashes[node.index << node.level : (node.index + 1) << node.level]) for node in nodes
        }

    return read


def split_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle."""
    leaves, start = [], 0
    while start < len(bundle):
        end = start + 2 + int.from_bytes(bundle[start : start + 2], "big")
        assert start + 2 <= len(bundle) >= end, "the bundle ends amidst an entry"
        leaves.append(bundle[start + 2 : end])
        start = end
    return leaves
