from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = "Exchange"

    def ready(self) -> None:
        """Add the sealed columns of this app to those that are sealed anew when keys change."""
        from exchange.corrections.texts import FINDING, SAID
        from exchange.models import Correction, Subscription
        from exchange.subscriptions.messages import PURPOSE
        from licences import resealing
        from licences.resealing import Column, own

        resealing.COLUMNS += [
            Column(Correction, "said_sealed", SAID, own),
            Column(Correction, "finding_sealed", FINDING, own),
            Column(Subscription, "secret_sealed", PURPOSE, own),
            Column(Subscription, "former_sealed", PURPOSE, own),
        ]
        post_migrate.connect(_watch_facts, sender=self, dispatch_uid="exchange-facts")


def _watch_facts(using: str, **_: Any) -> None:
    from exchange.versioning import watch

    watch(using)
