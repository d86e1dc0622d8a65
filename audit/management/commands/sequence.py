import datetime as dt
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.queries import waiting_since
from audit.sequencing import sequence_until
from foundation.clock import now

LONGEST = dt.timedelta(minutes=1)


class Command(BaseCommand):
    help = (
        "Give entries of the record their places in its tree, and sign it, until SIGTERM. Several may run: one works, "
        "and where it ends another takes over. 为审计记录排序并签署检查点"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether entries wait for too long")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            self._check()
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sequence_until(stop)

    def _check(self) -> None:
        since = waiting_since()
        if since and now() - since > LONGEST:
            raise CommandError(
                f"Entries wait for a place in the tree since {since:%Y-%m-%d %H:%M:%S} UTC. / 日志排序滞后"
            )
