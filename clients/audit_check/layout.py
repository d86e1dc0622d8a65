"""Where a log keeps its tiles and entries, and how they are written (C2SP tlog-tiles)."""

from collections.abc import Iterator, Sequence

from audit_check.merkle import HASH_BYTES, Frontier, node_hash

WIDTH = 256
_HEIGHT = 8  # of the subtree that a full tile is
_LONGEST_ENTRY = (1 << 16) - 1
LARGEST_FILE = WIDTH * (2 + _LONGEST_ENTRY)


class LayoutError(Exception):
    """A tile is not as long as it must be."""


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return where a tile stands; `level` is its level, or "entries" for the bundle of entries."""
    digits = f"{number:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    path = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def levels(size: int) -> int:
    """Return how many levels of tiles a tree of this size has."""
    count = 0
    while size >> (_HEIGHT * count):
        count += 1
    return count


def width_of(size: int, level: int, number: int) -> int:
    """Return how many hashes a tile of the tree of this size has, 0 where there is no such tile."""
    return max(0, min(WIDTH, (size >> (_HEIGHT * level)) - number * WIDTH))


def span(level: int, number: int, size: int) -> tuple[int, int]:
    """Return the first and the last entry below a tile."""
    first = number * WIDTH << (_HEIGHT * level)
    return first, min(size, (number + 1) * WIDTH << (_HEIGHT * level)) - 1


def hashes_of(tile: bytes, width: int) -> list[bytes]:
    """Return the hashes of a tile; a full tile serves for a narrower one. Raises `LayoutError`."""
    if len(tile) not in {width * HASH_BYTES, WIDTH * HASH_BYTES}:
        raise LayoutError(f"a tile of {width} hashes has {len(tile)} bytes")
    return [tile[place : place + HASH_BYTES] for place in range(0, width * HASH_BYTES, HASH_BYTES)]


def entries_of(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    A rest that is no entry is given as it is, with its length before it, so that it counts as one and fits no hash.
    """
    entries: list[bytes] = []
    place = 0
    while place < len(bundle):
        start = place + 2
        end = start + int.from_bytes(bundle[place:start])
        if end > len(bundle):
            return [*entries, bundle[place:]]
        entries.append(bundle[start:end])
        place = end
    return entries


def edge_tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """Give level, number and width of the partial tiles at the right edge, the highest first: they make the root."""
    for level in reversed(range(levels(size))):
        number, width = divmod(size >> (_HEIGHT * level), WIDTH)
        if width:
            yield level, number, width


def edge_root(size: int, hashes: Sequence[bytes]) -> bytes:
    """Return the root that the hashes of the partial tiles make, given in the order of `edge_tiles`."""
    frontier, given = Frontier(), iter(hashes)
    for level, _, width in edge_tiles(size):
        for _ in range(width):
            frontier.append(next(given), _HEIGHT * level)
    return frontier.root()


def full_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a full tile, which is a hash of the tile above."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
