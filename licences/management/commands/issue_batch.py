import csv
import multiprocessing
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.batch_queries import failed_rows, progress_of
from licences.batches import go_on, issue_chunk, retry, stop, take_in
from licences.models import Batch
from registry import queries as registry

_LOOK_EVERY = 0.3
_ROWS_FAILED, _STOPPED = 3, 128 + signal.SIGINT


class Command(BaseCommand):
    help = (
        "Issue licences that exist on paper, from a CSV or XLSX file. The same file again goes on where it stopped: "
        "no row is issued twice. Ctrl-C stops after the rows in hand. Exit codes: 0 all rows are issued, 1 refused, "
        "3 some rows failed, 130 stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--type", required=True, help="the licence type: its name, alias or 21-character code")
        parser.add_argument("--department", help="code of the issuing department; the type's owner where not given")
        parser.add_argument("--processes", type=int, default=1, help="how many work at once (PostgreSQL)")
        parser.add_argument("--retry", action="store_true", help="try the rows that failed once more")
        parser.add_argument(
            "--failed", type=Path, help="write the rows that failed, with their faults, to this CSV file"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"{file}: there is no such file")
        try:
            batch = self._taken_in(file, options)
            go_on(batch, actor=PLATFORM)
            if options["retry"]:
                retry(batch, actor=PLATFORM)
            with _interruptible() as is_stopped:
                self._issue(batch, options["processes"], is_stopped)
        except Refused as refused:
            faults = "".join(f"\n- {name}: {why.zh} {why.en}" for name, why in refused.fields.items())
            raise CommandError(f"{refused.grounds.zh} {refused.grounds.en}{faults}") from None
        except KeyboardInterrupt:
            raise CommandError("stopped: the same command goes on", returncode=_STOPPED) from None
        self._report(batch, options["failed"], is_stopped=is_stopped())

    def _taken_in(self, file: Path, options: dict[str, Any]) -> Batch:
        types = registry.types_named(options["type"])
        if len(types) != 1:
            raise CommandError(f"--type {options['type']}: names {len(types)} licence types instead of one")
        issuer = types[0].owner
        if options["department"]:
            issuer = registry.department_by_code(options["department"])
        if issuer is None:
            raise CommandError("--department: give the code of the department that issues")
        with tqdm(desc="Taking in", unit=" rows", disable=None) as bar:
            return take_in(file, licence_type=types[0], issuer=issuer, actor=PLATFORM, progress=bar.update)

    def _issue(self, batch: Batch, processes: int, is_stopped: Callable[[], bool]) -> None:
        done = progress_of(batch).done
        with tqdm(desc="Issuing", unit=" rows", total=batch.rows, initial=done, disable=None) as bar:
            if processes == 1:
                while not is_stopped() and (rows := issue_chunk(batch)):
                    bar.update(rows)
                return
            # A fresh interpreter each: a forked one would share this one's connections.
            context = multiprocessing.get_context("spawn")
            workers = [context.Process(target=_work, args=(batch.pk,)) for _ in range(processes)]
            for worker in workers:
                worker.start()
            while any(worker.is_alive() for worker in workers):
                time.sleep(_LOOK_EVERY)
                bar.update(progress_of(batch).done - bar.n)
            if any(worker.exitcode for worker in workers):
                raise CommandError("a process ended early; its last rows are undone: run the command again to go on")

    def _report(self, batch: Batch, failed_to: Path | None, *, is_stopped: bool) -> None:
        progress = progress_of(batch)
        self.stdout.write(
            f"batch {batch.pk}: {progress.rows} rows, {progress.issued} issued, {progress.failed} failed, "
            f"{progress.waiting} waiting"
        )
        if failed_to:
            self._write_failed(batch, failed_to)
        if is_stopped and progress.waiting:
            # So that no job of the server goes on meanwhile.
            stop(batch, actor=PLATFORM)
            raise CommandError("stopped: the same command goes on", returncode=_STOPPED)
        if progress.failed:
            where = f"see {failed_to}" if failed_to else "name a file with --failed to see them with their faults"
            raise CommandError(f"{progress.failed} rows failed: {where}", returncode=_ROWS_FAILED)

    def _write_failed(self, batch: Batch, path: Path) -> None:
        # A first pass for the columns: rows leave out what is empty, and all of them do not fit into memory.
        columns = dict.fromkeys(name for _, values, _ in failed_rows(batch) for name in values)
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, [*columns, "#row", "#faults"], restval="")
            writer.writeheader()
            for number, values, faults in failed_rows(batch):
                told = "; ".join(f"{fault['field']}: {fault['zh']} {fault['en']}" for fault in faults)
                writer.writerow({**values, "#row": str(number), "#faults": told})


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C, which reaches every process, be asked for instead of breaking off the chunk in hand."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _work(batch: UUID) -> None:
    """Issue chunks until none is left, in a process of its own."""
    with _interruptible() as is_stopped:
        django.setup()
        found = Batch.objects.select_related("licence_type", "issuer").get(pk=batch)
        while not is_stopped() and issue_chunk(found):
            pass
