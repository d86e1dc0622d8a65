"""Archives, by themselves and in place of what the log serves no more: each change is found and its entry named."""

import random
from pathlib import Path

import pytest

from audit_check.archives import check_archive, find_archives, open_archive
from audit_check.checking import Asked, Report, check_log
from audit_check.findings import OF_ENTRIES, Finding, Kind
from audit_check.notes import parse_key
from audit_check.sources import UnreadableError
from tests.clients.logs import (
    LOG_KEY,
    Log,
    Signer,
    archive_rows,
    bundle,
    entries,
    entry,
    hashed,
    make_log,
    signed,
    tile_name,
    write_archive,
)

KEY = parse_key(LOG_KEY.vkey, 1)
LEAVES = entries(900)
LOG = make_log(LEAVES)


@pytest.fixture
def pruned() -> Log:
    """Return a log whose first 512 entries were archived and are served no more."""
    log = LOG.copy()
    for number in (0, 1):
        del log.files[tile_name("entries", number, 256)]
    return log


def archives(folder: Path) -> Path:
    write_archive(folder / "2026-03.parquet", archive_rows(LEAVES, 0, 299))
    write_archive(folder / "2026-04.parquet", archive_rows(LEAVES, 300, 511))
    return folder


def check(log: Log, folder: Path) -> Report:
    return check_log(log, Asked(key=KEY, archives=find_archives(folder, KEY)))


def alone(path: Path) -> list[Finding]:
    return list(check_archive(open_archive(path, KEY)))


def entry_named(report: Report) -> tuple[Kind, int | None, int | None]:
    return next((f.kind, f.first, f.last) for f in report.findings if f.kind in OF_ENTRIES)


def test_archived_entries_prove_what_is_served_no_more(pruned: Log, tmp_path: Path) -> None:
    report = check(pruned, archives(tmp_path))
    assert (report.findings, report.entries) == ([], 900)


def test_entries_may_be_served_and_archived(tmp_path: Path) -> None:
    assert check(LOG, archives(tmp_path)).findings == []


def test_an_archive_by_itself_is_proven(tmp_path: Path) -> None:
    archives(tmp_path)
    archive = open_archive(tmp_path / "2026-04.parquet", KEY)
    assert list(check_archive(archive)) == []
    assert (archive.rows, archive.first, archive.last) == (212, 300, 511)


def test_an_archive_that_is_not_there_leaves_a_gap(pruned: Log, tmp_path: Path) -> None:
    archives(tmp_path)
    for path in tmp_path.glob("2026-04*"):
        path.unlink()
    (found,) = check(pruned, tmp_path).findings
    assert (found.kind, found.first, found.last) == (Kind.MISSING, 300, 511)


def test_rows_changed_under_the_old_note_are_named(pruned: Log, tmp_path: Path) -> None:
    archives(tmp_path)
    path = tmp_path / "2026-04.parquet"
    note = path.with_name("2026-04.parquet.note").read_bytes()
    chance = random.Random(7)
    for _ in range(120):
        rows, place = archive_rows(LEAVES, 300, 511), chance.randrange(212)
        kind = chance.choice([Kind.ALTERED, Kind.REMOVED, Kind.REORDERED])
        if kind is Kind.ALTERED:
            new = entry(10**6)
            # With its hash, so that only the log's tree or the file's digest can tell.
            rows[place] = (300 + place, hashed(b"\0" + new), new)
        elif kind is Kind.REMOVED:
            del rows[place]
        else:
            other = chance.choice([n for n in range(212) if n != place])
            moved = rows[place], rows[other]
            rows[place], rows[other] = (300 + place, *moved[1][1:]), (300 + other, *moved[0][1:])
            place = min(place, other)
        write_archive(path, rows, note=note)
        assert entry_named(check(pruned, tmp_path)) == (kind, 300 + place, 300 + place)
        assert any(f.kind is Kind.ARCHIVE for f in check(pruned, tmp_path).findings)
        assert alone(path)


