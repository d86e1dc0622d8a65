"""Periodic work: what is overdue is passed on; the figures of quality are kept up."""

from celery import shared_task

from exchange.corrections.answering import escalate_due as escalate_reports_due
from exchange.objecting import escalate_due
from exchange.quality import counting


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()


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
