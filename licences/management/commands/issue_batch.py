import csv
import multiprocessing
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.batches import failed_rows, issue_chunk, progress_of, retry, take_in
from licences.models import Batch
from registry import queries as registry

_LOOK_EVERY = 0.3


class Command(BaseCommand):
    help = (
        "Issue licences that exist on paper, from a CSV or XLSX file. The same file again goes on where it stopped: "
        "no row is issued twice. Ctrl-C stops after the rows in hand."
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
            if options["retry"]:
                retry(batch, actor=PLATFORM)
            self._issue(batch, options["processes"])
        except Refused as refused:
            faults = "".join(f"\n- {name}: {why.zh} {why.en}" for name, why in refused.fields.items())
            raise CommandError(f"{refused.grounds.zh} {refused.grounds.en}{faults}") from None
        self._report(batch, options["failed"])

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

    def _issue(self, batch: Batch, processes: int) -> None:
        done = progress_of(batch).done
        with tqdm(desc="Issuing", unit=" rows", total=batch.rows, initial=done, disable=None) as bar:
            if processes == 1:
                while rows := issue_chunk(batch):
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

    def _report(self, batch: Batch, failed_to: Path | None) -> None:
        progress = progress_of(batch)
        self.stdout.write(
            f"batch {batch.pk}: {progress.rows} rows, {progress.issued} issued, {progress.failed} failed, "
            f"{progress.rows - progress.done} waiting"
        )
        if failed_to and progress.failed:
            self._write_failed(batch, failed_to)
        elif progress.failed:
            self.stdout.write("Name a file with --failed to see the rows that failed with their faults.")

    def _write_failed(self, batch: Batch, path: Path) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer: csv.DictWriter[str] | None = None
            for number, values, faults in failed_rows(batch):
                told = "; ".join(f"{fault['field']}: {fault['zh']} {fault['en']}" for fault in faults)
                row = {**values, "row": str(number), "faults": told}
                if writer is None:
                    writer = csv.DictWriter(file, list(row), restval="", extrasaction="ignore")
                    writer.writeheader()
                writer.writerow(row)


def _work(batch: UUID) -> None:
    """Issue chunks until none is left; Ctrl-C, which reaches every process, ends it after the chunk in hand."""
    stopped = []
    signal.signal(signal.SIGINT, lambda *_: stopped.append(True))
    django.setup()
    found = Batch.objects.select_related("licence_type", "issuer").get(pk=batch)
    while not stopped and issue_chunk(found):
        pass
