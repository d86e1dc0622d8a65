"""Calls a server as hard as it answers, over kept connections, and says how long each answer took.

    python benchmarks/parts/load.py PORT CONNECTIONS SECONDS < requests

Reads requests (HTTP/1.1, whole, each with its length before it: 4 bytes, big-endian) from standard input and sends them
round about, one after another on each connection. Prints one JSON object: answers, by status; seconds; and percentiles
of the milliseconds that an answer took. The same generator for every server, in a process of its own.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

_END = b"\r\n\r\n"


def read_requests(data: bytes) -> list[bytes]:
    """Return the requests, each after its length."""
    found, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def length_of(answer: bytes) -> int:
    """Return how long an answer will be with its body, or 0 while its headers are not complete."""
    head = answer.find(_END)
    if head < 0:
        return 0
    lower = answer[:head].lower()
    start = lower.index(b"content-length:") + 15
    end = lower.find(b"\r", start)
    return head + 4 + int(lower[start : end if end > 0 else head])


def load(port: int, connections: int, seconds: float, requests: list[bytes]) -> dict[str, object]:
    """Send the requests round about for some seconds."""
    selector, turn = selectors.DefaultSelector(), cycle(requests)
    pending: dict[int, tuple[float, bytes]] = {}
    sockets: dict[int, socket.socket] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(one, selectors.EVENT_READ)
        one.sendall(next(turn))
        sockets[one.fileno()], pending[one.fileno()] = one, (time.perf_counter(), b"")
    took: list[float] = []
    statuses: Counter[str] = Counter()
    begun = time.perf_counter()
    end = begun + seconds
    while (at := time.perf_counter()) < end:
        for key, _ in selector.select(1.0):
            one = sockets[key.fd]
            sent, answer = pending[key.fd]
            part = one.recv(65536)
            if not part:
                raise SystemExit("the server closed a connection")
            answer = answer + part if answer else part
            expected = length_of(answer)
            if not expected or len(answer) < expected:
                pending[key.fd] = (sent, answer)
                continue
            at = time.perf_counter()
            took.append(at - sent)
            statuses[answer[9:12].decode()] += 1
            one.sendall(next(turn))
            pending[key.fd] = (at, b"")
    spent = time.perf_counter() - begun
    took.sort()
    percentiles = {f"p{p}": round(took[min(len(took) - 1, len(took) * p // 100)] * 1000, 3) for p in (50, 95, 99)}
    return {"answers": len(took), "seconds": spent, "rate": len(took) / spent, "statuses": statuses, **percentiles}


def main() -> None:
    """Run as its arguments say."""
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    requests = read_requests(Path("/dev/stdin").read_bytes())
    json.dump(load(port, connections, seconds, requests), sys.stdout)


if __name__ == "__main__":
    main()
