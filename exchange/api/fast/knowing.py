"""What one process knows of the facts: those of the version that the database showed, until it shows another."""

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import close_old_connections, connection

from exchange.api.fast.asked import Unusual
from exchange.asking import Ask, Standing
from exchange.surveying import Facts, Survey, read_facts

SCOPE = "verify"


class Knowledge:
    """The facts in force, shared by a process's threads."""

    def __init__(self) -> None:
        self._facts: Facts | None = None
        self._reading = threading.Lock()

    def facts(self, version: bytes | None, at: dt.datetime) -> Facts:
        """Return the facts of the version that was shown."""
        if version is None:
            raise Unusual
        shown, facts = version.decode(), self._facts
        if facts is not None and facts.hold(shown, at):
            return facts
        with self._reading, _models():
            if self._facts is None or not self._facts.hold(shown, at):
                self._facts = read_facts(shown, at)
            return self._facts

    def forget(self) -> None:
        """Forget all; the next asking reads the facts."""
        self._facts = None


@contextmanager
def _models() -> Iterator[None]:
    # As a request of Django's begins and ends, so that no thread keeps a connection that has died, or for itself.
    _leave_old()
    try:
        yield
    finally:
        _leave_old()


def _leave_old() -> None:
    if not connection.in_atomic_block:
        close_old_connections()


knowledge = Knowledge()


def standing_shown(token: Sequence[bytes | None], facts: Facts, operator: str, at: dt.datetime) -> Standing:
    """Return the standing of the client whose token was shown, where it holds for verifying without conditions.

    `token` is client, end, scopes and audience, as the database has them.
    """
    client, expires, scope, audience = token
    if client is None or expires is None or scope is None or audience not in (None, b"", b"[]"):
        raise Unusual
    if at >= dt.datetime.fromisoformat(expires.decode()) or SCOPE not in scope.decode().split():
        raise Unusual
    standing = facts.known_standing(client.decode(), operator)
    if standing is None:
        with _models():
            standing = facts.standing(client.decode(), operator)
    if standing is None:
        raise Unusual
    return standing


def survey_of(facts: Facts, ask: Ask, standing: Standing, at: dt.datetime) -> Survey:
    """Return what may be asked, decided now where nobody has asked it yet."""
    known = facts.known_survey(ask, standing)
    if known is None:
        with _models():
            known = facts.survey(ask, standing, at)
    return known
