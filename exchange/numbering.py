"""Numbers of cases: a scope, the legal day and a count within both, such as D2-20261124-0001."""

import datetime as dt

from exchange.models import CaseSequence
from foundation.clock import legal_day


def next_number(scope: str, at: dt.datetime) -> str:
    """Return the next number of the scope's day, in the caller's transaction, which holds the count until it ends."""
    day = f"{scope}-{legal_day(at):%Y%m%d}"
    CaseSequence.objects.get_or_create(scope=day)
    sequence = CaseSequence.objects.select_for_update().get(scope=day)
    sequence.last += 1
    sequence.save(update_fields=["last"])
    return f"{day}-{sequence.last:04}"
