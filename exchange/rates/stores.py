"""Where the buckets are kept for all workers together: Redis, or without it a table."""

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from django.db import transaction
from redis import Redis

from exchange.models import RateBucket
from exchange.rates.buckets import Bucket, Limit, Taken, refilled, take

# The rule of `exchange.rates.buckets.take` in one indivisible step, by Redis' own clock. Buckets that would be full
# again are forgotten, so that Redis holds only those that somebody uses.
_LUA = """
local clock = redis.call('TIME')
local at = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local least, wished = tonumber(ARGV[1]), tonumber(ARGV[2])
local wait, most, held, stamps = 0, wished, {}, {}
for i, key in ipairs(KEYS) do
  local per_second, capacity = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local kept = redis.call('HMGET', key, 't', 's')
  local tokens, stamped = tonumber(kept[1]), tonumber(kept[2])
  if tokens == nil then tokens, stamped = capacity, at end
  stamps[i] = math.max(at, stamped)
  held[i] = math.min(capacity, tokens + (stamps[i] - stamped) * per_second)
  local missing = math.min(least, capacity) - held[i]
  if missing > 0.000001 then wait = math.max(wait, math.ceil(missing / per_second)) end
  most = math.min(most, math.floor(held[i]))
end
if wait > 0 then return {wait, 0} end
local taken = math.max(least, most)
for i, key in ipairs(KEYS) do
  local per_second, capacity = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local left = held[i] - taken
  redis.call('HSET', key, 't', string.format('%.17g', left), 's', string.format('%.17g', stamps[i]))
  redis.call('PEXPIRE', key, math.ceil((capacity - left) / per_second * 1000) + 1000)
end
return {0, taken}
"""
_PREFIX = "rate:"
# A limit must not cost more than the call that it guards: who does not answer in this many seconds is down.
_PATIENCE = 0.25


class Store(Protocol):
    """Takes `least` to `wished` tokens from all of some buckets, or says how long to wait."""

    def take(self, limits: Mapping[str, Limit], *, least: int, wished: int) -> Taken:
        """Return what was taken."""
        ...


class RedisStore:
    """Buckets in Redis; raises `redis.RedisError` where it does not answer."""

    def __init__(self, address: str) -> None:
        self._address = address

    @cached_property
    def _script(self) -> Any:
        connection: Redis = Redis.from_url(
            self._address, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=None
        )
        return connection.register_script(_LUA)

    def take(self, limits: Mapping[str, Limit], *, least: int, wished: int) -> Taken:
        """Take in one round trip."""
        numbers = [n for limit in limits.values() for n in (limit.per_second, limit.capacity)]
        answer: Any = self._script(keys=[_PREFIX + key for key in limits], args=[least, wished, *numbers])
        wait, taken = answer
        return Taken(int(wait), int(taken))


class TableStore:
    """Buckets in the database, for installations without Redis; each is locked while it is taken from."""

    def take(self, limits: Mapping[str, Limit], *, least: int, wished: int) -> Taken:
        """Take in a transaction, or as part of the one that runs."""
        at = time.time()
        with transaction.atomic():
            # In the order of their keys, so that two never wait for each other.
            rows = {key: self._locked(key) for key in sorted(limits)}
            buckets = {key: (refilled(self._bucket(row), limits[key], at), limits[key]) for key, row in rows.items()}
            taken, left = take(buckets, least, wished)
            for key, row in rows.items() if taken.taken else ():
                row.tokens, row.stamped = left[key].tokens, left[key].stamped
                row.save(update_fields=["tokens", "stamped"])
        return taken

    @staticmethod
    def _locked(key: str) -> RateBucket:
        RateBucket.objects.bulk_create([RateBucket(key=key)], ignore_conflicts=True)
        return RateBucket.objects.select_for_update().get(key=key)

    @staticmethod
    def _bucket(row: RateBucket) -> Bucket | None:
        return None if row.tokens is None else Bucket(row.tokens, row.stamped)


class OwnStore:
    """Buckets of this process alone: what is left where Redis does not answer."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def take(self, limits: Mapping[str, Limit], *, least: int, wished: int) -> Taken:
        """Take; whoever calls sees to it that one thread does so at a time."""
        at = time.time()
        buckets = {key: (refilled(self._buckets.get(key), limit, at), limit) for key, limit in limits.items()}
        taken, left = take(buckets, least, wished)
        self._buckets |= left
        return taken
