"""Entries say which licence type was asked for; the personal values behind them are sealed, one row an entry.

The column is added by SQL: a table that Django makes anew on SQLite would lose its triggers.
"""

import json
from itertools import groupby

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_ADD = "ALTER TABLE audit_entry ADD COLUMN licence_type varchar(40) NOT NULL DEFAULT ''"
_DROP = "ALTER TABLE audit_entry DROP COLUMN licence_type"
_AT_ONCE = 1000


def seal(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Seal what stood in clear, all values of an entry together."""
    clear, sealed = apps.get_model("audit", "PersonalInClear"), apps.get_model("audit", "Personal")
    rows = clear.objects.using(schema_editor.connection.alias).order_by("entry").iterator(_AT_ONCE)
    waiting = []
    for entry, values in groupby(rows, lambda row: row.entry):
        plain = json.dumps({v.name: [bytes(v.salt).hex(), v.value] for v in values}, ensure_ascii=False).encode()
        content = settings.SEALING_RING.seal(plain, purpose="record-personal-values", bound_to=entry.bytes)
        waiting.append(sealed(entry=entry, values_sealed=content))
        if len(waiting) == _AT_ONCE:
            sealed.objects.using(schema_editor.connection.alias).bulk_create(waiting)
            waiting = []
    sealed.objects.using(schema_editor.connection.alias).bulk_create(waiting)


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_tree")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_ADD, _DROP)],
            state_operations=[
                migrations.AddField(
                    model_name="entry",
                    name="licence_type",
                    field=models.CharField(blank=True, default="", max_length=40),
                    preserve_default=False,
                ),
            ],
        ),
        migrations.RenameModel("Personal", "PersonalInClear"),
        migrations.AlterModelTable("PersonalInClear", "audit_personal_in_clear"),
        migrations.CreateModel(
            name="Personal",
            fields=[
                ("entry", models.UUIDField(primary_key=True, serialize=False)),
                ("values_sealed", models.BinaryField()),
            ],
            options={"verbose_name_plural": "personal values", "db_table": "audit_personal"},
        ),
        migrations.RunPython(seal),
        migrations.DeleteModel("PersonalInClear"),
    ]
