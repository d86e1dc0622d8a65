"""Connections past Django's: opened by the process that uses them, each with its statements prepared."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from django.db import connections
from psycopg import Connection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from audit.direct import INSERT, INSERT_MANY
from exchange.api.fast.statements import FIND_BY, FIND_MANY

_STATEMENTS = {**FIND_BY, b"numbers": FIND_MANY, b"record": INSERT, b"record_many": INSERT_MANY}
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Unreachable(Exception):
    """The database did not carry out a statement; what it said."""


class Session:
    """One connection, for one statement after another; each is a transaction of its own."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._run: Any = connection.pgconn.exec_prepared
        self.failed = False

    def run(self, name: bytes, values: Sequence[bytes | None], formats: Sequence[int] | None = None) -> PGresult:
        """Run a prepared statement and return its result, values as text."""
        result = cast("PGresult", self._run(name, values, formats))
        if result.status not in _DONE:
            self.failed = True
            raise Unreachable(result.error_message.decode(errors="replace"))
        return result

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def prepare(connection: Connection[Any]) -> Session:
    """Make a connection ready and return its session."""
    # Values are looked up by keys: a plan made for each, or compiled, would cost more than what it finds.
    connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.execute("SET jit = off")
    connection.execute("SET TIME ZONE 'UTC'")
    for name, statement in _STATEMENTS.items():
        result = connection.pgconn.prepare(name, statement.encode())
        if result.status != ExecStatus.COMMAND_OK:
            raise Unreachable(result.error_message.decode(errors="replace"))
    return Session(connection)


class Database:
    """The sessions of one process: as many as threads use at once, each opened when one is wanted and none is free.

    The last one given back is lent first. None is open before a server forks, since none is used before.
    """

    def __init__(self) -> None:
        self._free: deque[Session] = deque()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend a session; one in which something went wrong is not lent again, nor are those that were free then."""
        try:
            session = self._free.pop()
        except IndexError:
            session = _opened()
        try:
            yield session
        finally:
            if session.failed:
                session.close()
                self.close()
            else:
                self._free.append(session)

    def close(self) -> None:
        """Close the sessions that are free; the next use opens others."""
        while self._free:
            self._free.pop().close()


def _opened() -> Session:
    django: Any = connections["default"]
    values = django.get_connection_params()
    for name in ("context", "cursor_factory", "prepare_threshold", "pool"):
        values.pop(name, None)
    return prepare(Connection.connect(**values, autocommit=True))


database = Database()
