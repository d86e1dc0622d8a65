"""Token buckets: pure. `exchange.rates.stores` keeps them, in Redis by the same rule written in Lua."""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket that gains `per_second` tokens and holds `capacity` of them at most; both are more than nothing."""

    per_second: float
    capacity: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a bucket held at `stamped` (seconds since the epoch); one who asked for more than it holds owes it."""

    tokens: float
    stamped: float


@dataclass(frozen=True, slots=True)
class Taken:
    """`wait` is the number of whole seconds after which as much can be had; where it is 0, `taken` tokens were."""

    wait: int
    taken: int = 0


def refilled(bucket: Bucket | None, limit: Limit, at: float) -> Bucket:
    """Return a bucket as it stands at `at`; one that nobody has asked before is full. Time never runs backwards."""
    if bucket is None:
        return Bucket(limit.capacity, at)
    at = max(at, bucket.stamped)
    return Bucket(min(limit.capacity, bucket.tokens + (at - bucket.stamped) * limit.per_second), at)


def take(buckets: Mapping[str, tuple[Bucket, Limit]], least: int, wished: int) -> tuple[Taken, dict[str, Bucket]]:
    """Take from all buckets the same number of tokens, `least` to `wished`, or from none.

    Who asks for more at once than a bucket can ever hold is served where it is full, and the bucket owes the rest:
    however large a batch is, it does not wait for ever, and nobody gets more in the long run than the limit.
    """
    waits = [_wait(bucket, limit, least) for bucket, limit in buckets.values()]
    if any(waits):
        return Taken(max(waits)), {key: bucket for key, (bucket, _) in buckets.items()}
    most = min((int(bucket.tokens) for bucket, _ in buckets.values()), default=wished)
    taken = max(least, min(wished, most))
    return Taken(0, taken), {key: Bucket(b.tokens - taken, b.stamped) for key, (b, _) in buckets.items()}


def _wait(bucket: Bucket, limit: Limit, least: int) -> int:
    missing = min(least, limit.capacity) - bucket.tokens
    # A hair of a token is the rounding of clocks, not a reason to come back in a second.
    return math.ceil(missing / limit.per_second) if missing > 1e-6 else 0
