"""Places in the tree: contiguous, each entry once, the first to wait first; all of a batch or nothing."""

import datetime as dt
import logging
import threading
import uuid
from itertools import pairwise

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from audit import publishing, sequencing
from audit.errors import TreeDamaged, TreeMoved
from audit.logkey import log_key, verifier_key
from audit.merkle import append, edge_root, leaf_hash, tree_root, verify_consistency, verify_inclusion
from audit.models import Checkpoint, Entry, LogKey, Pending, Sequenced, Tile, Tree
from audit.notes import parse_checkpoint, parse_note, verify_note
from audit.proofs import consistency, inclusion, root_at
from audit.publishing import publish
from audit.queries import checkpoint, place_of
from audit.recording import Act, Subject, record_all
from audit.sequencing import keep_up, sequence_batch, sequence_until
from audit.tasks import sequence
from audit.tiles import WIDTH, split_hashes, tiles_of
from audit.turns import take_turn
from foundation.clock import now
from foundation.context import PLATFORM

pytestmark = pytest.mark.django_db


def recorded(count: int) -> list[uuid.UUID]:
    with transaction.atomic():
        return record_all([Act("verify", PLATFORM, Subject("licence", str(n)), "valid") for n in range(count)])


def hashes_of(entries: list[uuid.UUID]) -> list[bytes]:
    leaves = dict(Entry.objects.filter(pk__in=entries).values_list("pk", "leaf"))
    return [leaf_hash(bytes(leaves[entry])) for entry in entries]


def placed() -> list[tuple[int, uuid.UUID, bytes]]:
    rows = Sequenced.objects.order_by("index").values_list("index", "entry", "leaf_hash")
    return [(index, entry, bytes(hashed)) for index, entry, hashed in rows]


# --- Places ------------------------------------------------------------------------------------------------------


def test_entries_have_places_in_the_order_in_which_they_wait() -> None:
    first, second = recorded(3), recorded(2)
    assert place_of(first[0]) is None
    assert sequence_batch() == 5
    entries = first + second
    assert placed() == list(zip(range(5), entries, hashes_of(entries), strict=True))
    assert not Pending.objects.exists()
    assert place_of(second[1]) == 4
    assert sequence_batch() == 0


def test_batches_go_on_from_each_other_and_their_tiles_are_the_trees() -> None:
    entries = recorded(2 * WIDTH + 100)
    for limit in (1, 255, 300, 256):
        sequence_batch(limit)
    hashes = hashes_of(entries)
    assert placed() == list(zip(range(len(entries)), entries, hashes, strict=True))
    tree = Tree.objects.get()
    assert tree.size == len(entries)
    assert edge_root(split_hashes(bytes(tree.edge))) == tree_root(hashes) == root_at(len(entries))
    full = {(place.level, place.index) for place in tiles_of(len(entries)) if place.width == WIDTH}
    assert {(tile.level, tile.index) for tile in Tile.objects.all()} == full
    for tile in Tile.objects.filter(level=0):
        mine = hashes[tile.index * WIDTH : (tile.index + 1) * WIDTH]
        assert (split_hashes(bytes(tile.hashes)), bytes(tile.root)) == (mine, tree_root(mine))


