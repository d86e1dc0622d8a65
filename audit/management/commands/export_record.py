from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.exporting import export
from audit.queries import checkpoint
from foundation.context import PLATFORM


class Command(BaseCommand):
    help = (
        "Write the record as it was signed last, entries included, into a folder of files (C2SP tlog-tiles) for "
        "`audit-check log`. 导出审计日志供离线核验"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        signed = checkpoint()
        with tqdm(total=signed.size if signed else 0, desc="export", unit=" entries", disable=None) as bar:
            exported = export(folder, actor=PLATFORM, progress=bar.update)
        if exported is None:
            raise CommandError("Nothing was signed yet: run `manage.py sequence`. / 尚无已签署的检查点")
        self.stdout.write(f"{exported.size} entries / 条记录: {folder}")
