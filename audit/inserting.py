"""Writing many rows at once: by COPY on PostgreSQL, which is what carries the bulk of issuing and of the record."""

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
    keys need no preparing, nor does JSON. Rows may be made as they are taken, without asking the database.
    """
    rows = iter(rows)
    few = list(islice(rows, _FEW)) if connection.vendor == "postgresql" else list(rows)
    if connection.vendor != "postgresql" or len(few) < _FEW:
        names = _names(model)
        model._default_manager.bulk_create(model(**{name: row[name] for name in names}) for row in few)
        return
    statement, types, values = _copy(model)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in chain(few, rows):
            copy.write_row(values(row))


@lru_cache(maxsize=32)
def _columns(model: type[models.Model]) -> list["models.Field[Any, Any]"]:
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]


@lru_cache(maxsize=32)
def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in _columns(model)]


@lru_cache(maxsize=32)
def _copy(model: type[models.Model]) -> tuple[str, Sequence[str], Callable[[Row], Sequence[Any]]]:
    """Return the binary COPY of a table, its columns' types, and what takes a row's values, which suit these types."""
    fields, names, quote = _columns(model), _names(model), connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN (FORMAT BINARY)"
    types = [str(field.db_type(connection)).partition("(")[0] for field in fields]
    return statement, types, itemgetter(*names) if len(names) > 1 else lambda row: [row[names[0]]]
