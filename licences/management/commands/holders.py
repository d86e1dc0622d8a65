import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.reasons import Refused
from licences.holders import change_number, find_holder, masked_name, masked_numbers, rename_holder
from licences.models import Holder
from licences.representing import (
    appoint,
    change_legal_representative,
    end_representation,
    representations_of,
)
from registry import queries as registry


class Command(BaseCommand):
    help = (
        "Look at a holder, change its number or name, and register who acts for it. Numbers are read from standard "
        "input, so that no list of processes shows them. 查看、变更持证主体，登记代表关系"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("show", help="the holder that has or had the number on standard input")
        number = acts.add_parser("number", help="give the holder the number on standard input")
        number.add_argument("holder", type=UUID)
        number.add_argument("code_type", help="code type by GB/T 36903: 001, 111, 414, …")
        number.add_argument("--basis", required=True)
        rename = acts.add_parser("rename", help="give the holder the name on standard input")
        rename.add_argument("holder", type=UUID)
        rename.add_argument("--basis", required=True)
        for act, meaning in (
            ("appoint", "let a person act for the organisation"),
            ("representative", "make a person its legal representative: all whom the former one appointed end"),
            ("end", "let a person act for the holder no longer"),
        ):
            of_person = acts.add_parser(act, help=meaning)
            of_person.add_argument("holder", type=UUID)
            of_person.add_argument("username")

    def handle(self, *args: Any, act: str, holder: UUID | None = None, **options: Any) -> None:
        found = Holder.objects.filter(pk=holder).first() if holder else find_holder(_typed())
        if found is None:
            raise CommandError("There is no such holder. 没有这个持证主体。")
        try:
            getattr(self, f"_{act}")(found, **options)
        except Refused as refused:
            faults = "; ".join(f"{name}: {why.en}" for name, why in refused.fields.items())
            raise CommandError(f"{refused.grounds.zh} / {refused.grounds.en} {faults}".strip()) from refused
        self._show(Holder.objects.get(pk=found.pk))

    def _show(self, holder: Holder, **options: Any) -> None:
        self.stdout.write(f"{holder.pk} {masked_name(holder)}")
        for row, number in masked_numbers(holder):
            ended = f" until {row.until:%Y-%m-%d}" if row.until else ""
            self.stdout.write(f"  {row.code_type} {number} since {row.since:%Y-%m-%d}{ended}")
        for of in representations_of(holder).exclude(until__lte=now()):
            self.stdout.write(f"  {of.person.username}: {of.kind}")

    def _number(self, holder: Holder, *, code_type: str, basis: str, **options: Any) -> None:
        change_number(holder, code_type=code_type, number=_typed(), actor=PLATFORM, basis=basis)

    def _rename(self, holder: Holder, *, basis: str, **options: Any) -> None:
        rename_holder(holder, name=_typed(), actor=PLATFORM, basis=basis)

    def _appoint(self, holder: Holder, *, username: str, **options: Any) -> None:
        appoint(holder, person=_person(username), by=PLATFORM)

    def _representative(self, holder: Holder, *, username: str, **options: Any) -> None:
        change_legal_representative(holder, person=_person(username), actor=PLATFORM)

    def _end(self, holder: Holder, *, username: str, **options: Any) -> None:
        present = representations_of(holder).filter(person=_person(username)).exclude(until__lte=now()).first()
        if present is None:
            raise CommandError("This person does not act for the holder. 此人没有代表该持证主体。")
        end_representation(present, actor=PLATFORM)


def _typed() -> str:
    return sys.stdin.readline().strip()


def _person(username: str) -> UUID:
    person = registry.person_named(username)
    if person is None:
        raise CommandError(f"There is no account {username}. 没有这个账号。")
    return person.pk
