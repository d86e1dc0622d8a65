from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Record"

    def ready(self) -> None:
        post_migrate.connect(_make_partitions, sender=self, dispatch_uid="audit-partitions")


def _make_partitions(using: str, **_: Any) -> None:
    from audit.partitioning import is_partitioned, make_partitions
    from foundation.clock import now

    if is_partitioned(connections[using]):
        make_partitions(connections[using], at=now())
