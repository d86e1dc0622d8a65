"""Entries past their retention move to signed files, which prove them as the tree does, and then leave the database."""

import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import override
from pyarrow import parquet
from pytest_django.fixtures import Settings

from audit import archiving, notes, proofs, queries
from audit.errors import EntriesArchived
from audit.exporting import export
from audit.logkey import log_key, verifier_key
from audit.merkle import leaf_hash, verify_inclusion
from audit.models import Archive, Entry, Personal, Sequenced
from audit.parquet import GROUP, ArchiveDamaged, read_rows, write_rows
from audit.partitioning import Month, months_kept
from audit.receipts import receipt
from audit.recording import Subject, record
from audit.sequencing import keep_up
from foundation.clock import now
from foundation.context import PLATFORM
from tests.audit.months import NOW, OLD, written_in
from tests.audit.trees import split_bundle
from tests.factories import every_byte, recorded
from tests.portal import issuer_room as room
from tests.portal.test_pages import authority

pytestmark = pytest.mark.django_db
ON_POSTGRESQL = connection.vendor == "postgresql"


def archive(folder: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command("archive_record", to=folder, stdout=out, stderr=out, **options)
    return out.getvalue()


def note_of(path: Path) -> notes.Note:
    return notes.parse_note(Path(f"{path}.note").read_text("utf-8"))


@pytest.fixture
def old() -> list[Entry]:
    """Write entries of two months that are past their retention, with new ones after them; all have their places."""
    entries = [written_in(month, f"{month}-{n}") for month in OLD for n in range(3)]
    written_in(NOW, "new")
    keep_up()
    return entries


def test_old_months_are_written_month_by_month_signed_and_proven(tmp_path: Path, old: list[Entry]) -> None:
    archive(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        name for month in OLD for name in (f"record-{month}.parquet", f"record-{month}.parquet.note")
    )
    key = log_key()
    for number, month in enumerate(OLD):
        path = tmp_path / f"record-{month}.parquet"
        table = parquet.read_table(path)
        assert table.schema.names == ["index", "leaf_hash", "leaf"]
        assert table.schema.types == [pyarrow.int64(), pyarrow.binary(32), pyarrow.binary()]
        expected = old[3 * number : 3 * number + 3]
        assert table["leaf"].to_pylist() == [bytes(entry.leaf) for entry in expected]
        places = list(Sequenced.objects.filter(entry__in=[e.pk for e in expected]).order_by("index"))
        assert table["index"].to_pylist() == [place.index for place in places]
        assert table["leaf_hash"].to_pylist() == [leaf_hash(bytes(entry.leaf)) for entry in expected]
        note = note_of(path)
        notes.verify_note(note, [verifier_key(key)])
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        first, last = places[0].index, places[-1].index
        assert note.text == f"{key.origin}/archive\n{path.name}\n{digest}\n3\n{first}\n{last}\n"


def test_what_is_archived_leaves_the_database_and_the_record_says_so(tmp_path: Path, old: list[Entry]) -> None:
    ids = [entry.pk for entry in old]
    assert set(queries.personal_values(ids)) == set(ids)
    with recorded() as entries:
        archive(tmp_path)
    kept = Entry.objects.filter(pk__in=ids).count()
    assert kept == (0 if ON_POSTGRESQL else len(ids))
    assert not Personal.objects.filter(entry__in=ids).exists()
    assert Entry.objects.filter(subject="new").exists()
    said = [e for e in entries if e.action == "archive_record"]
    assert [e.subject for e in said] == [f"record-{month}.parquet" for month in OLD]
    digest = hashlib.sha256((tmp_path / said[0].subject).read_bytes()).hexdigest()
    assert said[0].fields[:2] == [digest, "3"]
    assert queries.archived_before() == OLD[-1].plus(1).first
    place = Sequenced.objects.get(entry=ids[0])
    found = queries.archive_of(place.index)
    assert found
    assert found.file == f"record-{OLD[0]}.parquet"
    if ON_POSTGRESQL:
        assert not set(OLD) & set(months_kept(connection))


def test_the_tree_goes_on_and_stays_the_same_without_its_oldest_entries(tmp_path: Path, old: list[Entry]) -> None:
    size = Sequenced.objects.count()
    root = proofs.root_at(size)
    archive(tmp_path)
    written_in(NOW, "later")
    keep_up()
    assert Sequenced.objects.count() > size
    assert proofs.root_at(size) == root
    for month in OLD:
        for index, hashed, leaf in read_rows(tmp_path / f"record-{month}.parquet"):
            proof = proofs.inclusion(index, size)
            verify_inclusion(index=index, size=size, leaf_hash=leaf_hash(leaf), proof=proof, root=root)
            assert hashed == leaf_hash(leaf)


def test_what_is_within_its_retention_cannot_be_archived(tmp_path: Path, old: list[Entry], settings: Settings) -> None:
    limit = Month.of(now().date()).plus(-36)
    with pytest.raises(CommandError, match=f"{limit} at the latest"):
        archive(tmp_path, before=limit.plus(1))
    recent = written_in(limit, "three years old")
    keep_up()
    settings.RETENTION_MONTHS = 37
    with pytest.raises(CommandError, match="stay for 37 months"):
        archive(tmp_path, before=limit)
    archive(tmp_path)
    assert Entry.objects.filter(pk=recent.pk).exists()
    assert not (tmp_path / f"record-{limit}.parquet").exists()


def test_a_month_can_be_named_before_which_it_ends(tmp_path: Path, old: list[Entry]) -> None:
    archive(tmp_path, before=OLD[1])
    assert {path.name[7:14] for path in tmp_path.iterdir()} == {str(OLD[0])}


def test_an_entry_without_its_place_in_the_tree_stops_it(tmp_path: Path, old: list[Entry]) -> None:
    waiting = written_in(OLD[0], "still waits")
    with pytest.raises(CommandError, match="4 entries, of which 3"):
        archive(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert Entry.objects.filter(pk=waiting.pk).exists()
    keep_up()
    archive(tmp_path)


def test_an_entry_that_was_altered_stops_it(tmp_path: Path, old: list[Entry]) -> None:
    place = Sequenced.objects.get(entry=old[1].pk)
    with pytest.raises(ArchiveDamaged, match=f"entry at {place.index} is not"):
        write_rows(tmp_path / "x", [(place.index, bytes(place.leaf_hash), bytes(old[1].leaf) + b" ")])


STEPS = ["write_rows", "_write", "_put", "_read_back", "_let_go", "record", "drop_partition"]


@pytest.mark.parametrize("step", [s for s in STEPS if ON_POSTGRESQL or s != "drop_partition"])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_step_loses_nothing_and_the_same_command_goes_on(
    tmp_path: Path, old: list[Entry], monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    real = getattr(archiving, step)

    def crash(*args: Any, **values: Any) -> None:
        if after:
            real(*args, **values)
        raise KeyboardInterrupt

    monkeypatch.setattr(archiving, step, crash)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        archive(tmp_path)
    monkeypatch.undo()
    ids = [entry.pk for entry in old]
    assert Entry.objects.filter(pk__in=ids).count() == len(ids)
    assert Personal.objects.filter(entry__in=ids).count() == len(ids)
    archive(tmp_path)
    archive(tmp_path)
    assert Archive.objects.count() == 2
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".partial") == sorted(
        name for month in OLD for name in (f"record-{month}.parquet", f"record-{month}.parquet.note")
    )
    assert sum(archived.rows for archived in Archive.objects.all()) == len(ids)


@pytest.mark.parametrize("damage", ["file", "note", "other month", "database"])
def test_a_file_that_is_not_what_the_database_has_stops_it(
    tmp_path: Path, old: list[Entry], damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archiving._write(tmp_path / f"record-{OLD[0]}.parquet", OLD[1] if damage == "other month" else OLD[0])
    path = tmp_path / f"record-{OLD[0]}.parquet"
    archiving._put(archiving.note_path(path), str(archiving._note(path, log_key())).encode())
    if damage == "file":
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.write_bytes(content)
    elif damage == "database":
        rows = list(archiving._rows(OLD[0]))
        monkeypatch.setattr(archiving, "_rows", lambda _: [(i, hashed, leaf + b" ") for i, hashed, leaf in rows])
    elif damage == "note":
        note = archiving.note_path(path)
        note.write_text(note.read_text("utf-8").replace("\n3\n", "\n4\n"), "utf-8")
    with pytest.raises(CommandError):
        archive(tmp_path, before=OLD[1])
    assert Entry.objects.filter(pk__in=[entry.pk for entry in old]).count() == len(old)


def test_no_personal_value_goes_into_a_file(tmp_path: Path) -> None:
    entry = written_in(OLD[0], "1", personal={"number": "510104198001010017"})
    keep_up()
    archive(tmp_path)
    for path in tmp_path.iterdir():
        assert b"510104198001010017" not in path.read_bytes()
    rows = list(read_rows(tmp_path / f"record-{OLD[0]}.parquet"))
    assert rows[0][2] == bytes(entry.leaf)
    assert b"510104198001010017" not in rows[0][2]
    assert b"510104198001010017" not in every_byte()


def _many() -> Iterator[tuple[int, bytes, bytes]]:
    for index in range(2 * GROUP + 5):
        leaf = f'{{"v":1,"n":{index}}}'.encode()
        yield index, leaf_hash(leaf), leaf


def test_rows_are_written_in_groups_and_read_back_as_they_were(tmp_path: Path) -> None:
    assert write_rows(tmp_path / "many", _many()) == 2 * GROUP + 5
    file = parquet.ParquetFile(tmp_path / "many")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [GROUP, GROUP, 5]
    assert file.metadata.row_group(0).column(2).compression == "ZSTD"
    assert list(read_rows(tmp_path / "many")) == list(_many())


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 20])
def test_what_is_no_archive_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ArchiveDamaged, match="cannot be read"):
        list(read_rows(tmp_path / "x"))


