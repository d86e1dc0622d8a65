"""The proof that a log only grew, made from its tiles by the witness itself: the log's word is not asked for it."""

from collections.abc import Sequence

from audit_check.layout import WIDTH, full_root, width_of
from audit_check.merkle import consistency_proof, node_hash
from audit_check.sources import Source, UnreadableError
from audit_check.tree import read_tile

_HEIGHT = 8


class Tiles:
    """The tiles of a log of `size` entries, each read once."""

    def __init__(self, source: Source, size: int) -> None:
        self._source, self._size = source, size
        self._tiles: dict[tuple[int, int], Sequence[bytes | None]] = {}

    def proof_since(self, old: int) -> list[bytes]:
        """Return the consistency proof from the tree of `old` entries, which are no fewer than one.

        Raises `UnreadableError` where a tile that it needs is not served; whether it proves anything is not checked.
        """
        return consistency_proof(old, self._size, self._root)

    def _root(self, start: int, end: int) -> bytes:
        """Return the root over the entries from `start` to `end`: a full subtree, or all up to the right edge."""
        count = end - start
        if count & (count - 1):
            half = 1 << count.bit_length() - 1
            return node_hash(self._root(start, start + half), self._root(start + half, end))
        level, height = divmod(count.bit_length() - 1, _HEIGHT)
        number, offset = divmod(start >> (_HEIGHT * level), WIDTH)
        return full_root(self._hashes(level, number)[offset : offset + (1 << height)])

    def _hashes(self, level: int, number: int) -> list[bytes]:
        if (level, number) not in self._tiles:
            width = width_of(self._size, level, number)
            self._tiles[level, number] = read_tile(self._source, level, number, width)
        known = [one for one in self._tiles[level, number] if one is not None]
        if not known:
            raise UnreadableError(f"the log does not serve tile {number} of level {level}")
        return known
