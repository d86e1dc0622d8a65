"""Periodic work: objections whose day has passed are passed on."""

from celery import shared_task

from exchange.objecting import escalate_due


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()
