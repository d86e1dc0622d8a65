"""Leases: a process takes some tokens at once from the shared buckets, and spends them without asking again.

At 4,000 calls a second the shared store is then asked 20 times a second by each process, not 4,000 times. The price:
tokens leased and not spent within `KEPT` seconds are lost. So within any span of t seconds no more pass than
`capacity + per_second * t` and one lease for each process (`SHARE` of a second's tokens), and a process may be told to
wait while another still holds up to one lease.
"""

import logging
import math
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from redis import RedisError

from exchange.rates.buckets import Limit, Taken
from exchange.rates.stores import OwnStore, Store

logger = logging.getLogger(__name__)
SHARE = 0.05
"""The part of a second's tokens that one lease takes."""
KEPT = 1.0
"""How many seconds a lease is kept."""
# So long a store that did not answer is not asked again: a dead one must not slow every call down.
_REST = 5.0
_MANY = 10_000


@dataclass(slots=True)
class _Lease:
    tokens: int
    until: float


class Leases:
    """The leases of one process, and what to do while the shared store does not answer.

    Then each process limits by itself (fail soft): the limits hold per process, so that in the worst case as many times
    as much passes as there are processes. Calls are neither let through without a limit nor all refused for a fault of
    ours; a warning is logged each time the store fails, at most once in five seconds a process.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own = OwnStore()
        self._lock = threading.Lock()
        self._leases: dict[str, _Lease] = {}
        self._waits: dict[tuple[frozenset[str], int], float] = {}
        self._rests_until = 0.0

    def spend(self, limits: Mapping[str, Limit], count: int) -> int:
        """Spend `count` tokens of each bucket; return how many seconds to wait, 0 where they were spent."""
        at = time.monotonic()
        asked = (frozenset(limits), count)
        with self._lock:
            wait = self._waits.get(asked, 0.0) - at
            if wait > 0:
                return math.ceil(wait)
            lacking = {key: limit for key, limit in limits.items() if self._held(key, at) < count}
            # Spent before the store is asked, so that no other thread spends the same meanwhile.
            self._add(limits.keys() - lacking.keys(), -count)
        if not lacking:
            return 0
        taken = self._take(lacking, count, at)
        with self._lock:
            if taken.wait:
                self._add(limits.keys() - lacking.keys(), count)
                self._remember(asked, at + taken.wait)
            else:
                self._add(lacking, taken.taken - count, until=at + KEPT)
        return taken.wait

    def _held(self, key: str, at: float) -> int:
        lease = self._leases.get(key)
        return lease.tokens if lease and at < lease.until else 0

    def _add(self, keys: Iterable[str], count: int, until: float | None = None) -> None:
        for key in keys:
            lease = self._leases.setdefault(key, _Lease(0, 0.0))
            if until is not None:
                # What an older lease still held is lost once it is past its time.
                lease.tokens = lease.tokens if time.monotonic() < lease.until else 0
                lease.until = until
            lease.tokens += count

    def _take(self, lacking: Mapping[str, Limit], count: int, at: float) -> Taken:
        # What one bucket gives all of them must: a lease is as large as the slowest of them allows.
        wished = max(count, int(min(limit.per_second for limit in lacking.values()) * SHARE))
        if at >= self._rests_until:
            try:
                return self._store.take(lacking, least=count, wished=wished)
            except RedisError as error:
                self._rests_until = at + _REST
                logger.warning("Redis keeps no rates at present: each process limits by itself. %s", error)
        with self._lock:
            return self._own.take(lacking, least=count, wished=wished)

    def _remember(self, asked: tuple[frozenset[str], int], until: float) -> None:
        """Keep in mind who is to wait, so that a flood costs the shared store nothing."""
        if len(self._leases) + len(self._waits) > _MANY:
            self._leases.clear()
            self._waits.clear()
        self._waits[asked] = until
