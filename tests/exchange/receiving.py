"""A department's endpoint: a real HTTP server on the loopback address, which answers as a test tells it."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Answering:
    """What the endpoint answers: a status, headers, and a body made of what came."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[Received], bytes] = lambda received: b""


def echoing(received: Received) -> bytes:
    """Answer a challenge as it should be."""
    return json.dumps({"challenge": received.told["data"].get("challenge")}).encode()


@dataclass
class Endpoint:
    """The endpoint: its address, what came, and what it answers from now on."""

    address: str
    answer: Answering = field(default_factory=lambda: Answering(body=echoing))
    received: list[Received] = field(default_factory=list)

    @property
    def changes(self) -> list[Received]:
        return [one for one in self.received if one.told["type"] == "licence.status_changed"]


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Serve an endpoint while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            here.received.append(received)
            answer = here.answer
            content = answer.body(received)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *values: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/hooks")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
