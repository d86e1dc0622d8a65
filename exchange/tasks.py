"""Periodic work: overdue objections, and what subscribers are told."""

from celery import shared_task

from audit.feed import CHUNK
from exchange.objecting import escalate_due
from exchange.subscriptions.delivering import deliver_due
from exchange.subscriptions.following import CHUNKS_A_RUN, follow_changes


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()


@shared_task(name="exchange.tell_subscribers")
def tell_subscribers() -> int:
    """Learn of licences' changes from the record, and send what is due; return how many messages were sent."""
    for _ in range(CHUNKS_A_RUN):
        if follow_changes() < CHUNK:
            break
    return deliver_due()
