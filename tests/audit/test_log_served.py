"""GET /audit/log/…: checkpoint, key and tiles for everybody, from which anybody finds the signed root."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from audit.merkle import tree_root
from audit.models import Checkpoint, LogKey, Sequenced
from audit.notes import parse_checkpoint, parse_key, parse_note, verify_note
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up
from audit.tiles import WIDTH, split_hashes, tiles_of
from foundation.context import PLATFORM

pytestmark = pytest.mark.django_db
LOG = "/audit/log/"


def grow(count: int) -> None:
    """Record so many acts and let the tree grow by them."""
    with transaction.atomic():
        record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(count)])
    keep_up()


def get(path: str, **headers: str) -> Any:
    return Browser().get(LOG + path, headers=headers)


def test_before_anything_is_signed_there_is_a_key_and_no_checkpoint() -> None:
    assert get("checkpoint").status_code == 404
    assert parse_key(get("key").content.decode())


def test_the_checkpoint_is_signed_by_the_log_and_not_kept_by_caches() -> None:
    grow(3)
    answer = get("checkpoint")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "no-cache"
    note, key = parse_note(answer.content.decode()), parse_key(get("key").content.decode())
    assert list(verify_note(note, [key])) == [key]
    signed = parse_checkpoint(note.text)
    assert signed.origin == key.name == "127.0.0.1:8000/audit/log"
    # The key that was made is itself an entry, which waits for the next batch.
    assert signed.size == 3


def test_the_tiles_lead_to_the_signed_root() -> None:
    grow(WIDTH + 44)
    signed = parse_checkpoint(parse_note(get("checkpoint").content.decode()).text)
    hashes: dict[int, list[bytes]] = {}
    for place in tiles_of(signed.size):
        assert place.level is not None
        answer = get(f"tile/{place.path}")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        hashes.setdefault(place.level, []).extend(split_hashes(answer.content))
    assert tree_root(hashes[0]) == signed.root
    assert hashes[1] == [tree_root(hashes[0][:WIDTH])]


def test_a_partial_tile_stays_to_be_had_when_it_is_full() -> None:
    grow(5)
    before = get("tile/0/000.p/5").content
    grow(WIDTH)
    assert get("tile/0/000.p/5").content == before == get("tile/0/000").content[: 5 * 32]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000", "tile/0/000.p/6", "tile/0/001", "tile/1/000", "tile/63/000.p/1", "tile/0/00", "tile/x/000",
        "tile/0/000.p/0", "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/", "tile/0/000.p/5/", "other",
    ],
)  # fmt: skip
def test_what_the_tree_does_not_reach_to_is_not_found(path: str) -> None:
    grow(5)
    assert get(path).status_code == 404


def test_only_reading_is_answered() -> None:
    for path in ("checkpoint", "key", "tile/0/000.p/1"):
        assert Browser().post(LOG + path).status_code == 405
        assert Browser().head(LOG + path).content == b""


def test_reading_the_log_needs_no_sign_in_and_leaves_no_entry() -> None:
    grow(2)
    keep_up()
    entries = Sequenced.objects.count()
    for path in ("checkpoint", "key", "tile/0/000.p/2"):
        assert get(path).status_code == 200
    keep_up()
    assert Sequenced.objects.count() == entries


# --- The key -----------------------------------------------------------------------------------------------------


def test_the_log_keeps_its_key_and_name_whatever_the_setting_becomes(settings: Settings) -> None:
    settings.LOG_ORIGIN = "licences.example.org/audit/log"
    out = io.StringIO()
    call_command("record_key", stdout=out)
    assert parse_key(out.getvalue()).name == "licences.example.org/audit/log"
    settings.LOG_ORIGIN = "other.example.org/audit/log"
    again, warned = io.StringIO(), io.StringIO()
    call_command("record_key", stdout=again, stderr=warned)
    assert again.getvalue() == out.getvalue() == get("key").content.decode()
    assert "keeps the name" in warned.getvalue()


def test_the_private_key_is_sealed() -> None:
    grow(1)
    key = LogKey.objects.get()
    assert bytes(key.private_sealed).startswith(b"development\0")
    assert bytes(key.public) not in bytes(key.private_sealed)
    assert Checkpoint.objects.get().note.startswith(key.origin)
