from typing import Any

from django.core.management.base import BaseCommand

from portal.collecting import update


class Command(BaseCommand):
    help = "Bring the Chinese catalogue up to date with the texts of pages, and list what still lacks a translation."

    def handle(self, *args: Any, **options: Any) -> None:
        for text in update("zh_Hans"):
            self.stdout.write(str(text))
