"""Periodic work."""

from celery import shared_task

from audit.sequencing import keep_up

SECONDS = 5


@shared_task(name="audit.sequence")
def sequence() -> int:
    """Give waiting entries their places and sign the tree; return how many: none beside a running sequencer."""
    return keep_up(seconds=SECONDS)
