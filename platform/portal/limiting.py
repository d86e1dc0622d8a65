"""How often something may be done, counted in the shared cache, so that all workers of the platform count together."""

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from django.core.cache import cache

_A_NETWORK = 64  # bits of an IPv6 address: a household or an office has that many to itself, and may use all the rest


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


def counted_as(address: str) -> str:
    """Return as whom an address is counted: itself, or of IPv6 its network, in which one person has all of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or int(found) >> (128 - _A_NETWORK))
