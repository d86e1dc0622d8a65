"""Every holder's number of today gets its row among the numbers that holders have and had."""

import datetime as dt
from uuid import UUID

from django.db import migrations

BATCH = 1000


def _registered(holder: UUID) -> dt.datetime:
    """Return when the holder was registered, which its UUIDv7 tells in milliseconds (RFC 9562 section 5.7)."""
    return dt.datetime.fromtimestamp((holder.int >> 80) / 1000, dt.UTC)


def number_holders(apps, schema_editor):
    """Add the rows batch by batch, each in a transaction of its own: what is done stays done after a stop."""
    database = schema_editor.connection.alias
    numbers = apps.get_model("licences", "HolderNumber").objects.using(database)
    waiting = apps.get_model("licences", "Holder").objects.using(database).filter(numbers__isnull=True).order_by("pk")
    holders = list(waiting[:BATCH])
    while holders:
        # A server that already runs may register one of them meanwhile.
        numbers.bulk_create(
            [
                numbers.model(
                    holder=holder,
                    code_type=holder.code_type,
                    number_sealed=holder.number_sealed,
                    number_index=holder.number_index,
                    since=_registered(holder.pk),
                )
                for holder in holders
            ],
            ignore_conflicts=True,
        )
        holders = list(waiting.filter(pk__gt=holders[-1].pk)[:BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("licences", "0002_whole_life")]

    # The way back keeps the rows: the table is that of the migration before, and numbers of former days stand nowhere else.
    operations = [migrations.RunPython(number_holders, migrations.RunPython.noop)]
