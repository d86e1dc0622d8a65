"""The periodic work of the exchange, each a call of its act."""

from celery import shared_task

from audit.feed import CHUNK
from exchange.agreements.watching import keep_clocks
from exchange.applications.accepting import deem_accepted, note_overdue
from exchange.applications.filing import complete_files
from exchange.applications.following import deliver_due as deliver_results
from exchange.applications.following import follow
from exchange.applications.loading import count_load
from exchange.callers.replays import forget_used
from exchange.corrections.answering import escalate_due as escalate_reports_due
from exchange.objecting import escalate_due
from exchange.quality import counting
from exchange.subscriptions.delivering import deliver_due as send_due
from exchange.subscriptions.following import CHUNKS_A_RUN, follow_changes
from exchange.versioning import fold


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
    return send_due()


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
    deliver_results()
    complete_files()
    return taken


@shared_task(name="exchange.count_load")
def count_load_of_items() -> int:
    """Count the load of every item; return of how many."""
    return count_load()


@shared_task(name="exchange.fold_policy_changes")
def fold_policy_changes() -> int:
    """Let one row stand for the changes of facts so far, where there are many; return how many went."""
    return fold()
