"""Charging calls of departments' systems: one bucket a client, one a department, one a department and licence type.

The department's is for all its clients together, so that its settings should leave room beside one client's: then one
that floods us is told to wait, and neither the department's other clients nor any other department notices.
"""

from collections.abc import Collection
from functools import cache, lru_cache
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from exchange.rates.buckets import Limit
from exchange.rates.leases import Leases
from exchange.rates.stores import RedisStore, TableStore


def seconds_to_wait(
    *, client: UUID, department: str, types: Collection[str] = (), count: int = 1, own_rate: int | None = None
) -> int:
    """Charge `count` looks of a client to its buckets; return how many whole seconds it is to wait, or 0.

    `department` is its department's code, `types` the codes of the licence types looked at, `own_rate` the calls a
    second that were agreed with this client (`Client.rate`; None: as for all). Whoever is to wait was charged nothing.
    Threads may call this at once. With a lease in hand it takes some microseconds, else a round trip to Redis.
    """
    limits = _limits(client, department, tuple(sorted(set(types))), own_rate)
    return _leases().spend(limits, count) if limits else 0


def forget() -> None:
    """Forget what this process leased: where the settings changed, in tests."""
    _leases.cache_clear()
    _limits.cache_clear()
    _limit.cache_clear()


@cache
def _leases() -> Leases:
    return Leases(RedisStore(settings.REDIS_URL) if settings.REDIS_URL else TableStore())


@cache
def _limit(per_second: int) -> Limit:
    return Limit(per_second, per_second * max(settings.RATES.burst_seconds, 1))


@lru_cache(maxsize=4096)
def _limits(client: UUID, department: str, types: tuple[str, ...], own_rate: int | None) -> dict[str, Limit]:
    """Return the buckets to charge by their keys; none for what has no limit (0)."""
    rates = settings.RATES
    found = {f"c:{client}": rates.client if own_rate is None else own_rate, f"d:{department}": rates.department}
    found |= {f"t:{department}:{code}": rates.licence_type for code in types}
    return {key: _limit(rate) for key, rate in found.items() if rate}


def seconds_to_sign_in(address: str) -> int:
    """Charge one attempt to get a token from an address; return how many seconds it is to wait, or 0.

    A department's systems behind one address need a few tokens an hour; whoever guesses needs millions.
    """
    most: int = settings.RATES.sign_in
    place = f"s:{sha256(address.encode()).hexdigest()[:32]}"
    return _leases().spend({place: Limit(most / 60, most)}, 1) if most else 0
