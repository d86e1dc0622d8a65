"""Verifying by number against what bare WSGI and a plain DRF peer do, in the same run; then among many more licences.

    python benchmarks/verifying.py [--licences N] [--seconds S] [--rounds R] [--database URL]

1. One verification a request, against bare WSGI and psycopg (benchmarks/floors): the median ratio of R rounds.
2. Batches of 100, in licences a second, against the peer's.
3. The 95th percentile of the time an answer takes among N licences, against that among 10,000.

A fifth of the numbers is unknown, refused or revoked; caches are cold at the start; the sequencer and the roll-ups run,
and how long entries wait for their place is said, as is the processor's time of the server for a request. The databases
are made for the run and dropped afterwards: --database (or DATABASE_URL) names a PostgreSQL server, without which
nothing is measured. Exit status 1 where a target is missed.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "clients")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from benchmarks.floors.tables import TABLES  # noqa: E402
from benchmarks.floors.tables import number as floor_number  # noqa: E402
from benchmarks.issuing import database, say  # noqa: E402
from benchmarks.parts.cloning import clone, number  # noqa: E402
from benchmarks.parts.serving import free_port, get, load, post, processor_seconds, running  # noqa: E402

OF_BARE, OF_PEER, SLOWER = 0.8, 40.0, 1.3
FEW, FLOOR_LICENCES = 10_000, 1_000_000
CONNECTIONS, BATCH, REQUESTS = 16, 100, 4_000
WORKERS, THREADS = 2, 4
VERIFY, BATCHES = "/api/v1/verifications/", "/api/v1/verifications/batch/"
TYPE, ITEM, FOREIGN = "建设用地规划许可证", "O3", "A1"


class Floors:
    """Bare WSGI and the peer, both on tables of their own."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES.format(licences=FLOOR_LICENCES).encode())
        floors = ROOT / "benchmarks" / "floors"
        environment = {**os.environ, "FLOOR_URL": url, "PYTHONPATH": str(floors)}
        environment.pop("DJANGO_SETTINGS_MODULE")
        token = subprocess.run(  # noqa: S603 - our own file
            [sys.executable, str(floors / "peer.py")], env=environment, capture_output=True, check=True, text=True
        ).stdout
        self._ports, self._groups = {}, {}
        for name in ("bare", "peer"):
            self._ports[name] = port = free_port()
            command = _granian(f"{name}:application", port)
            self._groups[name] = stack.enter_context(running(*command, environment=environment, port=port))
        self.processor = 0.0
        paths = [f"/verify/{floor_number(random.randint(1, FLOOR_LICENCES))}" for _ in range(REQUESTS)]  # noqa: S311
        self._requests = [get(path, Authorization=f"Token {token}") for path in paths]

    def rate(self, name: str, seconds: float) -> float:
        """Return how many licences a second one of them answers."""
        before = processor_seconds(self._groups[name])
        done = load(self._ports[name], self._requests, seconds=seconds, connections=CONNECTIONS)
        self.processor = (processor_seconds(self._groups[name]) - before) / done["answers"] * 1e6
        return _rate(done)


def _granian(application: str, port: int) -> Sequence[str]:
    return (
        sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(WORKERS), "--blocking-threads",
        str(THREADS), "--host", "127.0.0.1", "--port", str(port), "--no-log", application,
    )  # fmt: skip


def _rate(done: Mapping[str, Any]) -> float:
    if set(done["statuses"]) - {"200", "403"}:
        raise RuntimeError(f"answers were {done['statuses']}")
    return float(done["rate"])


class Ours:
    """The platform, as it is run: server, sequencer and jobs."""

    def __init__(self, stack: ExitStack) -> None:
        self._port, command = free_port(), (sys.executable, str(ROOT / "manage.py"))
        # Looks are charged to their rates, which are higher than what is measured.
        os.environ |= {f"LICENCE_EXCHANGE_RATE_{name}": "10000000" for name in ("CLIENT", "DEPARTMENT", "TYPE")}
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LICENCE_EXCHANGE_LOG_LEVEL": "ERROR"}
        serve = (*command, "serve", "--port", str(self._port), "--workers", str(WORKERS), "--threads", str(THREADS))
        self._group = stack.enter_context(running(*serve, environment=environment, port=self._port))
        self._jobs = self._group
        if environment.get("REDIS_URL"):
            # Without Redis the server's own processes sequence and run the jobs.
            stack.enter_context(running(*command, "sequence", environment=environment))
            jobs = (sys.executable, "-m", "celery", "-A", "config.jobs", "worker", "-B", "-c", "1", "-s",
                    str(Path(environment["LICENCE_EXCHANGE_DATA_DIR"]) / "beat"))  # fmt: skip
            self._jobs = stack.enter_context(running(*jobs, environment=environment))
        self.processor = 0.0
        self.lag = 0.0

    def load(self, requests: Sequence[bytes], *, seconds: float, connections: int = CONNECTIONS) -> dict[str, Any]:
        """Send requests; note the processor's microseconds a request and the longest lag of the record."""
        before = processor_seconds(self._group)
        with self._lag_watched():
            done = load(self._port, requests, seconds=seconds, connections=connections)
        self.processor = (processor_seconds(self._group) - before) / done["answers"] * 1e6
        return done

    def settle(self, patience: float = 30.0) -> None:
        """Wait until what was recorded has its place and is rolled up, so that a floor is not measured beside it."""
        from audit.queries import waiting_since

        end, still = time.monotonic() + patience, False
        while not still and time.monotonic() < end:
            before = processor_seconds(self._group) + processor_seconds(self._jobs)
            time.sleep(2)
            still = waiting_since() is None
            still = still and processor_seconds(self._group) + processor_seconds(self._jobs) - before < 0.4

    @contextmanager
    def _lag_watched(self) -> Iterator[None]:
        from audit.queries import waiting_since
        from foundation.clock import now

        stop = threading.Event()

        def watch() -> None:
            from django.db import connection

            while not stop.wait(0.5):
                since = waiting_since()
                self.lag = max(self.lag, (now() - since).total_seconds() if since else 0.0)
            connection.close()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()


