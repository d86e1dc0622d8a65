"""A platform of the tests' own: serves a log's files and takes cosignatures, over real HTTP on loopback."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.clients.logs import Log


class Platform(ThreadingHTTPServer):
    """`taken` are the cosignatures that came; `answer` is the status for them; `before` runs as one comes in."""

    daemon_threads = True

    def __init__(self, log: Log) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.log = log
        self.taken: list[bytes] = []
        self.answer = 200
        self.before: Callable[[], object] = bool

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/audit/log"


class Answering(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        data = self.server.log.files.get(self.path.removeprefix("/audit/log/"))
        self.send_response(200 if data is not None else 404)
        self.end_headers()
        self.wfile.write(data or b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.before()
        if self.path == "/audit/log/cosignatures" and self.server.answer == 200:
            self.server.taken.append(body)
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def platform(log: Log) -> Iterator[Platform]:
    with Platform(log) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
