"""Web, worker and sequencer killed at moments of chance under load: no acknowledged access without its entry.

    python benchmarks/crashes.py [--seconds S] [--seed N] [--database URL] [--redis URL]

The reference city is filled in a database of its own and served. Clients verify licences by number without a pause and
keep what they were answered; a batch of paper licences is issued meanwhile. Every moment one of the processes is ended
by SIGKILL with all its children, and started again at once. In the end, with everything left alone until the queue is
empty: each answer's entry stands in the tree, places are contiguous and each entry has one, an answer that came before
another was asked for stands before it, each issued licence has one entry, and `audit-check` accepts the log.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from issuing import database, say, write_file

ROOT = Path(__file__).resolve().parents[1]
CLIENTS, BATCH_ROWS, PATIENCE = 4, 6000, 120
TYPE, ITEM = "不动产权证书", "O2"
OPERATOR = {"account": "load", "name": "演示负载"}


@dataclass
class Answers:
    """What clients were answered: when they asked, when the answer came, the entry that it names."""

    found: list[tuple[float, float, str]] = field(default_factory=list)
    unanswered: int = 0


class Part:
    """One kind of process: started, killed, started again."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name, self._command, self._log = name, command, log
        self.start()

    def start(self) -> None:
        """Start it in a group of its own, so that it can be killed with its children."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self._command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def end(self, number: int) -> None:
        """Send the whole group a signal and wait until the process has gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        self._process.wait(30)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parts(folder: Path, port: int, redis: str) -> list[Part]:
    """Start all kinds of processes."""
    manage = [sys.executable, "manage.py"]
    commands = {"web": [*manage, "serve", "--port", str(port)], "sequencer": [*manage, "sequence"]}
    if redis:
        beat = ["--beat", "--schedule", str(folder / "beat"), "--concurrency", "1"]
        commands["worker"] = [sys.executable, "-m", "celery", "-A", "config", "worker", *beat]
    return [Part(name, command, folder / f"{name}.log") for name, command in commands.items()]


def ask(address: str, client: dict[str, str], numbers: list[str], stop: threading.Event, answers: Answers) -> None:
    """Verify one number after another, and keep what was answered."""
    import httpx

    from licence_exchange_client import LicenceExchange, Problem

    chance = random.Random()  # noqa: S311 - which number comes next
    with LicenceExchange(address, client_id=client["id"], client_secret=client["secret"], timeout=10) as system:
        while not stop.is_set():
            begun = time.monotonic()
            try:
                answer = system.verify(chance.choice(numbers), item=ITEM, purpose="crashes", operator=OPERATOR)
                entry = str(answer["record"])
            except Problem as problem:
                entry = str(problem.body.get("record") or "")
            except httpx.HTTPError:
                answers.unanswered += 1
                time.sleep(0.05)
                continue
            if entry:
                answers.found.append((begun, time.monotonic(), entry))


def wait_for(address: str) -> None:
    """Wait until the server answers."""
    import httpx

    for _ in range(PATIENCE * 10):
        with suppress(httpx.HTTPError):
            if httpx.get(f"{address}/health/", timeout=2).is_success:
                return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def storm(found: list[Part], address: str, seconds: float, chance: random.Random) -> Counter[str]:
    """Kill one part after another, each time once the server answers; return how often each was."""
    kills: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        wait_for(address)
        time.sleep(chance.uniform(0.1, 2.5))
        part = chance.choice(found)
        part.end(signal.SIGKILL)
        part.start()
        kills[part.name] += 1
    return kills


