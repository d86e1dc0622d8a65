"""Tiles as C2SP tlog-tiles lays them down: paths, entry bundles, and which tiles a batch of leaves completes. Pure.

A tile holds 256 consecutive hashes of the nodes at `8 * level` above the leaves; one that is not full yet is partial.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from audit.merkle import HASH_BYTES, Node, tree_root

WIDTH, HEIGHT = 256, 8
ENTRIES = "entries"
# A database counts no further; a tree of so many leaves has tiles up to level 7.
MOST_LEAVES = 2**63 - 1
LONGEST_ENTRY = 2**16 - 1
_PATH = re.compile(
    r"(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(x[0-9]{3}/)*[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tile stands, and how many hashes it holds; `level` is None for a bundle of entries."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def reach(self) -> int:
        """How many leaves a tree must have that this tile is part of."""
        return (self.index * WIDTH + self.width) << (HEIGHT * (self.level or 0))

    @property
    def path(self) -> str:
        """The address below `tile/`, such as `0/x001/234.p/7`."""
        level = ENTRIES if self.level is None else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"{level}/{_grouped(self.index)}{partial}"


def _grouped(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def parse_path(path: str) -> Place | None:
    """Return what an address below `tile/` names; None where it is none, not in its one form, or beyond any tree."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level = None if match["level"] == ENTRIES else int(match["level"])
    index = int(match["index"].replace("/", "").replace("x", ""))
    place = Place(level, index, int(match["width"] or WIDTH))
    return place if place.path == path and place.reach <= MOST_LEAVES else None


# --- Hashes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile: 256 hashes in a row of bytes, and the hash over them, which stands in a tile of the next level."""

    level: int
    index: int
    hashes: bytes
    root: bytes


def split_hashes(row: bytes) -> list[bytes]:
    """Return the hashes of a row of bytes."""
    return [row[start : start + HASH_BYTES] for start in range(0, len(row), HASH_BYTES)]


def tile_of(node: Node) -> tuple[int, int]:
    """Return level and index of the tile whose hashes a node is made from."""
    level, above = divmod(node.level, HEIGHT)
    return level, (node.index << above) // WIDTH


def node_in(row: bytes, node: Node) -> bytes:
    """Return a node's hash, made from the tile (or so much of it) that `tile_of` names."""
    above = node.level % HEIGHT
    start = (node.index << above) % WIDTH * HASH_BYTES
    hashes = row[start : start + (HASH_BYTES << above)]
    if len(hashes) != HASH_BYTES << above:
        raise ValueError(f"the tile does not reach to {node}")
    return tree_root(split_hashes(hashes))


def partial_width(level: int, size: int) -> int:
    """Return how many hashes the partial tile of a level holds in a tree of `size` leaves, 0 where there is none."""
    return (size >> (HEIGHT * level)) % WIDTH


def tiles_of(size: int) -> Iterator[Place]:
    """Return all tiles of a tree of `size` leaves, level by level, the partial one of each last."""
    level, count = 0, size
    while count:
        full, width = divmod(count, WIDTH)
        yield from (Place(level, index) for index in range(full))
        if width:
            yield Place(level, full, width)
        level, count = level + 1, full


def completed(size: int, leaf_hashes: Sequence[bytes], partial: Callable[[int], Sequence[bytes]]) -> list[Tile]:
    """Return the tiles that a batch fills up when it follows on `size` leaves, the lower levels first.

    `partial` gives the hashes of a level's partial tile as they are before; it is asked only where they are needed.
    """
    tiles: list[Tile] = []
    level, fresh = 0, list(leaf_hashes)
    while fresh:
        count = size >> (HEIGHT * level)
        if count % WIDTH + len(fresh) < WIDTH:
            break
        row = [*(partial(level) if count % WIDTH else ()), *fresh]
        index = count // WIDTH
        parts = [row[n * WIDTH : (n + 1) * WIDTH] for n in range(len(row) // WIDTH)]
        made = [Tile(level, index + n, b"".join(part), tree_root(part)) for n, part in enumerate(parts)]
        tiles += made
        level, fresh = level + 1, [tile.root for tile in made]
    return tiles


# --- Entries -----------------------------------------------------------------------------------------------------


def entry_bundle(leaves: Iterable[bytes]) -> bytes:
    """Return the bundle of entries: each after its length in two bytes."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
