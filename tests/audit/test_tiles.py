"""Tiles: their addresses, their hashes, which a batch completes, and bundles of entries. Pure."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import Node, leaf_hash, tree_root
from audit.tiles import (
    HEIGHT,
    WIDTH,
    Place,
    completed,
    entry_bundle,
    node_in,
    parse_path,
    partial_width,
    split_hashes,
    tile_of,
    tiles_of,
)
from tests.audit.trees import split_bundle


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


MANY = leaves(70_000)


def level_of(hashes: Sequence[bytes], level: int) -> list[bytes]:
    """The hashes of all full tiles below, by the definition."""
    for _ in range(level):
        full = len(hashes) // WIDTH
        hashes = [tree_root(hashes[n * WIDTH : (n + 1) * WIDTH]) for n in range(full)]
    return list(hashes)


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Place(0, 0), "0/000"),
        (Place(0, 1234067), "0/x001/x234/067"),
        (Place(1, 5, 17), "1/005.p/17"),
        (Place(7, 0, 127), "7/000.p/127"),
        (Place(0, 1000), "0/x001/000"),
        (Place(None, 273, 112), "entries/273.p/112"),
    ],
)
def test_addresses_are_those_of_the_specification(place: Place, path: str) -> None:
    assert place.path == path
    assert parse_path(path) == place


@given(st.none() | st.integers(0, 2), st.integers(0, 10**11), st.integers(1, 256))
def test_every_address_names_its_tile(level: int | None, index: int, width: int) -> None:
    assert parse_path(Place(level, index, width).path) == Place(level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "", "0", "0/", "0/0", "0/00", "0/0000", "00/000", "64/000", "63/000", "7/000.p/128",
        "0/x036/x028/x797/x018/x963/968",
        "-1/000", "0/x000/000", "0/001/000", "0/x001",
        "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000.p", "0/000/", "/0/000", "0/000\n", "0/٠٠٠",
        "entry/000", "entries/x1/000", "0/000.p/1/000", "0/../000",
    ],
)  # fmt: skip
def test_what_is_no_address_or_not_in_its_one_form_names_nothing(path: str) -> None:
    assert parse_path(path) is None


def test_the_tiles_of_a_tree_are_those_of_the_specifications_examples() -> None:
    tiles = list(tiles_of(70_000))
    assert [place for place in tiles if place.level == 0][-2:] == [Place(0, 272), Place(0, 273, 112)]
    assert tiles[274:] == [Place(1, 0), Place(1, 1, 17), Place(2, 0, 1)]
    assert list(tiles_of(256)) == [Place(0, 0), Place(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.lists(st.integers(0, 700), max_size=8))
def test_batches_complete_each_tile_of_the_tree_once_however_they_are_cut(batches: list[int]) -> None:
    size, found = 0, {}
    for count in batches:
        before = size

        def partial(level: int, before: int = before) -> list[bytes]:
            return level_of(MANY[:before], level)[-partial_width(level, before) :]

        for tile in completed(size, MANY[size : size + count], partial):
            assert (tile.level, tile.index) not in found
            found[tile.level, tile.index] = tile
        size += count
    full = {(place.level, place.index) for place in tiles_of(size) if place.width == WIDTH}
    assert found.keys() == full
    for (level, index), tile in found.items():
        hashes = level_of(MANY[:size], level)[index * WIDTH : (index + 1) * WIDTH]
        assert split_hashes(tile.hashes) == hashes
        assert tile.root == tree_root(hashes)


def test_a_batch_may_complete_tiles_of_several_levels() -> None:
    made = completed(256 * 255, MANY[256 * 255 : 256 * 256 + 5], lambda level: level_of(MANY[: 256 * 255], level))
    assert [(tile.level, tile.index) for tile in made] == [(0, 255), (1, 0)]
    assert made[-1].root == tree_root(MANY[: 256 * 256])


@given(st.data(), st.integers(0, 16))
def test_a_node_is_made_from_its_tile(data: st.DataObject, level: int) -> None:
    node = Node(level, data.draw(st.integers(0, (len(MANY) >> level) - 1)))
    tile_level, index = tile_of(node)
    assert tile_level == level // HEIGHT
    row = b"".join(level_of(MANY, tile_level)[index * WIDTH : (index + 1) * WIDTH])
    assert node_in(row, node) == tree_root(MANY[node.index << level : (node.index + 1) << level])


def test_a_node_beyond_a_partial_tile_is_not_made() -> None:
    assert node_in(b"".join(MANY[:6]), Node(1, 2)) == tree_root(MANY[4:6])
    with pytest.raises(ValueError, match="does not reach"):
        node_in(b"".join(MANY[:5]), Node(1, 2))


def test_widths_of_partial_tiles_are_those_of_the_specification() -> None:
    assert [partial_width(level, 70_000) for level in range(4)] == [112, 17, 1, 0]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert split_bundle(entry_bundle(entries)) == entries


def test_a_bundle_is_these_bytes_and_holds_no_longer_entry_than_its_length_can_say() -> None:
    assert entry_bundle([b"ab", b"", b"c" * 258]) == b"\x00\x02ab\x00\x00\x01\x02" + b"c" * 258
    with pytest.raises(OverflowError):
        entry_bundle([bytes(65536)])
