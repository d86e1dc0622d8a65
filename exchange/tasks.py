"""Periodic work: objections whose day has passed are passed on; what was used once is forgotten after its time."""

from celery import shared_task

from exchange.callers.replays import forget_used
from exchange.objecting import escalate_due


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()


@shared_task(name="exchange.forget_used")
def forget_what_was_used() -> int:
    """Delete ids of assertions and nonces of signatures that could not be used any more anyway; return how many."""
    return forget_used()