@pytest.mark.parametrize("step", ["insert_all", "_leave_queue", "completed"])
def test_a_batch_that_fails_half_way_leaves_nothing_behind(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = recorded(WIDTH + 3)

    def fail(*args: object) -> None:
        raise RuntimeError("the process ended")

    with monkeypatch.context() as patched:
        patched.setattr(sequencing, step, fail)
        with pytest.raises(RuntimeError):
            sequence_batch()
    assert Pending.objects.count() == len(entries)
    assert not Sequenced.objects.exists()
    assert not Tile.objects.exists()
    assert not Tree.objects.exists()
    assert sequence_batch() == len(entries)


def test_a_sequencer_that_is_not_alone_undoes_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(2)
    with monkeypatch.context() as patched:
        patched.setattr(sequencing, "_leave_queue", lambda numbers: len(numbers) - 1)
        with pytest.raises(TreeMoved, match="queue"):
            sequence_batch()
    assert not Sequenced.objects.exists()


def test_an_entry_whose_leaf_is_gone_stays_in_the_queue_and_holds_up_no_other() -> None:
    lost = Pending.objects.create(entry=uuid.uuid4())
    entries = recorded(2)
    assert sequence_batch() == 2
    assert [entry for _, entry, _ in placed()] == entries
    assert list(Pending.objects.all()) == [lost]


def test_nobody_works_while_another_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(1)
    with monkeypatch.context() as patched:
        patched.setattr(sequencing, "take_turn", lambda: False)
        assert sequence_batch() == 0
        patched.setattr(publishing, "take_turn", lambda: False)
        assert keep_up() == 0
    assert not Checkpoint.objects.exists()
    assert keep_up() == 1


# --- Checkpoints -------------------------------------------------------------------------------------------------


def test_the_tree_is_signed_after_each_pass_and_only_where_it_grew() -> None:
    recorded(3)
    assert keep_up() == 3
    signed = checkpoint()
    assert signed
    assert signed.size == 3
    assert verify_note(parse_note(signed.note), [verifier_key(log_key())])
    assert parse_checkpoint(parse_note(signed.note).text).root == bytes(signed.root) == root_at(3)
    # The key was made for it, which is an entry.
    assert keep_up() == 1
    assert keep_up() == 0
    assert publish() is None
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [3, 4]
    assert LogKey.objects.count() == 1


def test_every_checkpoint_goes_on_from_the_one_before_and_proves_its_leaves() -> None:
    recorded(1)
    keep_up()
    for count in (1, 254, 3, 600):
        recorded(count)
        keep_up()
    signed = list(Checkpoint.objects.order_by("size"))
    hashes = [hashed for *_, hashed in placed()]
    assert [c.size for c in signed] == sorted({c.size for c in signed})
    for old, new in pairwise(signed):
        roots = {"root1": bytes(old.root), "root2": bytes(new.root)}
        verify_consistency(size1=old.size, size2=new.size, proof=consistency(old.size, new.size), **roots)
    for new in signed:
        assert bytes(new.root) == tree_root(hashes[: new.size]) == root_at(new.size)
        for index in {0, new.size // 2, new.size - 1}:
            proof = inclusion(index, new.size)
            verify_inclusion(index=index, size=new.size, leaf_hash=hashes[index], proof=proof, root=bytes(new.root))


@pytest.mark.parametrize("signed_before", [False, True])
def test_a_tree_that_does_not_go_on_from_its_tiles_and_what_was_signed_is_not_signed(
    signed_before: bool,
) -> None:
    if signed_before:
        recorded(2)
        keep_up()
        keep_up()
    recorded(3)
    sequence_batch()
    tree = Tree.objects.get()
    edge = split_hashes(bytes(tree.edge))
    append(edge, tree.size, leaf_hash(b"forged"))
    Tree.objects.update(size=tree.size + 1, edge=b"".join(edge))
    count = Checkpoint.objects.count()
    with pytest.raises(TreeDamaged):
        publish()
    forged = leaf_hash(b"other")
    Sequenced.objects.create(index=tree.size, entry=uuid.uuid4(), leaf_hash=forged)
    with pytest.raises(TreeDamaged):
        publish()
    assert Checkpoint.objects.count() == count


# --- Keeping up --------------------------------------------------------------------------------------------------


def test_the_periodic_task_does_what_waits() -> None:
    recorded(2)
    assert sequence() == 2
    assert Checkpoint.objects.get().size == 2


def test_a_pass_takes_more_than_a_batch_and_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencing, "BATCH", 2)
    batches = iter([2, 2, 1, 2, 2])
    monkeypatch.setattr(sequencing, "sequence_batch", lambda: next(batches))
    assert keep_up(seconds=60) == 5
    assert keep_up(seconds=0) == 2


def test_the_loop_goes_on_after_a_failure_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    passes: list[int] = []

    def work() -> int:
        passes.append(len(passes))
        if len(passes) == 1:
            raise ConnectionError("the database is gone")
        if len(passes) == 3:
            stop.set()
        return sequencing.BATCH

    monkeypatch.setattr(sequencing, "keep_up", work)
    monkeypatch.setattr(sequencing, "_RETRY_SECONDS", 0)
    # The test's own connection must stay.
    monkeypatch.setattr(sequencing, "close_old_connections", lambda: None)
    with caplog.at_level(logging.ERROR):
        sequence_until(stop)
    assert passes == [0, 1, 2]
    assert "tries again" in caplog.text


@pytest.mark.about("postgresql")
def test_the_lock_of_a_turn_ends_with_its_transaction_and_a_frozen_holder_loses_it() -> None:
    with transaction.atomic():
        assert take_turn()
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("5s",)
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            assert cursor.fetchone() == (1,)


# --- Watching ----------------------------------------------------------------------------------------------------


def test_the_check_tells_of_entries_that_wait_for_too_long() -> None:
    call_command("sequence", check=True)
    recorded(1)
    call_command("sequence", check=True)
    with time_machine.travel(now() + dt.timedelta(minutes=2)), pytest.raises(CommandError, match="wait"):
        call_command("sequence", check=True)
    keep_up()
    keep_up()
    with time_machine.travel(now() + dt.timedelta(minutes=2)):
        call_command("sequence", check=True)
