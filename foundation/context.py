"""Who acts, and in which request: what every entry of the record needs to know."""

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
