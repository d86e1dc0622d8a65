"""Periodic work: entries get their places, the figures of use follow them, and odd use is looked for."""

import time
from collections.abc import Callable

from celery import shared_task

from audit.sequencing import keep_up
from audit.usage import count_next
from audit.watching import forget_windows, watch_next

SEQUENCING_SECONDS = 5
SECONDS = 10


def _until_done(step: Callable[[], int]) -> int:
    """Repeat a step until nothing is left, or for about `SECONDS`; the next run goes on."""
    until, done = time.monotonic() + SECONDS, 0
    while found := step():
        done += found
        if time.monotonic() >= until:
            break
    return done


@shared_task(name="audit.count_usage")
def count_usage() -> int:
    """Count the entries that were sequenced since into the figures of use; return how many."""
    return _until_done(count_next)


@shared_task(name="audit.watch_use")
def watch_use() -> int:
    """Look for odd use among the entries that were sequenced since; return how many were looked at."""
    forget_windows()
    return _until_done(watch_next)


@shared_task(name="audit.sequence")
def sequence() -> int:
    """Give waiting entries their places and sign the tree; return how many: none beside a running sequencer."""
    return keep_up(seconds=SEQUENCING_SECONDS)
