"""Issuing a backlog, everything included, against bare `sd-jwt` signing the same claims in the same run.

    python benchmarks/issuing.py [--rows N] [--processes P] [--holders H] [--database URL]

A file of N licences of one type is taken in and issued: rows checked, holders found or registered, numbers, identifiers
and places in the status list given out, credentials signed and stored, an entry of the record for each. The database is
made for the run and dropped afterwards: PostgreSQL where --database (or DATABASE_URL) names a server, else SQLite.
`sd-jwt` signs the same claims with the same disclosures in as many processes, before and after, and does nothing else.
"""

import argparse
import csv
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "clients")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

TYPE = "不动产权证书"
TARGET = 0.5
BASELINE_SECONDS = 4.0


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def database(url: str, folder: Path) -> Iterator[str]:
    """Make an empty database and drop it afterwards; yield its address."""
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    import psycopg

    name = f"bench_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def write_file(path: Path, rows: int, holders: int, content: Mapping[str, str]) -> None:
    """Write a backlog of `rows` licences on paper, held by `holders` companies."""
    from portal.demonstration.numbers import company_code

    codes = [company_code(n) for n in range(holders)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["证照编号", "持证主体", "持证主体代码类型", "持证主体代码", "证照颁发日期", *content])
        for row in range(rows):
            holder = row % holders
            name = f"演示企业{holder}有限公司"
            writer.writerow([f"川（2001）旧{row}号", name, "001", codes[holder], "2001-05-06", *content.values()])


def bare(payload: dict[str, Any], seconds: float) -> tuple[int, float]:
    """Sign credentials with `sd-jwt` for some seconds; return how many and how long it took."""
    from jwcrypto.jwk import JWK
    from sd_jwt.common import SDObj
    from sd_jwt.issuer import SDJWTIssuer

    key = JWK.generate(kty="EC", crv="P-256")
    claims = {SDObj(name): value for name, value in payload["disclosed"].items()} | payload["plain"]
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        SDJWTIssuer(claims, key, sign_alg="ES256").sd_jwt_issuance  # noqa: B018 - signed when made
        count += 1
    return count, time.perf_counter() - begun


def _bare(payload: dict[str, Any], results: Any) -> None:
    results.put(bare(payload, BASELINE_SECONDS))


def bare_rate(payload: dict[str, Any], processes: int) -> float:
    """Return how many credentials a second `sd-jwt` signs in that many processes."""
    if processes == 1:
        count, seconds = bare(payload, BASELINE_SECONDS)
        return count / seconds
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=_bare, args=(payload, results)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    found = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(count / seconds for count, seconds in found)


def _work(batch: UUID, ready: Any, go: Any) -> None:
    import django

    django.setup()
    from licences.batches import issue_chunk
    from licences.models import Batch

    found = Batch.objects.select_related("licence_type", "issuer").get(pk=batch)
    ready.release()
    go.wait()
    while issue_chunk(found):
        pass


def issue(batch: Any, processes: int) -> float:
    """Issue the whole batch and return the seconds it took, the start of interpreters apart."""
    from licences.batches import issue_chunk

    if processes == 1:
        begun = time.perf_counter()
        while issue_chunk(batch):
            pass
        return time.perf_counter() - begun
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    workers = [context.Process(target=_work, args=(batch.pk, ready, go)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    begun = time.perf_counter()
    go.set()
    for worker in workers:
        worker.join()
    return time.perf_counter() - begun


def prepared(folder: Path, options: argparse.Namespace) -> tuple[Any, Path]:
    """Fill the database with the reference city, and write the file; return the type."""
    import django

    django.setup()
    from django.core.management import call_command

    from foundation.context import PLATFORM
    from licences.keystore import make_key
    from portal.demonstration.filling import CATALOGUE
    from registry import queries as registry
    from registry.catalogue import read_catalogue
    from registry.importing import import_catalogue

    call_command("prepare", verbosity=0)
    import_catalogue(read_catalogue(CATALOGUE), actor=PLATFORM)
    (licence_type,) = registry.types_named(TYPE)
    assert licence_type.owner  # noqa: S101 - the reference city's own
    make_key(department=licence_type.owner.pk, actor=PLATFORM)
    file = folder / "backlog.csv"
    content = {"projectName": "数控机床生产线技术改造项目", "basis": "土地管理法第四十四条"}
    write_file(file, options.rows, options.holders or options.rows // 5, content)
    return licence_type, file


def run(folder: Path, options: argparse.Namespace) -> bool:
    """Measure both; say rates, ratio and memory; return whether the target is met."""
    from django.db import connection

    licence_type, file = prepared(folder, options)
    from foundation.context import PLATFORM
    from licences.batch_queries import progress_of
    from licences.batches import take_in
    from licences.models import Licence
    from licences.sdjwt import split_claims
    from licences.storing import stored_credential

    size = f"{options.rows:,} rows of {options.holders or options.rows // 5:,} holders"
    say(f"{size} on {connection.vendor}, {options.processes} process(es)")
    begun = time.perf_counter()
    batch = take_in(file, licence_type=licence_type, issuer=licence_type.owner, actor=PLATFORM)
    took_in = time.perf_counter() - begun
    before = _memory()
    connection.close()
    # The claims of a first licence tell what the baseline has to sign.
    from licences.batches import issue_chunk

    first = issue_chunk(batch)
    licence = Licence.objects.select_related("signing_key").latest("id")
    plain, disclosed = split_claims(stored_credential(licence), licence.signing_key.public_jwk)
    payload = {"plain": plain, "disclosed": disclosed}
    connection.close()
    baseline = [bare_rate(payload, options.processes)]
    seconds = issue(batch, options.processes)
    baseline.append(bare_rate(payload, options.processes))
    progress = progress_of(batch)
    rate = (progress.done - first) / (seconds + took_in)
    ratio = rate / (sum(baseline) / 2)
    say(f"  bare sd-jwt, {len(disclosed)} disclosures: {baseline[0]:,.0f}/s before, {baseline[1]:,.0f}/s after")
    say(f"  taken in at {options.rows / took_in:,.0f}/s; issued at {(progress.done - first) / seconds:,.0f}/s")
    say(f"  both together {rate:,.0f}/s: {ratio:.2f} of bare sd-jwt (target {TARGET})")
    say(f"  {progress.issued:,} issued, {progress.failed} failed")
    say(f"  memory {before:.0f} MiB when taken in, {_memory():.0f} MiB at the end")
    return not progress.waiting and not progress.failed and ratio >= TARGET


def _memory() -> float:
    """Return the most memory this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Run it in a database of its own; 1 where the target is missed."""
    parser = argparse.ArgumentParser(description="Issuing a backlog against bare sd-jwt.")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--holders", type=int, default=0, help="one for five rows where not given")
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with database(options.database, folder) as url:
            os.environ |= {"DATABASE_URL": url, "LICENCE_EXCHANGE_DATA_DIR": name}
            met = run(folder, options)
            from django.db import connections

            connections.close_all()
            return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