def test_a_row_whose_hash_is_not_its_leafs_is_named_without_the_log(tmp_path: Path) -> None:
    archives(tmp_path)
    path = tmp_path / "2026-04.parquet"
    rows = archive_rows(LEAVES, 300, 511)
    rows[20] = (320, rows[20][1], entry(10**6))
    write_archive(path, rows)
    (found,) = alone(path)
    assert (found.kind, found.first, found.last) == (Kind.ALTERED, 320, 320)


@pytest.mark.parametrize(
    ("change", "kind", "first"),
    [
        (lambda rows: rows.pop(20), Kind.REMOVED, 320),
        (lambda rows: rows.insert(20, rows[19]), Kind.INSERTED, 320),
        (lambda rows: rows.append((512, *rows[0][1:])), Kind.INSERTED, 512),
        (lambda rows: rows.insert(30, rows.pop(20)), Kind.REORDERED, 320),
        (lambda rows: rows.pop(), Kind.REMOVED, 511),
    ],
)
def test_rows_out_of_place_are_named_without_the_log(change, kind, first, tmp_path: Path) -> None:
    archives(tmp_path)
    path = tmp_path / "2026-04.parquet"
    rows, note = archive_rows(LEAVES, 300, 511), path.with_name("2026-04.parquet.note").read_bytes()
    change(rows)
    write_archive(path, rows, note=note)
    assert (alone(path)[0].kind, alone(path)[0].first) == (kind, first)


def test_any_byte_of_an_archive_matters(pruned: Log, tmp_path: Path) -> None:
    path = write_archive(tmp_path / "all.parquet", archive_rows(LEAVES, 0, 511))
    good, chance = path.read_bytes(), random.Random(8)
    for _ in range(300):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        assert any(found.kind is Kind.ARCHIVE for found in alone(path))
        assert any(found.kind is Kind.ARCHIVE for found in check(pruned, tmp_path).findings)


def test_any_byte_of_a_note_matters(tmp_path: Path) -> None:
    archives(tmp_path)
    note = tmp_path / "2026-03.parquet.note"
    good, chance = note.read_bytes(), random.Random(9)
    for place in range(len(good)):
        data = bytearray(good)
        data[place] ^= 1 << chance.randrange(8)
        note.write_bytes(data)
        (found,) = alone(tmp_path / "2026-03.parquet")
        assert found.kind is Kind.ARCHIVE


@pytest.mark.parametrize(
    "lines",
    [
        ["{origin}", "a.parquet", "{digest}", "512", "0", "511"],
        ["{origin}/archive", "b.parquet", "{digest}", "512", "0", "511"],
        ["{origin}/archive", "a.parquet", "{digest}", "511", "0", "511"],
        ["{origin}/archive", "a.parquet", "{digest}", "513", "0", "511"],
        ["{origin}/archive", "a.parquet", "{digest}", "0", "0", "511"],
        ["{origin}/archive", "a.parquet", "{digest}", "512", "0", "600"],
        ["{origin}/archive", "a.parquet", "{digest}", "512", "1", "512"],
        ["{origin}/archive", "a.parquet", "0" * 64, "512", "0", "511"],
        ["{origin}/archive", "a.parquet", "{digest}", "512", "0", "511", "more"],
        ["{origin}/archive", "a.parquet", "{digest}", "0512", "0", "511"],
    ],
)
def test_a_signed_note_that_says_something_else_does_not_serve(lines: list[str], tmp_path: Path) -> None:
    import hashlib

    path = write_archive(tmp_path / "a.parquet", archive_rows(LEAVES, 0, 511))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    text = "".join(f"{line.format(origin=LOG_KEY.name, digest=digest)}\n" for line in lines)
    path.with_name("a.parquet.note").write_bytes(signed(text, LOG_KEY))
    assert alone(path)


