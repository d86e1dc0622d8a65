from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = "Exchange"

    def ready(self) -> None:
        """Add the sealed columns of this app to those that are sealed anew when keys change."""
        from exchange.corrections.texts import FINDING, SAID
        from exchange.models import Correction
        from licences import resealing
        from licences.resealing import Column, own

        resealing.COLUMNS += [
            Column(Correction, "said_sealed", SAID, own),
            Column(Correction, "finding_sealed", FINDING, own),
        ]
