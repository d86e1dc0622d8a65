from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections, transaction

from config.configuration import note_configuration

_PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass"
# What the acting role may not do to the record. The sequencer empties the queue and moves the tree on.
REFUSED = {
    **dict.fromkeys(
        (
            "audit_entry",
            "audit_sequenced",
            "audit_tile",
            "audit_checkpoint",
            "audit_archive",
            "audit_cosignature",
        ),
        "UPDATE, DELETE",
    ),
    "audit_witness": "DELETE",
    "audit_pending": "UPDATE",
    "audit_tree": "DELETE",
    "audit_log_key": "DELETE",
}


class Command(BaseCommand):
    help = "Migrate the database as its owner, and give the acting role what it may have: no change to the record."

    def handle(self, *args: Any, **options: Any) -> None:
        database = "owner" if "owner" in settings.DATABASES else "default"
        call_command("migrate", database=database, interactive=False, verbosity=options["verbosity"])
        call_command("createcachetable", database=database, verbosity=options["verbosity"])
        if database == "owner":
            self._grant()
        note_configuration("prepare")
        settings.STATIC_ROOT.mkdir(exist_ok=True)
        if settings.PRODUCTION:
            call_command("collectstatic", interactive=False, verbosity=0)

    def _grant(self) -> None:
        role = connections["owner"].ops.quote_name(settings.DATABASES["default"]["USER"])
        # In one transaction: the acting role never holds, not for a moment, what is taken back below.
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
            for table, acts in REFUSED.items():
                cursor.execute(f"REVOKE {acts}, TRUNCATE ON {table} FROM {role}")
            # The record is reached through its whole, never through a partition.
            cursor.execute(_PARTITIONS)
            for (partition,) in cursor.fetchall():
                cursor.execute(f"REVOKE ALL ON {partition} FROM {role}")