def test_a_note_by_another_key_does_not_serve(tmp_path: Path) -> None:
    stranger = Signer(LOG_KEY.name, seed=b"o" * 32)
    path = write_archive(tmp_path / "a.parquet", archive_rows(LEAVES, 0, 511), key=stranger)
    (found,) = alone(path)
    assert found.kind is Kind.ARCHIVE


def test_an_archive_without_a_note_cannot_be_told_of(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.parquet", archive_rows(LEAVES, 0, 511))
    path.with_name("a.parquet.note").unlink()
    with pytest.raises(UnreadableError):
        open_archive(path, KEY)


def test_archives_that_hold_an_entry_twice_are_named(pruned: Log, tmp_path: Path) -> None:
    archives(tmp_path)
    write_archive(tmp_path / "again.parquet", archive_rows(LEAVES, 290, 310))
    (found,) = check(pruned, tmp_path).findings
    assert (found.kind, found.first, found.last) == (Kind.TWICE, 290, 310)


def interleaved(folder: Path) -> Path:
    """Archive two months whose entries got their places in turns where the months meet, the first 430 in all."""
    rows = archive_rows(LEAVES, 0, 429)
    late = {205, 207, 208, 260, 300}
    write_archive(folder / "2026-03.parquet", [row for row in rows if row[0] < 200 or row[0] in late])
    write_archive(folder / "2026-04.parquet", [row for row in rows if row[0] >= 200 and row[0] not in late])
    return folder


def test_archives_may_be_interleaved_where_they_meet(pruned: Log, tmp_path: Path) -> None:
    # The bundle of which a part is archived: the log serves the rest.
    pruned.files[tile_name("entries", 1, 256)] = bundle(LEAVES[430:512])
    report = check(pruned, interleaved(tmp_path))
    assert (report.findings, report.entries) == ([], 900)
    for path in tmp_path.glob("*.parquet"):
        assert alone(path) == []


def test_the_rest_of_a_bundle_whose_part_is_archived_is_checked_too(pruned: Log, tmp_path: Path) -> None:
    interleaved(tmp_path)
    for kind, place, rest in (
        (Kind.ALTERED, 440, [*LEAVES[430:440], entry(10**6), *LEAVES[441:512]]),
        (Kind.REMOVED, 440, [*LEAVES[430:440], *LEAVES[441:512]]),
        (Kind.REMOVED, 511, LEAVES[430:511]),
        (Kind.INSERTED, 440, [*LEAVES[430:440], entry(10**6), *LEAVES[440:512]]),
        (Kind.REORDERED, 440, [*LEAVES[430:440], LEAVES[441], LEAVES[440], *LEAVES[442:512]]),
    ):
        pruned.files[tile_name("entries", 1, 256)] = bundle(rest)
        assert entry_named(check(pruned, tmp_path)) == (kind, place, place)


def test_a_row_taken_out_of_interleaved_archives_is_named(pruned: Log, tmp_path: Path) -> None:
    pruned.files[tile_name("entries", 1, 256)] = bundle(LEAVES[430:512])
    interleaved(tmp_path)
    path = tmp_path / "2026-03.parquet"
    note = path.with_name("2026-03.parquet.note").read_bytes()
    rows = [row for row in archive_rows(LEAVES, 0, 300) if row[0] < 200 or row[0] in {205, 208, 260, 300}]
    write_archive(path, rows, note=note)
    assert entry_named(check(pruned, tmp_path)) == (Kind.REMOVED, 207, 207)
    assert [found.kind for found in alone(path)] == [Kind.REMOVED, Kind.ARCHIVE]


def test_an_archive_of_entries_that_the_log_does_not_have_is_named(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.parquet", archive_rows([*LEAVES, entry(900)], 850, 900))
    (found,) = check(LOG, tmp_path).findings
    assert (found.kind, found.first) == (Kind.INSERTED, 900)
