"""`manage.py export_record`: the whole log as files, which lead to the signed root by themselves."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from audit.merkle import leaf_hash, tree_root
from audit.models import Entry
from audit.notes import parse_checkpoint, parse_key, parse_note, verify_note
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up
from audit.tiles import WIDTH, split_hashes, tiles_of
from foundation.context import PLATFORM
from tests.audit.trees import split_bundle

pytestmark = pytest.mark.django_db


def grow(count: int) -> None:
    with transaction.atomic():
        record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(count)])
    keep_up()


def export(folder: Path) -> str:
    out = io.StringIO()
    call_command("export_record", str(folder), stdout=out)
    return out.getvalue()


def checked(folder: Path) -> int:
    """Check an export from its files alone; return how many entries it holds."""
    note, key = parse_note((folder / "checkpoint").read_text("utf-8")), parse_key((folder / "key").read_text("utf-8"))
    assert list(verify_note(note, [key])) == [key]
    signed = parse_checkpoint(note.text)
    hashes: list[bytes] = []
    for place in tiles_of(signed.size):
        row = (folder / "tile" / place.path).read_bytes()
        assert len(row) == place.width * 32
        if place.level == 0:
            entries = split_bundle((folder / f"tile/entries/{place.path.removeprefix('0/')}").read_bytes())
            assert [leaf_hash(entry) for entry in entries] == split_hashes(row)
            hashes += split_hashes(row)
    assert tree_root(hashes) == signed.root
    return signed.size


def test_an_export_holds_every_entry_and_leads_to_the_signed_root(tmp_path: Path) -> None:
    grow(2 * WIDTH + 30)
    assert "542 entries" in export(tmp_path)
    assert checked(tmp_path) == 2 * WIDTH + 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "key", "tile"]
    assert (tmp_path / "tile/entries/002.p/30").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_an_export_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    grow(WIDTH + 1)
    export(tmp_path)
    bundle = tmp_path / "tile/entries/000"
    before = bundle.stat().st_mtime_ns
    grow(WIDTH)
    export(tmp_path)
    # The key and the first export are entries too.
    assert checked(tmp_path) == 2 * WIDTH + 3
    assert bundle.stat().st_mtime_ns == before


def test_an_export_is_recorded(tmp_path: Path) -> None:
    grow(2)
    export(tmp_path)
    entry = Entry.objects.get(action="export_record")
    assert (entry.subject_kind, entry.subject, entry.outcome) == ("record", "2", "done")


def test_before_anything_is_signed_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing was signed"):
        export(tmp_path / "new")


def test_an_export_asks_for_few_rows_at_a_time(tmp_path: Path) -> None:
    grow(3 * WIDTH)
    largest = 0

    def watched(execute, sql, params, many, context):
        nonlocal largest
        result = execute(sql, params, many, context)
        largest = max(largest, len(params or ()))
        return result

    with connection.execute_wrapper(watched):
        export(tmp_path)
    assert largest <= WIDTH + 2
