"""Processes of a benchmark: servers and workers that end with it, the load on them, and the time that they used."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LOAD = Path(__file__).with_name("load.py")
_PATIENCE = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(*command: str, environment: Mapping[str, str], port: int = 0) -> Iterator[int]:
    """Run a process in a group of its own until the block ends, once it listens on `port`; yield its id."""
    process = subprocess.Popen(  # noqa: S603 - the benchmark's own commands
        command, env=dict(environment), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + _PATIENCE
        while port and not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command} does not listen on port {port}")
            time.sleep(0.1)
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def load(port: int, requests: Sequence[bytes], *, seconds: float, connections: int) -> dict[str, Any]:
    """Send requests as hard as they are answered, from a process of its own; return what it says."""
    data = b"".join(len(request).to_bytes(4, "big") + request for request in requests)
    command = [sys.executable, str(LOAD), str(port), str(connections), str(seconds)]
    done = subprocess.run(command, input=data, capture_output=True, check=True)  # noqa: S603
    return dict(json.loads(done.stdout))


def processor_seconds(group: int) -> float:
    """Return the processor's time that the processes of a group have used so far."""
    spent = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            spent += int(fields[11]) + int(fields[12])
    return spent / _TICKS


def get(path: str, **headers: str) -> bytes:
    """Return a GET request."""
    return _request("GET", path, b"", headers)


def post(path: str, body: Any, **headers: str) -> bytes:
    """Return a POST request with a JSON body."""
    content = json.dumps(body, ensure_ascii=False).encode()
    return _request("POST", path, content, {"Content-Type": "application/json", **headers})


def _request(method: str, path: str, content: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content
