import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from audit.sequencing import sequence_until


class Command(BaseCommand):
    help = (
        "Give entries of the record their places in its tree, and sign it, until SIGTERM. Several may run: one works, "
        "and where it ends another takes over. 为审计记录排序并签署检查点"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sequence_until(stop)
