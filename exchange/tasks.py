"""The periodic work of the exchange, each a call of its act."""

from celery import shared_task

from audit.feed import CHUNK
from exchange.agreements.watching import keep_clocks
from exchange.callers.replays import forget_used
from exchange.corrections.answering import escalate_due as escalate_reports_due
from exchange.objecting import escalate_due
from exchange.quality import counting
from exchange.subscriptions.delivering import deliver_due
from exchange.subscriptions.following import CHUNKS_A_RUN, follow_changes


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()


@shared_task(name="exchange.keep_agreement_clocks")
def keep_agreement_clocks() -> int:
    """Remind of agreements, pass on what is overdue and end what has expired; return how many."""
    return keep_clocks()


@shared_task(name="exchange.forget_used")
def forget_what_was_used() -> int:
    """Delete ids of assertions and nonces of signatures that could not be used any more anyway; return how many."""
    return forget_used()


@shared_task(name="exchange.tell_subscribers")
def tell_subscribers() -> int:
    """Learn of licences' changes from the record, and send what is due; return how many messages were sent."""
    for _ in range(CHUNKS_A_RUN):
        if follow_changes() < CHUNK:
            break
    return deliver_due()


@shared_task(name="exchange.escalate_reports")
def escalate_reports() -> int:
    """Pass overdue reports of wrong fields on to the data authority; return how many."""
    return escalate_reports_due()


@shared_task(name="exchange.count_quality")
def count_quality() -> int:
    """Keep the figures of quality up by so much at most; return how many licences the round looked at."""
    counting.count_next()
    counting.note_overdue()
    return counting.sweep_next()
