"""A log's tiles, checked from the signed root downwards, so that each hash used is one that the root vouches for.

Where a tile is not what the hash above it says, what stands below it (tiles, in the end entries) is asked: the mixture
of both that fits the hash above tells which hashes were changed. Where none fits, nothing below is proven.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audit_check.findings import Finding, Kind
from audit_check.layout import WIDTH, LayoutError, edge_root, edge_tiles, full_root, hashes_of, span, tile_path
from audit_check.sources import Source, read_all

_MOST_MIXTURES = 1024

Hashes = Sequence[bytes | None]
Place = tuple[int, int, int]  # level, number, width


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaf hashes of one tile of level 0, None where unknown; `proven` where the signed root vouches for them."""

    start: int
    hashes: Hashes
    proven: bool


def read_tile(source: Source, level: int, number: int, width: int) -> Hashes:
    """Return a tile's hashes; a partial tile may have made room for the full one. None each where it is of no use."""
    data = source.read(tile_path(level, number, width))
    if data is None and width < WIDTH:
        data = source.read(tile_path(level, number))
    return _hashes(data, width)


def _hashes(data: bytes | None, width: int) -> Hashes:
    if data is not None:
        try:
            return hashes_of(data, width)
        except LayoutError:
            pass
    return [None] * width


class Tree:
    """The tree of a checkpoint as tiles tell it; `bundle(number)` gives the leaf hashes of a bundle's entries."""

    def __init__(self, source: Source, size: int, root: bytes, bundle: Callable[[int], Sequence[bytes] | None]) -> None:
        self.faults: list[Finding] = []
        self._source, self._size, self._root, self._bundle = source, size, root, bundle

    def leaves(self) -> Iterator[Leaves]:
        """Give the tiles of level 0 from left to right, and note in `faults` which tiles are not what they must be."""
        edge = list(edge_tiles(self._size))
        served = [found for place in edge for found in read_tile(self._source, *place)]
        hashes, proven = self._resolve(edge, served, self._root, lambda found: edge_root(self._size, found))
        full = read_all(self._source, (tile_path(0, number) for number in range(self._size // WIDTH)))
        given = iter(hashes)
        for level, number, width in edge:
            yield from self._below(level, number, list(itertools.islice(given, width)), full, proven=proven)

    def _below(
        self, level: int, number: int, hashes: Hashes, full: Iterator[bytes | None], *, proven: bool
    ) -> Iterator[Leaves]:
        if level == 0:
            yield Leaves(number * WIDTH, hashes, proven)
            return
        for child, expected in enumerate(hashes, number * WIDTH):
            place = (level - 1, child, WIDTH)
            served = _hashes(next(full), WIDTH) if level == 1 else read_tile(self._source, *place)
            found, fits = self._resolve([place], served, expected if proven else None, full_root)
            yield from self._below(level - 1, child, found, full, proven=fits)

    def _resolve(
        self, places: list[Place], served: Hashes, expected: bytes | None, root: Callable[[Sequence[bytes]], bytes]
    ) -> tuple[Hashes, bool]:
        """Return the hashes that make the expected root, and whether there are any; else those that are served."""
        if (known := _complete(served)) is not None and root(known) == expected:
            return known, True
        if expected is None:
            return served, False
        rebuilt: list[Hashes] = []
        for deep in (False, True):
            rebuilt.append([found for place in places for found in self._rebuilt(*place, deep=deep)])
            truth = _mixture(served, rebuilt, expected, root)
            if truth is not None:
                self._note(places, served, truth)
                return truth, True
        first, last = span(*places[0][:2], self._size)[0], span(*places[-1][:2], self._size)[1]
        self.faults.append(Finding(Kind.UNPROVEN, first, last, ", ".join(tile_path(*place) for place in places)))
        return served, False

    def _rebuilt(self, level: int, number: int, width: int, *, deep: bool) -> Hashes:
        """Return what a tile's hashes should be by the tiles right below it, or where `deep` by the entries."""
        if level == 0:
            found = self._bundle(number)
            return found if found is not None and len(found) == width else [None] * width
        hashes: list[bytes | None] = []
        for child in range(number * WIDTH, number * WIDTH + width):
            below = _complete(self._rebuilt(level - 1, child, WIDTH, deep=True)) if deep else None
            below = below or _complete(read_tile(self._source, level - 1, child, WIDTH))
            hashes.append(full_root(below) if below else None)
        return hashes

    def _note(self, places: list[Place], served: Hashes, truth: Sequence[bytes]) -> None:
        """Note which tiles were missing, and which hashes of others were changed."""
        place = 0
        for level, number, width in places:
            pairs = list(zip(served[place : place + width], truth[place : place + width], strict=True))
            wrong = [index for index, (had, true) in enumerate(pairs) if had != true]
            place += width
            if not wrong:
                continue
            kind = Kind.TILE_MISSING if pairs[wrong[0]][0] is None else Kind.TILE
            # Each hash of this tile is the root of a tile one level below, or a leaf.
            first, last = (((number * WIDTH + index) << (8 * level)) for index in (wrong[0], wrong[-1] + 1))
            self.faults.append(Finding(kind, first, min(last, self._size) - 1, tile_path(level, number, width)))


def _complete(hashes: Hashes) -> list[bytes] | None:
    known = [found for found in hashes if found is not None]
    return known if len(known) == len(hashes) else None


def _mixture(
    served: Hashes, rebuilt: Sequence[Hashes], expected: bytes, root: Callable[[Sequence[bytes]], bytes]
) -> list[bytes] | None:
    """Return that mixture of what is served and what was rebuilt which makes the expected root."""
    # In a dict, for its order: what is served is tried first.
    choices = [
        list(dict.fromkeys(one for one in each if one is not None)) for each in zip(served, *rebuilt, strict=True)
    ]
    if math.prod(len(each) for each in choices) > _MOST_MIXTURES:
        # Too many to try; most likely one side is right as a whole.
        sides = [side for side in map(_complete, (served, *rebuilt)) if side is not None]
        return next((side for side in sides if root(side) == expected), None)
    return next((list(each) for each in itertools.product(*choices) if root(each) == expected), None)