def prepare() -> tuple[Any, str]:
    """Fill a database with the reference city, a client and an original to copy; return it and the client's token."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client as Browser

    from foundation.context import PLATFORM
    from licences.holders import register_holder
    from licences.issuing import Draft, issue_licence
    from licences.keystore import make_key
    from portal.demonstration.filling import CATALOGUE
    from portal.demonstration.numbers import company_code
    from registry import queries as registry
    from registry.catalogue import read_catalogue
    from registry.enrolling import register_client
    from registry.importing import import_catalogue

    call_command("prepare", verbosity=0)
    import_catalogue(read_catalogue(CATALOGUE), actor=PLATFORM)
    item = registry.item_by_code(ITEM)
    if item is None:
        raise LookupError(ITEM)
    wanted = next(t for group in registry.need_groups(item) for t in group.types if t.code and t.owner
                  and t.sharing_class == "unconditional")  # fmt: skip
    make_key(department=wanted.owner.pk, actor=PLATFORM)
    holder = register_holder(name="演示企业有限公司", code_type="001", number=company_code(1), actor=PLATFORM)
    draft = Draft(licence_type=wanted, issuer=wanted.owner, holders=[holder])
    original = issue_licence(draft, actor=PLATFORM)
    client, secret = register_client(name="业务系统", department=item.department, actor=PLATFORM)
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    token = Browser().post("/oauth/token/", {**form, "scope": "verify"}).json()["access_token"]
    return original, str(token)


def asked(licences: int) -> dict[str, str]:
    """Return one asking: of each hundred about 7 for unknown numbers, 7 refused, and 6 for revoked licences."""
    serial, draw = random.randrange(licences), random.random()  # noqa: S311
    item = FOREIGN if draw >= 0.93 else ITEM
    if draw < 0.07:
        serial += 10**9
    return {"number": number(serial), "item": item, "purpose": "建设工程规划许可", "case": f"外部-{serial}"}


def singles(licences: int, token: str) -> list[bytes]:
    """Return requests of one number each."""
    return [post(VERIFY, asked(licences), Authorization=f"Bearer {token}") for _ in range(REQUESTS)]


def report(name: str, found: float, wanted: float, *, least: bool) -> bool:
    """Say a figure with its target; return whether it is met."""
    met = found >= wanted if least else found <= wanted
    say(f"{name}: {found:.2f} (target {'at least' if least else 'at most'} {wanted}){'' if met else '  MISSED'}")
    return met


def batches(licences: int, token: str) -> list[bytes]:
    """Return requests of a hundred numbers each."""
    rows = ([asked(licences) for _ in range(BATCH)] for _ in range(REQUESTS // 10))
    return [post(BATCHES, {"verifications": list(of)}, Authorization=f"Bearer {token}") for of in rows]


def run(options: argparse.Namespace, floor_url: str) -> bool:
    """Measure all; say what was found; return whether the targets are met."""
    original, token = prepare()
    clone(0, FEW, original.pk, WORKERS)
    with ExitStack() as stack:
        floors, ours = Floors(floor_url, stack), Ours(stack)
        met = [one_a_request(floors, ours, token, options), many_a_request(floors, ours, token, options)]
        met.append(among_many(ours, original, token, options))
        say(f"the record's longest lag: {ours.lag:.1f} s")
    return all(met)


def one_a_request(floors: Floors, ours: Ours, token: str, options: argparse.Namespace) -> bool:
    """Compare one verification a request with bare WSGI, in rounds of both one after the other."""
    requests, ratios = singles(FEW, token), []
    for _ in range(options.rounds):
        bare = floors.rate("bare", options.seconds)
        single = _rate(ours.load(requests, seconds=options.seconds))
        ratios.append(single / bare)
        say(
            f"  bare {bare:,.0f}/s with {floors.processor:.0f} µs of the server's processor a request, "
            f"ours {single:,.0f}/s with {ours.processor:.0f} µs: {single / bare:.2f}"
        )
        ours.settle()
    return report("one a request, of bare WSGI", statistics.median(ratios), OF_BARE, least=True)


def many_a_request(floors: Floors, ours: Ours, token: str, options: argparse.Namespace) -> bool:
    """Compare batches of a hundred with the plain peer, in licences a second."""
    requests, ratios = batches(FEW, token), []
    for _ in range(options.rounds):
        peer = floors.rate("peer", options.seconds)
        many = _rate(ours.load(requests, seconds=options.seconds, connections=4)) * BATCH
        ratios.append(many / peer)
        say(
            f"  peer {peer:,.0f}/s with {floors.processor:.0f} µs of the server's processor, "
            f"ours {many:,.0f}/s with {ours.processor / BATCH:.0f} µs a licence: {many / peer:.1f}"
        )
        ours.settle()
    return report("batches of 100, of the plain peer's licences", statistics.median(ratios), OF_PEER, least=True)


def among_many(ours: Ours, original: Any, token: str, options: argparse.Namespace) -> bool:
    """Compare how long answers take among many licences with how long among few; at an even load."""
    few = ours.load(singles(FEW, token), seconds=2 * options.seconds, connections=2)
    begun = time.perf_counter()
    clone(FEW, options.licences, original.pk, WORKERS)
    say(f"  {options.licences:,} licences, made in {time.perf_counter() - begun:.0f} s")
    ours.settle()
    many = ours.load(singles(options.licences, token), seconds=2 * options.seconds, connections=2)
    for name, found in (("among few", few), ("among many", many)):
        say(f"  {name}: median {found['p50']} ms, p95 {found['p95']} ms, p99 {found['p99']} ms")
    return report(
        f"p95 among {options.licences:,}, of that among {FEW:,}", many["p95"] / few["p95"], SLOWER, least=False
    )


def main() -> int:
    """Run it in databases of its own; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="Verifying by number.")
    parser.add_argument("--licences", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""))
    options = parser.parse_args()
    if not options.database.startswith("postgres"):
        say("verifying by number is measured on PostgreSQL only: set DATABASE_URL")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with database(options.database, folder) as floor_url, database(options.database, folder) as url:
            os.environ |= {"DATABASE_URL": url, "LICENCE_EXCHANGE_DATA_DIR": name}
            met = run(options, floor_url)
            from django.db import connections

            connections.close_all()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
