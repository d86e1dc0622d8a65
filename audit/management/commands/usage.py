from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.errors import FiguresLost
from audit.feed import taken_by
from audit.usage import READER, count_next, differences, forget

SHOWN = 20


class Command(BaseCommand):
    help = "Compare the figures of use with a recount from the entries, or make them anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        action = parser.add_mutually_exclusive_group(required=True)
        action.add_argument("--check", action="store_true", help="recount, and name each figure that differs")
        action.add_argument("--rebuild", action="store_true", help="take all figures away and count everything anew")

    def handle(self, *args: Any, check: bool, rebuild: bool, **options: Any) -> None:
        if rebuild:
            self._rebuild()
        else:
            self._check()
        self.stdout.write(f"The figures hold {taken_by(READER)} entries of the record.")

    def _rebuild(self) -> None:
        try:
            forget()
        except FiguresLost as error:
            raise CommandError(
                f"The figures are left as they are: {error}. --check compares those of the entries that are still "
                "here. To count everything anew, run --rebuild on a copy of the database from before archive_record."
            ) from error
        while count_next():
            pass

    def _check(self) -> None:
        found = differences()
        for key, (kept, counted) in list(found.items())[:SHOWN]:
            self.stdout.write(f"{' | '.join(map(str, key))}: kept {kept}, recounted {counted}")
        if found:
            raise CommandError(f"{len(found)} figures differ from a recount. --rebuild makes them anew.")
