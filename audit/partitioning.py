"""The record's partitions on PostgreSQL: one for each month by UTC, and one for whatever else.

An entry's key is a UUIDv7, which begins with its time in milliseconds (RFC 9562 section 5.7): a month is a range.
Only the role that owns the table makes and drops partitions. SQLite has none.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

TABLE, DEFAULT = "audit_entry", "audit_entry_default"
MONTHS_AHEAD = 12
# No entry is older; a key that says so is none of ours, and stays in the default partition.
FIRST = dt.date(2020, 1, 1)
_TIME_SHIFT = 80  # bits behind the time
_LISTED = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'audit_entry'::regclass ORDER BY c.relname
"""
_IS_OURS = """
SELECT count(*) FROM pg_class WHERE oid = to_regclass('audit_entry') AND relkind = 'p'
AND pg_has_role(current_user, relowner, 'USAGE')
"""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month by UTC, and the keys of its entries: from `lowest` until before `after`."""

    first: dt.date

    @classmethod
    def of(cls, day: dt.date) -> "Month":
        """Return the month of a day."""
        return cls(day.replace(day=1))

    @classmethod
    def of_key(cls, key: UUID) -> "Month | None":
        """Return the month of a key's time; none where that is no time that could be."""
        try:
            day = dt.datetime.fromtimestamp((key.int >> _TIME_SHIFT) / 1000, dt.UTC).date()
        except (ValueError, OverflowError, OSError):
            return None
        return cls.of(day) if day >= FIRST else None

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Return the month that is written as YYYY-MM; `ValueError` where none is."""
        return cls(dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC).date())

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    def plus(self, months: int) -> "Month":
        """Return the month so many later, or earlier."""
        years, month = divmod(self.first.year * 12 + self.first.month - 1 + months, 12)
        return Month(dt.date(years, month + 1, 1))

    @property
    def lowest(self) -> UUID:
        """The lowest key that an entry of the month can have."""
        begins = dt.datetime.combine(self.first, dt.time(), dt.UTC)
        return UUID(int=int(begins.timestamp() * 1000) << _TIME_SHIFT)

    @property
    def after(self) -> UUID:
        """The lowest key of the next month."""
        return self.plus(1).lowest

    @property
    def partition(self) -> str:
        """The name of the month's partition."""
        return f"{TABLE}_{self.first:%Y_%m}"


@contextmanager
def as_owner() -> Iterator[None]:
    """Let what is done inside be done by the role that owns the tables, where it is another than the acting one."""
    acting = connections["default"]
    if "owner" in connections.settings:
        connections["default"] = connections["owner"]
    try:
        yield
    finally:
        connections["default"] = acting


def is_partitioned(connection: BaseDatabaseWrapper) -> bool:
    """Say whether this connection's role may make and drop partitions here."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(_IS_OURS)
        return bool(cursor.fetchone()[0])


def months_kept(connection: BaseDatabaseWrapper) -> list[Month]:
    """Return the months that have a partition of their own."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED)
        names = [name for (name,) in cursor.fetchall() if name != DEFAULT]
    return sorted(Month.parse(name.removeprefix(f"{TABLE}_").replace("_", "-")) for name in names)


def make_partitions(connection: BaseDatabaseWrapper, *, at: dt.datetime, ahead: int = MONTHS_AHEAD) -> list[Month]:
    """Make the partitions of this month, of `ahead` more, and of what stands in the default one; return the new ones.

    Rows of the default partition move to their months. Writers wait meanwhile, which without such rows is an instant.
    """
    this = Month.of(at.astimezone(dt.UTC).date())
    with transaction.atomic(using=connection.alias), _patient(connection) as cursor:
        kept = set(months_kept(connection))
        strays = set(_months_in_default(cursor, this.plus(ahead)))
        missing = sorted(({this.plus(n) for n in range(ahead + 1)} | strays) - kept)
        if strays:
            _set_default_aside(cursor)
        for month in missing:
            _make(cursor, month.partition, f"FOR VALUES FROM ('{month.lowest}') TO ('{month.after}')")
        if strays:
            cursor.execute(f"INSERT INTO {TABLE} SELECT * FROM {DEFAULT}_before")  # noqa: S608 - our own names
            cursor.execute(f"DROP TABLE {DEFAULT}_before")
    return missing


def drop_partition(cursor: CursorWrapper, month: Month) -> None:
    """Drop a month's entries, in the caller's transaction: once they are archived, and never else."""
    cursor.execute(f"DROP TABLE {month.partition}")


@contextmanager
def _patient(connection: BaseDatabaseWrapper) -> Iterator[CursorWrapper]:
    """Give a cursor that gives up rather than let all writers queue behind a lock that a long transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        yield cursor


def _months_in_default(cursor: CursorWrapper, last: Month) -> Iterator[Month]:
    above = Month(FIRST).lowest
    while True:
        cursor.execute(f"SELECT id FROM {DEFAULT} WHERE id >= %s ORDER BY id LIMIT 1", [above])  # noqa: S608
        found = cursor.fetchone()
        month = Month.of_key(found[0]) if found else None
        if month is None or month > last:
            return
        yield month
        above = month.after


def _set_default_aside(cursor: CursorWrapper) -> None:
    cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {DEFAULT}")
    cursor.execute(f"ALTER TABLE {DEFAULT} RENAME TO {DEFAULT}_before")
    cursor.execute(
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s", [f"{DEFAULT}_before"]
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER INDEX "{name}" RENAME TO "{name[:50]}_before"')
    _make(cursor, DEFAULT, "DEFAULT")


def _make(cursor: CursorWrapper, name: str, values: str) -> None:
    cursor.execute(f"CREATE TABLE {name} PARTITION OF {TABLE} {values}")
    # A statement that names the partition itself would not meet the triggers of the whole.
    cursor.execute(
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )
