"""A whole platform in a process of its own: the reference city, filled and served as `make run` does it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class City:
    """A served reference city."""

    address: str
    environment: dict[str, str]
    folder: Path

    @property
    def demonstration(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "demonstration.json").read_text("utf-8"))
        return loaded

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a management command against this city, with some environment variables set otherwise."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A database of the kind the suite runs on, empty: PostgreSQL where DATABASE_URL says so, else the default."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    base, _, _ = url.rpartition("/")
    name = f"journeys_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{base}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[City]:
    """Fill and serve the reference city; it is shared by all journeys of a run."""
    folder, port = tmp_path_factory.mktemp("city"), free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DATABASE_OWNER_URL")},
        "LICENCE_EXCHANGE_DATA_DIR": str(folder),
        "LICENCE_EXCHANGE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        **({"DATABASE_URL": database_url} if database_url else {}),
    }
    log = (folder / "server.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "manage.py", "first_look", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health/", server, folder / "server.log")
        yield City(f"http://127.0.0.1:{port}", environment, folder)
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def _wait_until_it_answers(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        with suppress(OSError):
            urllib.request.urlopen(address, timeout=2)
            return
        time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


@pytest.fixture
def jobs(city: City) -> Iterator[None]:
    """Start worker and beat where there is Redis; without it the server itself works the schedule."""
    if not os.environ.get("REDIS_URL"):
        yield
        return
    schedule = str(city.folder / "beat")
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat", "--schedule", schedule, "-c", "1"]
    with (city.folder / "worker.log").open("a") as log:
        worker = subprocess.Popen(command, env=city.environment, stdout=log, stderr=subprocess.STDOUT)
        yield
        worker.terminate()
        try:
            worker.wait(20)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
