"""On PostgreSQL each month's entries stand in a partition of their own, append-only like the whole."""

import datetime as dt
import uuid
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry
from audit.partitioning import DEFAULT, Month, make_partitions, months_kept
from audit.recording import Act, Subject, record_all
from foundation.clock import now
from foundation.context import PLATFORM
from foundation.ids import new_id

on_postgresql = pytest.mark.about("postgresql")


def key_of(at: dt.datetime) -> UUID:
    """Return a UUIDv7 of a time."""
    rest = new_id().int & ((1 << 80) - 1)
    return UUID(int=int(at.timestamp() * 1000) << 80 | rest)


def entry(at: dt.datetime) -> Entry:
    """Write an entry as one of that time stands in the table."""
    return Entry.objects.create(
        id=key_of(at), at=at, action="verify", subject_kind="licence", outcome="valid", request_id="r", leaf=b"{}"
    )


def standing_in(partition: str) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {partition}")
        return {key for (key,) in cursor.fetchall()}


@given(st.integers(0, 130 * 365 * 86_400_000))
def test_a_key_lies_in_the_month_of_its_time_and_in_no_other(milliseconds: int) -> None:
    at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=milliseconds)
    month = Month.of(at.date())
    assert Month.of_key(key_of(at)) == month
    assert month.lowest <= key_of(at) < month.after == month.plus(1).lowest
    assert Month.parse(str(month)) == month


@pytest.mark.parametrize("key", [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)])
def test_a_key_of_no_time_has_no_month(key: UUID) -> None:
    assert Month.of_key(key) is None


@on_postgresql
@pytest.mark.django_db
def test_this_month_and_a_year_ahead_have_partitions_after_migrating() -> None:
    this = Month.of(now().astimezone(dt.UTC).date())
    assert {this.plus(n) for n in range(13)} <= set(months_kept(connection))
    written = entry(now())
    assert written.pk in standing_in(this.partition)
    assert Entry.objects.get(pk=written.pk) == written


@on_postgresql
@pytest.mark.django_db
def test_many_entries_at_once_find_their_partition() -> None:
    with transaction.atomic():
        keys = record_all([Act("issue", PLATFORM, Subject("licence", str(n)), "issued") for n in range(40)])
    assert set(keys) <= standing_in(Month.of(now().astimezone(dt.UTC).date()).partition)


@on_postgresql
@pytest.mark.django_db
def test_entries_of_months_without_a_partition_are_kept_and_move_when_theirs_is_made() -> None:
    old, next_year = now() - dt.timedelta(days=400), now() + dt.timedelta(days=500)
    strays = [entry(old), entry(next_year)]
    odd = Entry.objects.create(
        id=UUID(int=5), at=now(), action="verify", subject_kind="licence", outcome="valid", request_id="r", leaf=b"{}"
    )
    assert {e.pk for e in (*strays, odd)} <= standing_in(DEFAULT)
    call_command("record_partitions", ahead=20, verbosity=0)
    for stray, at in zip(strays, (old, next_year), strict=True):
        assert stray.pk in standing_in(Month.of(at.date()).partition)
    assert standing_in(DEFAULT) == {odd.pk}
    assert Entry.objects.count() == 3
    assert make_partitions(connection, at=now(), ahead=20) == []


@on_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("partition", ["month", "default"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET outcome = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_no_partition_is_changed_behind_the_back_of_the_whole(partition: str, statement: str) -> None:
    entry(now() - dt.timedelta(days=400))
    make_partitions(connection, at=now())  # makes the default partition anew
    this = entry(now())
    name = DEFAULT if partition == "default" else Month.of(now().astimezone(dt.UTC).date()).partition
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(name))
    assert Entry.objects.filter(pk=this.pk).exists()


@on_postgresql
@pytest.mark.django_db
def test_the_indexes_of_the_whole_stand_on_every_partition() -> None:
    count = "SELECT count(*) FROM pg_indexes WHERE tablename = %s"
    with connection.cursor() as cursor:
        found = {}
        for name in ("audit_entry", DEFAULT, Month.of(now().astimezone(dt.UTC).date()).partition):
            cursor.execute(count, [name])
            found[name] = cursor.fetchone()[0]
    assert set(found.values()) == {5}, found


@pytest.mark.about("sqlite")
@pytest.mark.django_db
def test_on_sqlite_there_is_nothing_to_make(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("record_partitions")
    assert "there is nothing to do" in capsys.readouterr().out