def prepared(folder: Path) -> Any:
    """Fill the reference city and take a batch in; return the batch."""
    import django

    django.setup()
    from django.core.management import call_command

    from foundation.context import PLATFORM
    from licences.batches import take_in
    from registry import queries as registry

    call_command("first_look", "--no-serve", stdout=(folder / "filling.log").open("w"))
    file = folder / "backlog.csv"
    write_file(file, BATCH_ROWS, BATCH_ROWS // 5, {"projectName": "演示项目"})
    (licence_type,) = registry.types_named(TYPE)
    assert licence_type.owner  # noqa: S101 - the reference city's own
    return take_in(file, licence_type=licence_type, issuer=licence_type.owner, actor=PLATFORM)


def _settled(batch: Any) -> bool:
    from audit.models import Pending
    from licences.batch_queries import progress_of

    return not Pending.objects.exists() and not progress_of(batch).waiting


def faults_of(answers: Answers, batch: Any, folder: Path) -> list[str]:
    """Return everything that does not hold once all has settled."""
    from django.core.management import call_command

    from audit.models import Entry, Sequenced
    from audit.sequencing import keep_up
    from audit_check.command import main as audit_check
    from licences.batch_queries import progress_of

    # What was written while the processes were being ended.
    keep_up()
    places = {str(entry): index for index, entry in Sequenced.objects.values_list("index", "entry")}
    faults = [f"the entry of an answer has no place: {e}" for _, _, e in answers.found if e not in places]
    if sorted(places.values()) != list(range(len(places))):
        faults.append("places are not contiguous")
    if len(places) != Entry.objects.count():
        faults.append(f"{Entry.objects.count()} entries have {len(places)} places")
    faults += _disorder([(begun, ended, places[e]) for begun, ended, e in answers.found if e in places])
    issued = Entry.objects.filter(action="issue", purpose=f"batch {batch.pk}").values_list("subject", flat=True)
    progress = progress_of(batch)
    if not len(issued) == len(set(issued)) == progress.issued == progress.rows:
        faults.append(f"{progress.issued} of {progress.rows} licences issued, with {len(issued)} entries")
    call_command("export_record", str(folder / "log"), stdout=(folder / "export.log").open("w"))
    if audit_check(["log", str(folder / "log"), "--key", str(folder / "log" / "key")]):
        faults.append("audit-check does not accept the log")
    return faults


def _disorder(answered: list[tuple[float, float, int]]) -> list[str]:
    """Say where an answer that came before another was asked for stands behind it."""
    ended, highest, faults = sorted((end, place) for _, end, place in answered), -1, []
    position = 0
    for begun, _, place in sorted(answered):
        while ended[position][0] < begun:
            highest = max(highest, ended[position][1])
            position += 1
        if place < highest:
            faults.append(f"place {place} was given after place {highest} was acknowledged")
    return faults


def play(folder: Path, options: argparse.Namespace) -> bool:
    """Let it storm, wait until all has settled, and say what was found."""
    batch = prepared(folder)
    from django.db import connections

    from licences.models import Licence
    from portal.demonstration.filling import Demonstration

    demonstration = Demonstration.load()
    assert demonstration  # noqa: S101 - made above
    numbers = [
        *Licence.objects.values_list("number", flat=True)[:200],
        *demonstration.specimens.values(),
        "无〔1999〕1号",
    ]
    connections.close_all()
    port, chance, stop, answers = free_port(), random.Random(options.seed), threading.Event(), Answers()  # noqa: S311
    os.environ["LICENCE_EXCHANGE_PUBLIC_URL"] = address = f"http://127.0.0.1:{port}"
    running = parts(folder, port, options.redis)
    asking = [
        threading.Thread(target=ask, args=(address, demonstration.client, numbers, stop, answers))
        for _ in range(CLIENTS)
    ]
    try:
        for thread in asking:
            thread.start()
        kills = storm(running, address, options.seconds, chance)
        begun = time.monotonic()
        stop.set()
        for thread in asking:
            thread.join()
        while not (settled := _settled(batch)) and time.monotonic() - begun < PATIENCE:
            time.sleep(0.5)
    finally:
        stop.set()
        for part in running:
            part.end(signal.SIGTERM)
    said = ", ".join(f"{name} {count} times" for name, count in sorted(kills.items()))
    say(f"killed: {said}; {len(answers.found):,} answers, {answers.unanswered:,} calls without one")
    faults = faults_of(answers, batch, folder) if settled else ["it did not settle"]
    say("\n".join(faults[:20]) or "each answer has its entry, in order and once; audit-check accepts the log")
    return not faults and bool(answers.found)


def main() -> int:
    """Play it in a database of its own; 1 where something does not hold."""
    parser = argparse.ArgumentParser(description="Kill web, worker and sequencer under load.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""))
    parser.add_argument("--redis", default=os.environ.get("REDIS_URL", ""))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with database(options.database, folder) as url:
            os.environ |= {"DATABASE_URL": url, "REDIS_URL": options.redis, "LICENCE_EXCHANGE_DATA_DIR": name}
            paths = [str(ROOT), str(ROOT / "platform"), str(ROOT / "clients")]
            os.environ["PYTHONPATH"] = os.pathsep.join(paths)
            say(f"{options.seconds:g} s of storm, seed {options.seed}")
            held = play(folder, options)
            from django.db import connections

            connections.close_all()
            return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
