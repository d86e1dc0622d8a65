from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exchange.quality.counting import count_next, differences, forget, sweep_next
from foundation.clock import now

SHOWN = 20


class Command(BaseCommand):
    help = "Look at all licences now, compare the figures of quality with a recount, or make them anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        action = parser.add_mutually_exclusive_group(required=True)
        action.add_argument("--all", action="store_true", help="finish the round over all licences now")
        action.add_argument("--check", action="store_true", help="recount, and name each figure that differs")
        action.add_argument("--rebuild", action="store_true", help="take all figures away and look at everything anew")

    def handle(self, *args: Any, check: bool, rebuild: bool, **options: Any) -> None:
        if check:
            self._check()
            return
        if rebuild:
            forget()
        while count_next():
            pass
        looked_at = 0
        while many := sweep_next():
            looked_at += many
        self.stdout.write(f"Looked at {looked_at} licences.")

    def _check(self) -> None:
        found = differences(now())
        for key, (kept, counted) in list(found.items())[:SHOWN]:
            self.stdout.write(f"{' | '.join(map(str, key))}: kept {kept}, recounted {counted}")
        if found:
            raise CommandError(f"{len(found)} figures differ from a recount. --rebuild makes them anew.")
        self.stdout.write("All figures equal a recount.")
