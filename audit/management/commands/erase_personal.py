import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.erasing import GroundUnfit, erase_of_entries, erase_value
from audit.personal import Personal
from foundation.context import PLATFORM


class Command(BaseCommand):
    help = (
        "Erase personal values from the record by law: of entries, or a value wherever it stands, read from standard "
        "input so that no list of processes shows it. The tree stays whole. 依法删除审计记录中的个人信息"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ground", required=True, help="the article of law that asks for it")
        parser.add_argument("--entry", type=UUID, action="append", default=[], metavar="ID", help="of this entry")
        parser.add_argument("--name", action="append", default=[], help="only values of this name, such as `number`")

    def handle(self, *args: Any, ground: str, entry: list[UUID], name: list[str], **options: Any) -> None:
        if name and not entry:
            raise CommandError("--name needs --entry: a value is erased under every name / --name 须与 --entry 同用")
        try:
            count = erase_of_entries(entry, ground=ground, actor=PLATFORM, names=name) if entry else self._value(ground)
        except GroundUnfit as unfit:
            raise CommandError(f"{unfit.grounds.en} / {unfit.grounds.zh}") from unfit
        self.stdout.write(f"erased from {count} entries / 已从 {count} 条记录中删除")

    def _value(self, ground: str) -> int:
        value = sys.stdin.readline().strip()
        if not value:
            raise CommandError("Give --entry, or the value on standard input / 请给出记录编号，或从标准输入给出内容")
        with tqdm(total=Personal.objects.count(), desc="looking", unit=" entries", disable=None) as bar:
            return erase_value(value, ground=ground, actor=PLATFORM, progress=bar.update)
