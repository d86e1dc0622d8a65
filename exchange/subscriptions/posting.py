"""Sending one message over the network: bounded in time and in what is read, never redirected."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import httpcore
from django.conf import settings

from exchange.subscriptions.addresses import Blocked, GuardedBackend
from foundation.reasons import Grounds, because

SECONDS = 10.0
"""How long one message may take, from the first packet to the end of the answer."""
MOST_READ = 4096
_STEP = 5.0


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of it: the HTTP status and the beginning of the answer, or, with status 0, why there was none."""

    status: int
    grounds: Grounds
    body: bytes = b""
    retry_after: float = 0

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint took the message."""
        return 200 <= self.status < 300


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def post(address: str, body: bytes, headers: Mapping[str, str]) -> Posted:
    """Post a message and return what came of it; never raises for what an endpoint or the network does."""
    sent = {"content-type": "application/json", "user-agent": "licence-exchange", **headers}
    backend = GuardedBackend(settings.SHARING, time.monotonic() + SECONDS)
    timeout = {"connect": _STEP, "read": _STEP, "write": _STEP, "pool": _STEP}
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, max_connections=1) as pool,
            pool.stream(
                "POST", address, headers=list(sent.items()), content=body, extensions={"timeout": timeout}
            ) as answer,
        ):
            told = _beginning(answer)
            given = {name.lower(): value for name, value in answer.headers}
            status = str(answer.status)
            return Posted(answer.status, because("delivery_answered", status=status), told, _wait(given))
    except Blocked:
        return Posted(0, because("delivery_blocked"))
    except httpcore.TimeoutException:
        return Posted(0, because("delivery_timed_out"))
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError):
        return Posted(0, because("delivery_unreachable"))


def _beginning(answer: httpcore.Response) -> bytes:
    read = b""
    for chunk in answer.iter_stream():
        read += chunk
        if len(read) >= MOST_READ:
            break
    return read[:MOST_READ]


def _wait(headers: Mapping[bytes, bytes]) -> float:
    """Return the seconds of `Retry-After` (RFC 9110 section 10.2.3); a date there is passed over."""
    text = headers.get(b"retry-after", b"").decode("ascii", "replace").strip()
    return float(text) if text.isdigit() and len(text) < 9 else 0.0
