"""Verifying many numbers in one call: each asked, answered and recorded as it would be alone."""

from collections.abc import Iterator, Sequence
from itertools import islice

from django.db import transaction

from audit.errors import RecordUnavailable
from exchange.asking import Ask, Standing
from exchange.verifying import Answer, verify_number
from foundation.reasons import Refused

MOST = 1000
_TOGETHER = 100

Asking = tuple[Ask, Standing]


def verify_many(askings: Sequence[Asking]) -> list[Answer | Refused]:
    """Return an answer or a refusal for each asking, in their order.

    Each is decided at its own instant, so that a right which ends meanwhile is not relied on by those that come after.
    Their entries are committed a hundred together. Raises `RecordUnavailable` where some cannot be written: then
    nothing is to be answered.
    """
    left, answers = iter(askings), list[Answer | Refused]()
    while together := list(islice(left, _TOGETHER)):
        with transaction.atomic():
            answers += _answered(together)
    return answers


def _answered(askings: Sequence[Asking]) -> Iterator[Answer | Refused]:
    for ask, standing in askings:
        try:
            yield verify_number(ask, standing=standing)
        except RecordUnavailable:
            raise
        except Refused as refused:
            yield refused
