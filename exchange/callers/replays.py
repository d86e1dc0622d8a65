"""What may be used once: exact across all workers, since the database takes a pair of client and text only once."""

import datetime as dt
from hashlib import sha256
from typing import Literal
from uuid import UUID

from django.db import IntegrityError, transaction

from exchange.models import UsedOnce
from foundation.clock import now

Kind = Literal["assertion", "signature"]
# So many rows are deleted in one transaction, and so often in a run: 1,000 signed calls a second leave no more behind.
_AT_ONCE, _TIMES = 5_000, 60


def use_once(client: UUID, kind: Kind, text: str, *, until: dt.datetime) -> bool:
    """Say whether a client uses `text` for the first time, and remember it until `until`.

    Of two that come at once the database lets one pass. If a transaction that runs is undone, so is the use.
    """
    digest = sha256(text.encode(errors="surrogatepass")).digest()
    try:
        with transaction.atomic():
            UsedOnce.objects.create(client=client, kind=kind, digest=digest, until=until)
    except IntegrityError:
        return False
    return True


def forget_used(at: dt.datetime | None = None) -> int:
    """Delete what could not be used any more anyway; return how many. A bounded number at a time."""
    at, deleted = at or now(), 0
    for _ in range(_TIMES):
        ended = list(UsedOnce.objects.filter(until__lt=at).values_list("pk", flat=True)[:_AT_ONCE])
        UsedOnce.objects.filter(pk__in=ended).delete()
        deleted += len(ended)
        if len(ended) < _AT_ONCE:
            break
    return deleted
