"""Writing many rows at once: by COPY on PostgreSQL, which is what carries the bulk of issuing and of the record."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from django.db import connection, models

# Below this many rows one INSERT is as fast as COPY with its extra exchanges.
_FEW = 16

Row = Mapping[str, Any]


def insert_all(model: type[models.Model], rows: Iterable[Row]) -> None:
    """Insert rows of a table, in their order, from the values of its columns by their attribute names.

    Every column must be given, save a key that the database counts. Values are as Python has them; texts, times and
    keys need no preparing, and JSON is written here. Rows may be made as they are taken, without asking the database.
    """
    rows = iter(rows)
    few = list(islice(rows, _FEW)) if connection.vendor == "postgresql" else list(rows)
    if connection.vendor != "postgresql" or len(few) < _FEW:
        names = _names(model)
        model._default_manager.bulk_create(model(**{name: row[name] for name in names}) for row in few)
        return
    statement, values = _copy(model)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in chain(few, rows):
            copy.write_row(values(row))


@lru_cache(maxsize=32)
def _columns(model: type[models.Model]) -> list["models.Field[Any, Any]"]:
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]


@lru_cache(maxsize=32)
def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in _columns(model)]


@lru_cache(maxsize=32)
def _copy(model: type[models.Model]) -> tuple[str, Callable[[Row], Sequence[Any]]]:
    """Return the COPY statement of a table and what takes the values of a row, of which only JSON needs preparing."""
    fields, names, quote = _columns(model), _names(model), connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    documents = [index for index, field in enumerate(fields) if isinstance(field, models.JSONField)]
    if len(names) > 1 and not documents:
        return statement, itemgetter(*names)

    def values(row: Row) -> list[Any]:
        found = [row[name] for name in names]
        for index in documents:
            found[index] = json.dumps(found[index])
        return found

    return statement, values
