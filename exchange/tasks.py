"""Periodic work: objections and reports of wrong fields whose day has passed are passed on."""

from celery import shared_task

from exchange.corrections.answering import escalate_due as escalate_reports_due
from exchange.objecting import escalate_due


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()


@shared_task(name="exchange.escalate_reports")
def escalate_reports() -> int:
    """Pass overdue reports of wrong fields on to the data authority; return how many."""
    return escalate_reports_due()
