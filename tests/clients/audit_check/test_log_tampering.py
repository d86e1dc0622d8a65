"""Thousands of random changes to a log that was signed: each is found, and the first entry affected is named."""

import random

import pytest

from audit_check.checking import Asked, Report, check_log
from audit_check.findings import OF_ENTRIES, Kind
from audit_check.notes import parse_key
from tests.clients.logs import (
    LOG_KEY,
    Log,
    Signer,
    bundles,
    checkpoint_text,
    entries,
    entry,
    leaf_hashes,
    make_log,
    signed,
    tile_name,
    tiles,
    tree_hash,
)

KEY = parse_key(LOG_KEY.vkey, 1)
SIZES = (1, 2, 255, 256, 257, 511, 700, 1024)
LOGS = {size: make_log(entries(size)) for size in SIZES}


def check(log: Log, **asked) -> Report:
    return check_log(log, Asked(key=KEY, **asked))


def first_entry(report: Report) -> tuple[Kind, int | None]:
    """Return what is said of the first entry that is named as affected."""
    named = [found for found in report.findings if found.kind in OF_ENTRIES]
    assert named, report.findings
    assert named[0].first == named[0].last, named[0]
    return named[0].kind, named[0].first


def with_entries(log: Log, leaves: list[bytes]) -> Log:
    """Return the log as it serves these entries instead of its own."""
    changed = log.copy()
    changed.files |= bundles(leaves, len(log.leaves))
    return changed


@pytest.mark.parametrize("size", SIZES)
def test_an_untouched_log_is_proven_to_its_last_entry(size: int) -> None:
    report = check(LOGS[size])
    assert (report.findings, report.entries) == ([], size)


def test_an_empty_log_is_proven() -> None:
    assert check(make_log([])).findings == []


def test_a_log_that_claims_to_be_empty_under_another_root_is_not_proven() -> None:
    log = make_log([])
    log.files["checkpoint"] = signed(checkpoint_text(0, b"\1" * 32), LOG_KEY)
    assert [found.kind for found in check(log).findings] == [Kind.CHECKPOINT]


def changed(leaves: list[bytes], kind: Kind, chance: random.Random) -> tuple[list[bytes], int]:
    """Return entries changed in one way at random, and the first that is affected."""
    leaves, place = list(leaves), chance.randrange(len(leaves))
    if kind is Kind.ALTERED:
        leaf = bytearray(leaves[place])
        leaf[chance.randrange(len(leaf))] ^= 1 << chance.randrange(8)
        leaves[place] = bytes(leaf)
    elif kind is Kind.REMOVED:
        del leaves[place : place + chance.randint(1, 3)]
    elif kind is Kind.INSERTED:
        place = chance.randrange(len(leaves) + 1)
        new = chance.choice([entry(10**6), leaves[chance.randrange(len(leaves))]])
        leaves.insert(place, new)
        while place < len(leaves) - 1 and leaves[place + 1] == new:
            place += 1  # a copy right before its original: the second of the two is the one too many
    else:
        other = chance.choice([n for n in range(len(leaves)) if n != place])
        if chance.random() < 0.5:
            leaves[place], leaves[other] = leaves[other], leaves[place]
        else:
            leaves.insert(other, leaves.pop(place))
        place = min(place, other)
    return leaves, place


@pytest.mark.parametrize("kind", [Kind.ALTERED, Kind.REMOVED, Kind.INSERTED, Kind.REORDERED])
def test_entries_changed_in_the_table_are_named(kind: Kind) -> None:
    chance = random.Random(kind)
    for _ in range(500):
        log = LOGS[chance.choice([size for size in SIZES if size > 1])]
        leaves, place = changed(log.leaves, kind, chance)
        assert first_entry(check(with_entries(log, leaves))) == (kind, place)


def test_an_entry_too_few_or_too_many_in_one_bundle_alone_is_named() -> None:
    chance = random.Random(1)
    for _ in range(200):
        log = LOGS[1024].copy()
        number, place = chance.randrange(4), chance.randrange(256)
        part = log.leaves[number * 256 : number * 256 + 256]
        kind = chance.choice([Kind.REMOVED, Kind.INSERTED])
        if kind is Kind.REMOVED:
            del part[place]
        else:
            part.insert(place, entry(10**6))
        log.files[tile_name("entries", number, 256)] = next(iter(bundles(part, 256).values()))
        assert first_entry(check(log)) == (kind, number * 256 + place)


