"""The database itself refuses to change or remove an entry, however it is asked."""

import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Checkpoint, Entry, LogKey, Pending, Personal, Sequenced, Tile, Tree
from audit.recording import Subject, record
from audit.sequencing import keep_up
from foundation.context import PLATFORM

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> Entry:
    with transaction.atomic():
        key = record(action="verify", actor=PLATFORM, subject=Subject("licence"), outcome="valid")
    return Entry.objects.get(pk=key)


@pytest.fixture
def place(entry: Entry) -> Sequenced:
    return Sequenced.objects.create(index=0, entry=entry.pk, leaf_hash=bytes(32))


def _refused(act: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_entry_is_not_updated_through_the_orm(entry: Entry) -> None:
    entry.outcome = "refused"
    _refused(entry.save)
    _refused(lambda: Entry.objects.filter(pk=entry.pk).update(outcome="refused"))
    entry.refresh_from_db()
    assert entry.outcome == "valid"


def test_an_entry_is_not_deleted_through_the_orm(entry: Entry) -> None:
    _refused(lambda: Entry.objects.get(pk=entry.pk).delete())
    _refused(Entry.objects.all().delete)
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET outcome = 'refused'",
        "UPDATE audit_entry SET leaf = leaf",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE outcome = 'valid'",
    ],
)
def test_an_entry_is_not_changed_by_sql(entry: Entry, statement: str) -> None:
    _refused(lambda: _sql(statement))


@pytest.mark.parametrize("statement", ['UPDATE audit_sequenced SET "index" = 1', "DELETE FROM audit_sequenced"])
def test_a_place_in_the_tree_is_not_changed_by_sql(place: Sequenced, statement: str) -> None:
    _refused(lambda: _sql(statement))


def test_a_place_in_the_tree_is_not_changed_through_the_orm(place: Sequenced) -> None:
    _refused(lambda: Sequenced.objects.update(leaf_hash=b"\1" * 32))
    _refused(lambda: Sequenced.objects.all().delete())


def test_an_entry_is_not_overwritten_by_inserting_it_again(entry: Entry) -> None:
    forged = Entry(**{f.name: getattr(entry, f.name) for f in Entry._meta.fields} | {"outcome": "forged"})
    unique, fields = ["id"], ["outcome"]
    _refused(
        lambda: Entry.objects.bulk_create([forged], update_conflicts=True, unique_fields=unique, update_fields=fields)
    )
    if connection.vendor == "sqlite":
        columns = ", ".join(f'"{f.column}"' for f in Entry._meta.fields)
        values = columns.replace('"outcome"', "'forged'")
        with pytest.raises(DatabaseError), transaction.atomic():
            _sql(f"INSERT OR REPLACE INTO audit_entry ({columns}) SELECT {values} FROM audit_entry")
    entry.refresh_from_db()
    assert entry.outcome == "valid"


def test_the_record_is_not_emptied_at_a_stroke(entry: Entry) -> None:
    if connection.vendor == "postgresql":
        others = ("audit_pending", "audit_tile", "audit_checkpoint", "audit_tree", "audit_log_key")
        for tables in ("audit_entry", "audit_sequenced", "audit_entry, audit_pending", *others):
            _refused(partial(_sql, f"TRUNCATE {tables} CASCADE"))
    assert Entry.objects.count() == 1


def test_personal_values_alone_may_be_erased(entry: Entry) -> None:
    Personal.objects.filter(entry=entry.pk).delete()
    assert Entry.objects.filter(pk=entry.pk).exists()


def test_an_entry_leaves_the_queue_only_for_its_place_in_the_tree(entry: Entry) -> None:
    for act in (Pending.objects.all().delete, partial(_sql, "DELETE FROM audit_pending")):
        with pytest.raises(DatabaseError, match="only for its place"), transaction.atomic():
            act()
    _refused(lambda: Pending.objects.update(entry=uuid.uuid4()))
    if connection.vendor == "sqlite":
        seq = Pending.objects.get().seq
        _refused(lambda: _sql(f"INSERT OR REPLACE INTO audit_pending VALUES ({seq}, '{uuid.uuid4().hex}')"))
    Sequenced.objects.create(index=0, entry=entry.pk, leaf_hash=bytes(32))
    if connection.vendor == "sqlite":
        _refused(lambda: _sql(f"INSERT OR REPLACE INTO audit_sequenced VALUES (1, '{entry.pk.hex}', x'00')"))
    Pending.objects.all().delete()
    assert not Pending.objects.exists()


def test_tiles_and_checkpoints_are_neither_changed_nor_removed(entry: Entry) -> None:
    Tile.objects.create(level=0, index=0, hashes=bytes(8192), root=bytes(32))
    Checkpoint.objects.create(size=1, root=bytes(32), note="note", at=entry.at)
    for model in (Tile, Checkpoint):
        _refused(lambda model=model: model.objects.update(root=b"\1" * 32))  # type: ignore[misc]
        _refused(lambda model=model: model.objects.all().delete())  # type: ignore[misc]
    if connection.vendor == "sqlite":
        _refused(lambda: _sql("INSERT OR REPLACE INTO audit_tile VALUES (0, 0, x'00', x'00')"))
        _refused(lambda: _sql("INSERT OR REPLACE INTO audit_checkpoint VALUES (1, x'00', 'other', '2026-01-01')"))


def test_the_tree_never_shrinks_and_keeps_its_key(entry: Entry) -> None:
    keep_up()
    for size in (0, 1):
        _refused(lambda size=size: Tree.objects.update(size=size))  # type: ignore[misc]
    _refused(lambda: Tree.objects.all().delete())
    _refused(lambda: LogKey.objects.update(public=bytes(32)))
    _refused(lambda: LogKey.objects.update(origin="another"))
    _refused(lambda: LogKey.objects.all().delete())
    if connection.vendor == "sqlite":
        _refused(lambda: _sql("INSERT OR REPLACE INTO audit_tree VALUES (1, 0, x'')"))


def test_an_entry_cannot_wait_twice_or_stand_at_two_places(place: Sequenced) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Pending.objects.create(entry=place.entry)
    with pytest.raises(DatabaseError), transaction.atomic():
        Sequenced.objects.create(index=1, entry=place.entry, leaf_hash=bytes(32))
    with pytest.raises(DatabaseError), transaction.atomic():
        Sequenced.objects.create(index=0, entry=uuid.uuid4(), leaf_hash=bytes(32))
