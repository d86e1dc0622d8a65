"""How often something may be done, counted in the shared cache, so that all workers of the platform count together."""

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in `seconds`, counted anew from each multiple of these on."""

    name: str
    most: int
    seconds: int = 60

    def wait(self, who: str, at: dt.datetime) -> int:
        """Count one more by `who`; return how many seconds they are to wait, 0 where they need not."""
        window, passed = divmod(int(at.timestamp()), self.seconds)
        # A digest: an address is personal, and may be a made-up text that no cache takes as a key.
        place = f"limit-{self.name}-{sha256(who.encode()).hexdigest()[:32]}-{window}"
        cache.add(place, 0, 2 * self.seconds)
        try:
            count = cache.incr(place)
        except ValueError:  # thrown out of a full cache since
            return 0
        return self.seconds - passed if count > self.most else 0
