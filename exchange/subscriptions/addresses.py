"""Where messages may be sent: public addresses by https, and what a closed network's settings list besides.

A name is resolved when a connection is made, and the connection goes to an address that was checked: what a name leads
to a moment later does not matter. Nothing is redirected, and no proxy of the environment is used.
"""

import ipaddress
import socket
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpcore

from exchange.subscriptions.errors import AddressNotAllowed
from foundation.reasons import Both

if TYPE_CHECKING:
    import ssl

    from config.sharing import Sharing

LONGEST = 500
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses that stand for others, of which Python says that they are global.
_TRANSLATED = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class Blocked(Exception):
    """A name leads to an address to which nothing is sent."""


def check_address(text: str, allowed: "Sharing") -> str:
    """Return the address without white space around it; `AddressNotAllowed` says what is wrong with its form."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise AddressNotAllowed(Both("格式不正确", "it is no web address")) from None
    if not host or not text.isascii() or not text.isprintable() or " " in text or port == 0:
        raise AddressNotAllowed(Both("格式不正确", "it is no web address"))
    if len(text) > LONGEST:
        raise AddressNotAllowed(Both(f"超过{LONGEST}个字符", f"it has more than {LONGEST} characters"))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressNotAllowed(Both("不得含账号、密码或片段", "it holds an account, a password or a fragment"))
    literal = _literal(host)
    is_listed = host in allowed.hosts or (literal is not None and _in_networks(literal, allowed))
    if parts.scheme != "https" and not (parts.scheme == "http" and allowed.plain_http and is_listed):
        raise AddressNotAllowed(Both("须使用 https", "it must use https"))
    if literal is not None and not may_reach(host, [literal], allowed):
        raise AddressNotAllowed(Both("所在网络不允许访问", "it lies in a network to which nothing is sent"))
    return text


def may_reach(host: str, found: Iterable[Address], allowed: "Sharing") -> bool:
    """Say whether a host may be sent to at all of the addresses to which its name leads."""
    if host.lower() in allowed.hosts:
        return True
    return all(_in_networks(address, allowed) or _is_public(address) for address in found)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _in_networks(address: Address, allowed: "Sharing") -> bool:
    address = _plain(address)
    return any(address in network for network in allowed.networks)


def _is_public(address: Address) -> bool:
    address = _plain(address)
    if any(address in network for network in _TRANSLATED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class GuardedBackend(httpcore.SyncBackend):
    """Connects to checked addresses only; whatever a peer does, no call lasts beyond `deadline` (monotonic seconds)."""

    def __init__(self, allowed: "Sharing", deadline: float) -> None:
        self._allowed, self._deadline = allowed, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check, and connect to the first address that answers; raises `Blocked`."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not addresses or not may_reach(host, addresses, self._allowed):
            raise Blocked(host)
        failed: Exception = httpcore.ConnectError("no address")
        for address in dict.fromkeys(addresses):
            try:
                left = _left(self._deadline, timeout)
                stream = super().connect_tcp(str(address), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _Timed(stream, self._deadline)
        raise failed


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is up")
    return left if timeout is None else min(left, timeout)


class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline, so that an answer byte by byte holds nobody up."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: "ssl.SSLContext", server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout))
        return _Timed(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
