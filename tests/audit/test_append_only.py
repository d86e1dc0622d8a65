"""The database itself refuses to change or remove an entry, however it is asked."""

import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Entry, Pending, Personal, Sequenced
from audit.recording import Subject, record
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
        for tables in ("audit_entry", "audit_sequenced", "audit_entry, audit_pending"):
            _refused(partial(_sql, f"TRUNCATE {tables} CASCADE"))
    assert Entry.objects.count() == 1


def test_personal_values_alone_may_be_erased_and_the_queue_emptied(entry: Entry) -> None:
    Personal.objects.filter(entry=entry.pk).delete()
    Pending.objects.all().delete()
    assert Entry.objects.filter(pk=entry.pk).exists()


def test_an_entry_cannot_wait_twice_or_stand_at_two_places(place: Sequenced) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Pending.objects.create(entry=place.entry)
    with pytest.raises(DatabaseError), transaction.atomic():
        Sequenced.objects.create(index=1, entry=place.entry, leaf_hash=bytes(32))
    with pytest.raises(DatabaseError), transaction.atomic():
        Sequenced.objects.create(index=0, entry=uuid.uuid4(), leaf_hash=bytes(32))
