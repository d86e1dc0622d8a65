"""The settings of what departments' systems get: calls in other styles, and messages to their endpoints."""

import ipaddress
from dataclasses import dataclass

from config.environment import Environment
from exchange.gbt.tables import read_style


@dataclass(frozen=True, slots=True)
class Sharing:
    """`gbt_style` names the table of the calls under /gbt/. Messages go to public addresses by https alone.

    `hosts` and `networks` may be sent to besides; by plain http too where `plain_http` says so.
    """

    gbt_style: str
    hosts: frozenset[str]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    plain_http: bool


def sharing(environment: Environment) -> Sharing:
    """Read them."""
    style = environment.read(
        "LICENCE_EXCHANGE_GBT_STYLE",
        _style,
        default="head_data",
        meaning="How calls under /gbt/ (GB/T 36906 style) are laid out: `head_data`, `ack_code`, or the path of a "
        "table of one's own.",
    )
    hosts, networks = environment.read(
        "LICENCE_EXCHANGE_WEBHOOK_HOSTS",
        _places,
        default="",
        meaning="Hosts and networks inside a closed network to which messages may be sent besides public addresses, "
        "split by commas, such as `hooks.example.gov.cn,10.20.0.0/16`.",
    )
    plain = environment.flag(
        "LICENCE_EXCHANGE_WEBHOOK_PLAIN_HTTP",
        default=False,
        meaning="Whether messages to those hosts and networks may go by plain http.",
    )
    return Sharing(style, hosts, networks, plain)


def _style(name: str) -> str:
    read_style(name)
    return name


def _places(text: str) -> tuple[frozenset[str], tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]]:
    hosts, networks = set(), []
    for part in filter(None, (p.strip().lower() for p in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError:
            if "/" in part or ":" in part:
                raise ValueError(f"holds {part!r}, which is neither a host nor a network") from None
            hosts.add(part)
    return frozenset(hosts), tuple(networks)
