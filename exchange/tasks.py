"""Periodic work: what a day has passed for is done, and what the record tells of is followed."""

from celery import shared_task

from exchange.applications.accepting import deem_accepted, note_overdue
from exchange.applications.filing import complete_files
from exchange.applications.following import deliver_due, follow
from exchange.applications.loading import count_load
from exchange.objecting import escalate_due


@shared_task(name="exchange.escalate_objections")
def escalate_objections() -> int:
    """Pass overdue objections on to the data authority; return how many."""
    return escalate_due()


@shared_task(name="exchange.keep_terms")
def keep_terms() -> int:
    """Accept what nobody answered in time, and note which cases are overdue; return how many."""
    return deem_accepted() + note_overdue()


@shared_task(name="exchange.follow_licences")
def follow_licences() -> int:
    """Move cases on whose licences arrived, open reviews of those whose grounds were annulled; return how many entries.

    Results whose drafts were issued are delivered with that, and files of decided cases get their receipts.
    """
    taken = follow()
    deliver_due()
    complete_files()
    return taken


@shared_task(name="exchange.count_load")
def count_load_of_items() -> int:
    """Count the load of every item; return of how many."""
    return count_load()
