"""Calling the platform as a server does, through `config.wsgi`'s door, and the same past it."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection

from audit.models import Entry, Pending, Personal
from audit.personal import open_values
from exchange.api.fast import door
from exchange.api.fast.database import Session, database, prepare
from exchange.api.fast.knowing import knowledge
from tests import factories as make

PATH = "/api/v1/verifications/"


@dataclass
class Answered:
    """An answer, and whether the short way gave it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    short: bool = True

    def json(self) -> Any:
        return json.loads(self.content)


def environ(body: Any, token: str, *, path: str = PATH, **headers: str) -> dict[str, Any]:
    """Return a POST request with this body, JSON unless it is bytes; headers by their WSGI names."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "testserver",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        **headers,
    }


def call(request: Mapping[str, Any], *, short: bool = True) -> Answered:
    """Answer a request through the door, or by Django alone."""
    django, answered = get_wsgi_application(), Answered()

    def past(values: Any, start: Any) -> Any:
        answered.short = False
        # A test's connection is not to be closed, as Django's own test client sees to as well.
        request_started.disconnect(close_old_connections)
        try:
            return django(values, start)
        finally:
            request_started.connect(close_old_connections)

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        answered.status, answered.headers = int(status[:3]), dict(headers)

    application: Any = door.with_short_way(past) if short else past
    answered.content = b"".join(application(dict(request), start))
    return answered


@contextmanager
def within() -> Iterator[None]:
    """Let the short way use the test's own connection, so that it sees what the test's transaction has made."""
    raw: Any = connection.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'record'")
        if not cursor.fetchone()[0]:
            prepare(raw)
    knowledge.forget()

    @contextmanager
    def session() -> Iterator[Session]:
        yield Session(raw)

    with patch.object(database, "session", session):
        yield
    knowledge.forget()


BATCH = "/api/v1/verifications/batch/"
ASK = {"item": "O2", "purpose": "规划许可", "case": "外部-1"}
_OWN = ("record", "checked_at")


def without_own(value: Any) -> Any:
    """Return a body without what is another one's in each answer."""
    if isinstance(value, dict):
        return {k: without_own(v) for k, v in value.items() if k not in _OWN}
    return [without_own(v) for v in value] if isinstance(value, list) else value


def kept(entry: Entry) -> dict[str, Any]:
    """Return what an entry says, its personal values opened and without what is its own."""
    values = {f.attname: getattr(entry, f.attname) for f in entry._meta.concrete_fields}
    # One `considered` beside another names that one.
    own = ("id", "at", "leaf", "request_id", *(("fields",) if entry.action == "considered" else ()))
    row = Personal.objects.filter(entry=entry.pk).first()
    assert Pending.objects.filter(entry=entry.pk).count() == 1
    personal = {name: c.value for name, c in open_values(row).items()} if row else {}
    return {k: v for k, v in values.items() if k not in own} | {"personal": personal}


def both(request: Callable[[], Mapping[str, Any]]) -> tuple[Answered, Answered]:
    """Answer a request both ways, and see that answers and entries agree in all that is not their own."""
    with make.recorded() as of_short:
        short = call(request())
    with make.recorded() as of_views:
        views = call(request(), short=False)
    assert short.status == views.status, (short.content, views.content)
    assert without_own(short.json()) == without_own(views.json())
    assert len(short.content) == len(views.content)
    own = ("X-Request-ID", "Content-Length")
    assert {k: v for k, v in short.headers.items() if k not in own} == {
        k: v for k, v in views.headers.items() if k not in own
    }
    assert [kept(e) for e in of_short] == [kept(e) for e in of_views]
    for answered, entries in ((short, of_short), (views, of_views)):
        assert {e.request_id for e in entries} <= {answered.headers["X-Request-ID"]}
    return short, views


def asked(token: str, number: str, **values: Any) -> Answered:
    short, _ = both(lambda: environ({**ASK, "number": number, **values}, token))
    return short
