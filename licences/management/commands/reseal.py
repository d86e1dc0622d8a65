from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from licences.resealing import COLUMNS, note_resealed, reseal, still_needed


class Command(BaseCommand):
    help = (
        "Seal and authenticate anew, under the first key of LICENCE_EXCHANGE_SEALING_KEYS, all that older keys did. "
        "It may run beside the servers, and be stopped and run again. 以首个密钥重新加密全部数据"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        altered = 0
        for column in COLUMNS:
            with tqdm(total=column.due().count(), desc=column.label, unit=" rows", disable=None) as bar:
                rows = reseal(column, progress=bar.update)
            altered += len(rows)
            for row in rows:
                self.stderr.write(f"altered, left as it is / 数据被改动，未重新加密: {column.label} {row}")
        note_resealed(altered)
        self._report()
        if altered:
            raise CommandError(f"{altered} rows were altered or their key is not in the ring / {altered} 行数据有误")

    def _report(self) -> None:
        ring, needed = settings.SEALING_RING, still_needed()
        self.stdout.write(f"all is under {ring.active} / 全部数据已由 {ring.active} 保护" if not needed else "")
        for key, columns in needed.items():
            rows = ", ".join(f"{column}: {count}" for column, count in columns.items())
            self.stdout.write(f"still needed / 仍需保留: {key} ({rows})")
        for key in ring.keys:
            if key != ring.active and key not in needed:
                self.stdout.write(f"can be taken out of the ring / 可从密钥环移除: {key}")