def test_rows_out_of_order_are_not_written(tmp_path: Path) -> None:
    rows = list(_many())[:3]
    for wrong in ([rows[1], rows[0]], [rows[0], rows[0]]):
        with pytest.raises(ArchiveDamaged, match="does not come after"):
            write_rows(tmp_path / "x", wrong)


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no folder"):
        archive(tmp_path / "nowhere")


def test_nothing_old_writes_nothing(tmp_path: Path) -> None:
    with transaction.atomic():
        record(action="verify", actor=PLATFORM, subject=Subject("licence"), outcome="valid")
    archive(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.about("postgresql")
def test_whoever_asks_for_archived_entries_is_told_where_they_are(tmp_path: Path, old: list[Entry]) -> None:
    exported = tmp_path / "log"
    exported.mkdir()
    archive(tmp_path)
    keep_up()
    caller = room.browser(authority())
    answer = caller.get("/audit/log/tile/entries/000.p/6")
    assert answer.status_code == 410
    assert f"record-{OLD[0]}.parquet" in answer.json()["explanation"]["en"]
    with pytest.raises(EntriesArchived):
        receipt(old[0].pk)
    # Of a bundle that is archived in part the rest is served, so that with the file none is missing.
    rest = caller.get(f"/audit/log/tile/entries/000.p/{checkpoint_size()}").content
    kept = Sequenced.objects.filter(index__gte=6, index__lt=checkpoint_size()).order_by("index")
    assert split_bundle(rest) == [bytes(Entry.objects.get(pk=place.entry).leaf) for place in kept]
    # The tree itself is exported as before, without the entries that only the files have.
    assert export(tmp_path / "before", actor=PLATFORM)
    written = {
        str(path.relative_to(tmp_path / "before")) for path in (tmp_path / "before").rglob("*") if path.is_file()
    }
    bundle = f"000.p/{checkpoint_size()}"
    assert written == {"key", "checkpoint", f"tile/0/{bundle}", f"tile/entries/{bundle}"}
    assert split_bundle((tmp_path / "before" / "tile" / "entries" / bundle).read_bytes())[0] == split_bundle(rest)[0]


def checkpoint_size() -> int:
    found = queries.checkpoint()
    assert found
    return found.size


def test_the_page_of_the_record_says_from_when_entries_are_in_files(tmp_path: Path, old: list[Entry]) -> None:
    browser = room.browser(authority())
    assert "archive files" not in browser.get("/overview/record/").text
    archive(tmp_path)
    with override("en"):
        told = date_format(OLD[-1].plus(1).first, "DATE_FORMAT")
    assert f"Entries before {told} (UTC) stand in archive files" in browser.get("/overview/record/").text


def test_the_legal_day_counts_not_less_than_three_years() -> None:
    assert Month.of(dt.date(2026, 11, 24)).plus(-36) == Month.of(dt.date(2023, 11, 1))
