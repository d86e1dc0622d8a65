from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = "Exchange"

    def ready(self) -> None:
        post_migrate.connect(_watch_facts, sender=self, dispatch_uid="exchange-facts")


def _watch_facts(using: str, **_: Any) -> None:
    from exchange.versioning import watch

    watch(using)
