"""Connections of their own, past Django's: opened by the process that uses them, each with its statements prepared."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections
from psycopg import Connection, OperationalError
from psycopg.pq import ExecStatus, PGconn
from psycopg_pool import ConnectionPool

from audit.direct import INSERT
from exchange.api.fast.statements import FIND_BY

_PATIENCE = 5.0


class Unreachable(Exception):
    """The database did not carry out a statement; what it said."""


class Session:
    """One connection, for statements one after another."""

    def __init__(self, raw: PGconn) -> None:
        self._raw = raw

    def run(self, name: bytes, values: Sequence[bytes | None], formats: Sequence[int] | None = None) -> Any:
        """Run a prepared statement and return its result; each is a transaction of its own."""
        result = self._raw.exec_prepared(name, values, formats)
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise Unreachable(result.error_message.decode(errors="replace"))
        return result


def prepare(connection: Connection[Any]) -> None:
    """Make a connection ready for `Session`."""
    connection.execute("SET TIME ZONE 'UTC'")
    for name, statement in (*FIND_BY.items(), (b"record", INSERT)):
        result = connection.pgconn.prepare(name, statement.encode())
        if result.status != ExecStatus.COMMAND_OK:
            raise OperationalError(result.error_message.decode(errors="replace"))


class Database:
    """The pool of one process, opened when it is first used: after a server has forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ConnectionPool | None = None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a connection; psycopg's errors come out where there is none to be had."""
        with (self._pool or self._open()).connection(timeout=_PATIENCE) as connection:
            yield Session(connection.pgconn)

    def close(self) -> None:
        """Give all connections back; the next use opens others."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def _open(self) -> ConnectionPool:
        with self._lock:
            if self._pool is None:
                django: Any = connections["default"]
                values = {**django.get_connection_params(), "autocommit": True}
                for name in ("context", "cursor_factory", "prepare_threshold"):
                    values.pop(name, None)
                size = django.settings_dict["OPTIONS"]["pool"]["max_size"]
                self._pool = ConnectionPool(
                    kwargs=values, min_size=1, max_size=size, configure=prepare, open=True, name="verifications"
                )
            return self._pool


database = Database()
