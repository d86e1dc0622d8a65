from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from audit.partitioning import MONTHS_AHEAD, as_owner, is_partitioned, make_partitions
from foundation.clock import now


class Command(BaseCommand):
    help = "Make the record's partitions for this month and the coming ones, as the role that owns the tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ahead", type=int, default=MONTHS_AHEAD, help="how many coming months")

    def handle(self, *args: Any, ahead: int, **options: Any) -> None:
        if connection.vendor != "postgresql":
            self.stdout.write("SQLite has no partitions: there is nothing to do / SQLite 无分区，无需处理")
            return
        with as_owner():
            if not is_partitioned(connection):
                raise CommandError("Only the owner makes partitions: set DATABASE_OWNER_URL / 须以所有者身份运行")
            made = make_partitions(connection, at=now(), ahead=ahead)
        self.stdout.write(f"made / 已建: {', '.join(map(str, made)) or '—'}")
