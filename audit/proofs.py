"""Hashes and proofs of the record's tree, read from its tiles by one query.

Full tiles are rows. Of a partial tile the hashes are those of the places (level 0), or the roots of the tiles below.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from django.db import connection

from audit.merkle import HASH_BYTES, Node, consistency_proof, edge_nodes, edge_root, inclusion_proof
from audit.tiles import HEIGHT, WIDTH, node_in, partial_width, split_hashes, tile_of

_FULL = 'SELECT level, "index", 0, hashes FROM audit_tile WHERE level = %s AND "index" = %s'
_LEAVES = 'SELECT 0, %s, "index", leaf_hash FROM audit_sequenced WHERE "index" >= %s AND "index" < %s'
_ROOTS = 'SELECT level + 1, %s, "index", root FROM audit_tile WHERE level = %s AND "index" >= %s AND "index" < %s'
_Key = tuple[int, int]


def inclusion(index: int, size: int) -> list[bytes]:
    """Return the proof that the leaf at `index` stands in the tree of `size` leaves."""
    return inclusion_proof(index, size, partial(read_nodes, size))


def consistency(size1: int, size2: int) -> list[bytes]:
    """Return the proof that the tree of `size1` leaves begins that of `size2`."""
    return consistency_proof(size1, size2, partial(read_nodes, size2))


def root_at(size: int) -> bytes:
    """Return the root over the first `size` leaves, as tiles and places have it."""
    nodes = edge_nodes(size)
    hashes = read_nodes(size, nodes)
    return edge_root([hashes[node] for node in nodes])


def read_nodes(size: int, nodes: Iterable[Node]) -> Mapping[Node, bytes]:
    """Return the hashes of these nodes of the tree of `size` leaves; `ValueError` where they are not all there."""
    places = {node: tile_of(node) for node in nodes}
    widths = {
        (level, index): min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH) for level, index in places.values()
    }
    rows = _rows(widths)
    return {node: node_in(rows.get(key, b""), node) for node, key in places.items()}


def tile_hashes(level: int, index: int, width: int) -> bytes | None:
    """Return the first `width` hashes of a tile in a row of bytes; None where the tree does not reach so far."""
    row = _rows({(level, index): width}).get((level, index), b"")
    return row if len(row) == width * HASH_BYTES else None


def partial_hashes(level: int, size: int) -> list[bytes]:
    """Return the hashes of a level's partial tile in the tree of `size` leaves."""
    key = level, size >> (HEIGHT * (level + 1))
    width = partial_width(level, size)
    return split_hashes(_rows({key: width}).get(key, b"")) if width else []


def _rows(widths: Mapping[_Key, int]) -> dict[_Key, bytes]:
    """Return the first so many hashes of tiles, by level and index, or as many as there are."""
    if not widths:
        return {}
    asked = [_asked(*key, width) for key, width in widths.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(statement for statement, _ in asked), [value for _, values in asked for value in values]
        )
        found = sorted((level, index, place, bytes(hashes)) for level, index, place, hashes in cursor)
    rows: dict[_Key, list[bytes]] = {}
    for level, index, _, hashes in found:
        rows.setdefault((level, index), []).append(hashes)
    return {key: b"".join(row) for key, row in rows.items()}


def _asked(level: int, index: int, width: int) -> tuple[str, list[int]]:
    """Return the statement that reads a tile: one row where it is full, else one for each hash."""
    start = index * WIDTH
    if width == WIDTH:
        return _FULL, [level, index]
    if level == 0:
        return _LEAVES, [index, start, start + width]
    return _ROOTS, [index, level - 1, start, start + width]
