"""As whom an address is counted where something may be done so often only."""

from ipaddress import IPv6Address, ip_address

from exchange.limiting import Limit

__all__ = ["Limit", "counted_as"]
_A_NETWORK = 64  # bits of an IPv6 address: a household or an office has that many to itself, and may use all the rest


def counted_as(address: str) -> str:
    """Return as whom an address is counted: itself, or of IPv6 its network, in which one person has all of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or int(found) >> (128 - _A_NETWORK))
