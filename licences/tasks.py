"""Periodic work: what is due is read from the rows, so that a run that was lost loses nothing."""

import logging
import time

from celery import shared_task

from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences.batch_queries import batches_due
from licences.batches import issue_chunk
from licences.errors import OperationNotAllowed, RowAltered
from licences.lifecycle import OPERATIONS
from licences.models import Batch, Licence
from licences.operating import carry_out
from licences.publishing import publish_changed
from licences.recovering import resign_due

BATCH = 500
# Nothing of a compromised key is trusted until it is signed anew, so a run takes as many as fit into its minute.
RESIGNED_AT_MOST = 5000
ISSUING_SECONDS = 20

log = logging.getLogger(__name__)


@shared_task(name="licences.expire_due")
def expire_due() -> int:
    """Mark at most `BATCH` licences past their term as expired; the next run takes the rest. Return how many.

    Verification looks at the dates in any case.
    """
    sources = [str(state) for state in OPERATIONS["expire"].sources]
    due = Licence.objects.filter(valid_until__lt=legal_day(now()), state__in=sources).order_by("valid_until")
    done = 0
    for licence in due.iterator(chunk_size=BATCH):
        if done == BATCH:
            break
        try:
            carry_out(licence, "expire", actor=PLATFORM)
            done += 1
        except (OperationNotAllowed, RowAltered):
            # Changed meanwhile, or edited in the database, which verification reports.
            continue
    return done


@shared_task(name="licences.resign_compromised")
def resign_compromised() -> int:
    """Sign licences anew whose key was compromised; the next run takes what is left. Return how many."""
    return resign_due(RESIGNED_AT_MOST)


@shared_task(name="licences.publish_status_lists")
def publish_status_lists() -> int:
    """Publish the status lists that changed; return how many."""
    return publish_changed()


@shared_task(name="licences.issue_batches")
def issue_batches() -> int:
    """Issue chunks of all batches that wait, in turn, for about `ISSUING_SECONDS`; return how many rows.

    Two workers at once take different chunks. A batch that cannot go on (its department lost its key, say) is left for
    the next run, and stops no other.
    """
    until, rows = time.monotonic() + ISSUING_SECONDS, 0
    waiting = batches_due()
    while waiting:
        batch = waiting.pop(0)
        done = _next_chunk(batch)
        rows += done
        if time.monotonic() >= until:
            break
        if done:
            waiting.append(batch)
    return rows


def _next_chunk(batch: Batch) -> int:
    try:
        return issue_chunk(batch)
    except Exception:
        log.exception("batch %s cannot go on", batch.pk)
        return 0