def test_any_byte_of_a_bundle_betrays_its_entry() -> None:
    chance = random.Random(2)
    for _ in range(500):
        log = LOGS[chance.choice(SIZES)].copy()
        name = chance.choice([name for name in log.files if name.startswith("tile/entries")])
        data = bytearray(log.files[name])
        place = chance.randrange(len(data))
        data[place] ^= 1 << chance.randrange(8)
        log.files[name] = bytes(data)
        number = sorted(n for n in log.files if n.startswith("tile/entries")).index(name)
        end, index = 0, number * 256
        for leaf in log.leaves[index:]:
            end += 2 + len(leaf)
            if place < end:
                break
            index += 1
        named = first_entry(check(log))
        assert named[1] == index, (name, place)


def test_a_tile_that_is_changed_or_gone_is_named_while_the_entries_stay_proven() -> None:
    chance = random.Random(3)
    for _ in range(500):
        log = LOGS[chance.choice(SIZES)].copy()
        name = chance.choice([n for n in log.files if n.startswith("tile/") and "entries" not in n])
        level = int(name.split("/")[1])
        data = bytearray(log.files[name])
        how = chance.choice(["byte", "gone", "short"])
        place = chance.randrange(len(data))
        data[place] ^= 1 << chance.randrange(8)
        if how == "gone":
            del log.files[name]
        else:
            log.files[name] = bytes(data) if how == "byte" else bytes(data[:-1])
        (found,) = check(log).findings
        assert found.where == name
        assert found.kind is (Kind.TILE if how == "byte" else Kind.TILE_MISSING)
        if how == "byte":
            before = sum(1 for n in log.files if n.startswith(f"tile/{level}/") and n < name)
            index = (before * 256 + place // 32) << (8 * level)
            assert found.first == index


def test_an_entry_and_another_hash_changed_together_are_told_apart() -> None:
    chance = random.Random(4)
    for _ in range(200):
        size = chance.choice([256, 257, 700, 1024])
        log, place, other = LOGS[size].copy(), chance.randrange(256), chance.randrange(256)
        if place == other:
            continue
        leaves = list(log.leaves)
        leaves[place] = entry(10**6)
        log.files |= bundles(leaves)
        name = tile_name(0, 0, 256)
        data = bytearray(log.files[name])
        data[other * 32] ^= 1
        log.files[name] = bytes(data)
        report = check(log)
        assert first_entry(report) == (Kind.ALTERED, place)
        assert [(f.kind, f.first) for f in report.findings if f.kind is Kind.TILE] == [(Kind.TILE, other)]


def test_an_entry_changed_with_its_own_hash_is_found_among_those_of_its_tile() -> None:
    chance = random.Random(5)
    for _ in range(100):
        log, place = LOGS[1024].copy(), chance.randrange(1024)
        leaves = list(log.leaves)
        leaves[place] = entry(10**6)
        log.files |= bundles(leaves)
        start = place // 256 * 256
        log.files[tile_name(0, start // 256, 256)] = b"".join(leaf_hashes(leaves[start : start + 256]))
        (found,) = check(log).findings
        assert (found.kind, found.first, found.last) == (Kind.UNPROVEN, start, start + 255)


def rewritten(log: Log, place: int) -> Log:
    """Return a log whose entry was changed with all that hangs on it, save what only the key can sign."""
    leaves = list(log.leaves)
    leaves[place] = entry(10**6)
    return Log({**log.files, **bundles(leaves), **tiles(leaf_hashes(leaves))}, leaves)


def test_a_tree_made_anew_without_the_key_does_not_fit_the_checkpoint() -> None:
    (found,) = check(rewritten(LOGS[700], 300)).findings
    assert (found.kind, found.first, found.last) == (Kind.UNPROVEN, 0, 699)


def test_checkpoints_kept_narrow_it_down() -> None:
    kept = [make_log(entries(size)).files["checkpoint"] for size in (100, 290, 400, 600)]
    report = check(rewritten(LOGS[700], 300), since=kept)
    assert [(f.kind, f.first, f.last) for f in report.findings] == [
        (Kind.REWRITTEN, 290, 399),
        (Kind.UNPROVEN, 290, 699),
    ]
    assert [one.size for one in report.continued] == [100, 290]


def test_a_log_rewritten_and_signed_anew_does_not_continue_what_was_kept() -> None:
    leaves = entries(700)
    leaves[300] = entry(10**6)
    new, kept = make_log(leaves), [make_log(entries(size)).files["checkpoint"] for size in (0, 256, 512)]
    assert check(new).findings == []
    (found,) = check(new, since=kept).findings
    assert (found.kind, found.first, found.last) == (Kind.REWRITTEN, 256, 511)


def test_a_log_that_shrank_is_named() -> None:
    (found,) = check(LOGS[257], since=[LOGS[700].files["checkpoint"]]).findings
    assert (found.kind, found.first, found.last) == (Kind.SHRUNK, 257, 699)


def test_any_byte_of_the_checkpoint_matters() -> None:
    chance = random.Random(6)
    good = LOGS[257].files["checkpoint"]
    for place in range(len(good)):
        log = LOGS[257].copy()
        data = bytearray(good)
        data[place] ^= 1 << chance.randrange(8)
        log.files["checkpoint"] = bytes(data)
        (found,) = check(log).findings
        assert found.kind is Kind.CHECKPOINT


@pytest.mark.parametrize("size", [256, 258])
def test_a_size_that_another_key_signed_is_not_taken(size: int) -> None:
    log = LOGS[257].copy()
    text = checkpoint_text(size, tree_hash(LOGS[257].hashes[:size]))
    log.files["checkpoint"] = signed(text, Signer(LOG_KEY.name, seed=b"o" * 32))
    (found,) = check(log).findings
    assert found.kind is Kind.CHECKPOINT


def test_a_checkpoint_of_another_log_by_the_same_key_is_not_taken() -> None:
    log = LOGS[257].copy()
    log.files["checkpoint"] = signed(checkpoint_text(257, log.root, "elsewhere.example"), LOG_KEY)
    (found,) = check(log).findings
    assert found.kind is Kind.CHECKPOINT


def test_bundles_that_are_not_served_are_named_as_one_gap() -> None:
    log = LOGS[1024].copy()
    for number in (1, 2):
        del log.files[tile_name("entries", number, 256)]
    (found,) = check(log).findings
    assert (found.kind, found.first, found.last) == (Kind.MISSING, 256, 767)


def test_where_entries_are_not_asked_for_the_tiles_alone_are_proven() -> None:
    report = check(with_entries(LOGS[700], entries(700, start=5)), entries=False)
    assert (report.findings, report.entries) == ([], None)


def test_partial_tiles_that_made_room_for_full_ones_are_not_missed() -> None:
    log, larger = LOGS[700].copy(), LOGS[1024]
    for name in [name for name in log.files if ".p/" in name]:
        del log.files[name]
    log.files |= {name: data for name, data in larger.files.items() if name.startswith("tile/") and ".p/" not in name}
    log.files |= {name: data for name, data in LOGS[700].files.items() if name.startswith("tile/1/")}
    report = check(log)
    assert (report.findings, report.entries) == ([], 700)


def test_in_a_tree_of_three_levels_each_level_is_checked() -> None:
    count, chance = 66_000, random.Random(11)
    leaves = [b"%d" % number for number in range(count)]
    log = make_log(leaves)
    assert check(log).findings == []
    place = chance.randrange(count)
    leaves[place] = b"other"
    assert first_entry(check(with_entries(log, leaves))) == (Kind.ALTERED, place)
    for name in (tile_name(2, 0, 1), tile_name(1, 0, 256), tile_name(1, 1, 1), tile_name(0, 100, 256)):
        changed = log.copy()
        changed.files[name] = bytes([changed.files[name][0] ^ 1]) + changed.files[name][1:]
        (found,) = check(changed).findings
        assert (found.kind, found.where) == (Kind.TILE, name)
    # A hash and the one above it, with entries as they were: only they can tell.
    changed = log.copy()
    changed.files[tile_name(0, 3, 256)] = b"x" * 32 + changed.files[tile_name(0, 3, 256)][32:]
    part = changed.files[tile_name(0, 3, 256)]
    new = tree_hash(tuple(part[n : n + 32] for n in range(0, 8192, 32)))
    above = changed.files[tile_name(1, 0, 256)]
    changed.files[tile_name(1, 0, 256)] = above[:96] + new + above[128:]
    assert [(f.kind, f.where, f.first) for f in check(changed).findings] == [
        (Kind.TILE, tile_name(0, 3, 256), 768),
        (Kind.TILE, tile_name(1, 0, 256), 768),
    ]
