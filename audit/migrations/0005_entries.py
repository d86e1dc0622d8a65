"""Entries say which licence type was asked for, so that refused and unfound askings can be counted by type.

Added by SQL: a table that Django makes anew on SQLite would lose its triggers.
"""

from django.db import migrations, models

_ADD = "ALTER TABLE audit_entry ADD COLUMN licence_type varchar(40) NOT NULL DEFAULT ''"
_DROP = "ALTER TABLE audit_entry DROP COLUMN licence_type"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_personal_index")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_ADD, _DROP)],
            state_operations=[
                migrations.AddField(
                    model_name="entry",
                    name="licence_type",
                    field=models.CharField(blank=True, max_length=40, default=""),
                    preserve_default=False,
                ),
            ],
        ),
    ]
