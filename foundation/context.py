"""Who acts, and in which request: what every entry of the record needs to know."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from foundation.ids import new_id


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, a department's client, or the platform itself.

    `department` is a department's code, `role` one of registry's roles, `name` what people call the actor.
    """

    person: UUID | None = None
    client: UUID | None = None
    department: str = ""
    role: str = ""
    name: str = ""


# Nameless: the role says who it is, and a name would be kept as a personal value.
PLATFORM = Actor(role="platform")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request: its id (echoed in X-Request-ID), the address it came from, and the entries it has written."""

    request_id: str
    address: str
    entries: list[UUID] = field(default_factory=list, compare=False)


_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def id_of_request(given: str) -> str:
    """Return the id that a caller gave its request where that has a harmless form, or else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else str(new_id())


def address_seen(*, forwarded: str, peer: str, hops: int) -> str:
    """Return a caller's address: as the outermost of `hops` trusted proxies saw it (X-Forwarded-For), or the peer's."""
    seen = [part.strip() for part in forwarded.split(",") if part.strip()] if hops else []
    return seen[-hops] if seen and len(seen) >= hops else peer


_current: ContextVar[RequestContext | None] = ContextVar("request", default=None)


def current_request() -> RequestContext:
    """Return the request being answered; outside of one (a command, a periodic task) an id of its own, no address."""
    return _current.get() or RequestContext(request_id=str(new_id()), address="")


@contextmanager
def request_context(context: RequestContext) -> Iterator[None]:
    """Make `context` the current request while the block runs."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
