from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from audit.archiving import archive_month, months_due
from audit.errors import ArchiveStopped
from audit.notes import NoteError
from audit.parquet import ArchiveDamaged
from audit.partitioning import Month, as_owner, is_partitioned
from foundation.clock import now


class Command(BaseCommand):
    help = (
        "Move the record's entries that are past their retention to signed archive files, month by month, as the role "
        "that owns the tables. Stopped, it goes on when it is run again. 将超过保存期限的审计记录按月归档"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="where the files are written")
        parser.add_argument("--before", type=_month, metavar="YYYY-MM", help="only months before this one")

    def handle(self, *args: Any, to: Path, before: Month | None, **options: Any) -> None:
        limit = Month.of(now().date()).plus(-settings.RETENTION_MONTHS)
        if before is not None and before > limit:
            raise CommandError(
                f"Entries stay for {settings.RETENTION_MONTHS} months: --before is {limit} at the latest / 未满保存期限"
            )
        if not to.is_dir():
            raise CommandError(f"{to} is no folder / 目录不存在")
        with as_owner():
            if connection.vendor == "postgresql" and not is_partitioned(connection):
                raise CommandError("Only the owner archives: set DATABASE_OWNER_URL / 须以所有者身份运行")
            try:
                self._archive(before or limit, to)
            except (ArchiveStopped, ArchiveDamaged, NoteError) as stopped:
                raise CommandError(str(stopped)) from stopped

    def _archive(self, before: Month, folder: Path) -> None:
        for month in tqdm(months_due(before), desc="archiving", unit=" months", disable=None):
            archive = archive_month(month, folder=folder)
            if archive:
                said = f"{archive.file}: {archive.rows} entries, {archive.first_index} to {archive.last_index}"
                self.stdout.write(said)
        if connection.vendor != "postgresql":
            self.stdout.write("On SQLite archived entries stay in the database too / SQLite 中已归档的记录仍保留")


def _month(text: str) -> Month:
    return Month.parse(text)
