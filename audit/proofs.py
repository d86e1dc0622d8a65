"""Hashes and proofs of the record's tree, read from its tiles by few queries.

Full tiles are rows. Of a partial tile the hashes are those of the places (level 0), or the roots of the tiles below.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from django.db.models import Q

from audit.merkle import HASH_BYTES, Node, consistency_proof, edge_nodes, edge_root, inclusion_proof
from audit.models import Sequenced, Tile
from audit.tiles import WIDTH, node_in, partial_width, split_hashes, tile_of

_Key = tuple[int, int]


def inclusion(index: int, size: int) -> list[bytes]:
    """Return the proof that the leaf at `index` stands in the tree of `size` leaves."""
    return inclusion_proof(index, size, read_nodes)


def consistency(size1: int, size2: int) -> list[bytes]:
    """Return the proof that the tree of `size1` leaves begins that of `size2`."""
    return consistency_proof(size1, size2, read_nodes)


def root_at(size: int) -> bytes:
    """Return the root over the first `size` leaves, as tiles and places have it."""
    nodes = edge_nodes(size)
    hashes = read_nodes(nodes)
    return edge_root([hashes[node] for node in nodes])


def read_nodes(nodes: Iterable[Node]) -> Mapping[Node, bytes]:
    """Return the hashes of these nodes of the tree; `ValueError` where it does not reach so far."""
    places = {node: tile_of(node) for node in nodes}
    rows = _full(set(places.values()))
    for key in set(places.values()) - rows.keys():
        rows[key] = _begun(*key, WIDTH)
    return {node: node_in(rows[key], node) for node, key in places.items()}


def tile_hashes(level: int, index: int, width: int) -> bytes | None:
    """Return the first `width` hashes of a tile in a row of bytes; None where the tree does not reach so far."""
    full = _full({(level, index)}).get((level, index))
    row = full[: width * HASH_BYTES] if full else _begun(level, index, width)
    return row if len(row) == width * HASH_BYTES else None


def partial_hashes(level: int, size: int) -> list[bytes]:
    """Return the hashes of a level's partial tile in the tree of `size` leaves."""
    width = partial_width(level, size)
    row = _begun(level, (size >> (8 * level)) // WIDTH, width) if width else b""
    return split_hashes(row)


def _full(keys: set[_Key]) -> dict[_Key, bytes]:
    if not keys:
        return {}
    by_level: dict[int, list[int]] = {}
    for level, index in keys:
        by_level.setdefault(level, []).append(index)
    wanted = reduce(or_, (Q(level=level, index__in=indexes) for level, indexes in by_level.items()))
    tiles = Tile.objects.filter(wanted).values_list("level", "index", "hashes")
    return {(level, index): bytes(hashes) for level, index, hashes in tiles}


def _begun(level: int, index: int, width: int) -> bytes:
    """Return so many hashes of a tile that may not be full yet, or as many as there are."""
    start = index * WIDTH
    span = {"index__gte": start, "index__lt": start + width}
    found = (
        Tile.objects.filter(level=level - 1, **span).order_by("index").values_list("root", flat=True)
        if level
        else Sequenced.objects.filter(**span).order_by("index").values_list("leaf_hash", flat=True)
    )
    return b"".join(map(bytes, found))
