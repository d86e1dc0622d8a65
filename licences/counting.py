"""Serials: the next ones of a scope, given out under a lock that lasts until the caller's transaction ends.

What is rolled back was not given out, so that no number is left out without a licence that explains it.
"""

from django.db import connection

from licences.models import NumberSequence

_TAKE = (
    "INSERT INTO {table} (scope, last) VALUES (%s, %s) "
    "ON CONFLICT (scope) DO UPDATE SET last = {table}.last + EXCLUDED.last RETURNING last"
)


def take_serials(scope: str, count: int) -> range:
    """Return the next `count` serials of the scope; they count from 1."""
    table = connection.ops.quote_name(NumberSequence._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(table=table), [scope, count])
        last = int(cursor.fetchone()[0])
    return range(last - count + 1, last + 1)
