"""Periodic work: what is overdue is passed on, and the clocks of agreements are kept."""

from celery import shared_task

from exchange.agreements.watching import keep_clocks
from exchange.objecting import escalate_due


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()


@shared_task(name="exchange.keep_agreement_clocks")
def keep_agreement_clocks() -> int:
    """Remind of agreements, pass on what is overdue and end what has expired; return how many."""
    return keep_clocks()
