import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from registry import queries
from registry.duties import extend_duty, late_duties, note_duty, open_duties


class Command(BaseCommand):
    help = "List the departments that are late with updates of the catalogue (article 17), or note and extend a duty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--note", nargs=2, metavar=("DEPARTMENT", "WHAT"), help="something changed: note the duty")
        parser.add_argument("--arose-on", help="the day it changed (YYYY-MM-DD); today where none is given")
        parser.add_argument(
            "--extend", type=int, metavar="NUMBER", help="five more working days, approved by the authority"
        )

    def handle(
        self, *args: Any, note: list[str] | None, arose_on: str | None, extend: int | None, **options: Any
    ) -> None:
        if note:
            self._note(note[0], note[1], arose_on)
        if extend is not None:
            self._extend(extend)
        for duty in late_duties(legal_day(now())):
            self.stdout.write(f"late  {duty.pk}  {duty.department.code} {duty.department}  {duty.due_on}  {duty.what}")

    def _note(self, code: str, what: str, arose_on: str | None) -> None:
        department = queries.department_by_code(code)
        if department is None:
            raise CommandError(f"There is no department {code}.")
        try:
            day = dt.date.fromisoformat(arose_on) if arose_on else legal_day(now())
        except ValueError as error:
            raise CommandError(f"--arose-on: {arose_on} is no day such as 2026-11-23.") from error
        duty = note_duty(department=department, what=what, arose_on=day, actor=PLATFORM)
        self.stdout.write(f"noted {duty.pk}: due on {duty.due_on}")

    def _extend(self, number: int) -> None:
        duty = open_duties().filter(pk=number).first()
        if duty is None:
            raise CommandError(f"There is no open duty {number}.")
        self.stdout.write(f"extended {number}: due on {extend_duty(duty, actor=PLATFORM).due_on}")
