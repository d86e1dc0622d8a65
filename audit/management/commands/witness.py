from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.witnesses import standings
from audit.witnessing import Refused, end_witness, enrol_witness
from foundation.context import PLATFORM


class Command(BaseCommand):
    help = "Enrol, list and end the witnesses that cosign the record's checkpoints. 登记、列出、停用审计日志的见证"

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="act", required=True)
        add = commands.add_parser("add", help="enrol a witness by the key that `audit-witness key` printed")
        add.add_argument("key")
        add.add_argument("department", help="the department's code")
        commands.add_parser("list", help="list the witnesses and what they have cosigned")
        commands.add_parser("end", help="let a witness cosign no more").add_argument("name")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        try:
            getattr(self, f"_{act}")(**options)
        except Refused as refused:
            raise CommandError(f"{refused.grounds.zh} / {refused.grounds.en}") from refused

    def _add(self, *, key: str, department: str, **options: Any) -> None:
        self.stdout.write(f"enrolled {enrol_witness(vkey=key, department=department, actor=PLATFORM)}")

    def _end(self, *, name: str, **options: Any) -> None:
        self.stdout.write(f"ended {end_witness(name=name, actor=PLATFORM)}")

    def _list(self, **options: Any) -> None:
        for standing in standings():
            witness, last = standing.witness, standing.last
            signed = f"{last.checkpoint_id} entries at {last.signed_at:%Y-%m-%d %H:%M:%S}Z" if last else "nothing yet"
            ended = " (ended)" if witness.active_until else ""
            self.stdout.write(f"{witness.name}{ended} of {witness.department}: {signed}\n  {witness.vkey}")
