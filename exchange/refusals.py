"""Refusals of acts that stand in the record."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from audit.recording import Subject, record_refusal
from foundation.context import Actor
from foundation.reasons import Refused


@contextmanager
def refusals_recorded(
    action: str, subject: Subject, actor: Actor, personal: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Record a refusal of the act inside, once the act's own transaction is gone."""
    try:
        yield
    except Refused as refused:
        raise record_refusal(refused, action=action, actor=actor, subject=subject, personal=personal) from None
