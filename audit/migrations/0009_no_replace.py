"""On SQLite, INSERT OR REPLACE removes a row without asking the triggers that refuse a DELETE: it is refused itself.

The queue, the places by their entry, and the archives had no such trigger yet.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SAME = {
    "audit_pending": "seq = NEW.seq OR entry = NEW.entry",
    "audit_sequenced": "entry = NEW.entry",
    "audit_archive": "month = NEW.month",
}


def forbid(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers."""
    if schema_editor.connection.vendor == "sqlite":
        for table, same in SAME.items():
            schema_editor.execute(
                f"CREATE TRIGGER {table}_stays BEFORE INSERT ON {table} "  # noqa: S608 - our own names
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def permit(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    if schema_editor.connection.vendor == "sqlite":
        for table in SAME:
            schema_editor.execute(f"DROP TRIGGER {table}_stays")


class Migration(migrations.Migration):
    dependencies = [("audit", "0008_usage")]
    operations = [migrations.RunPython(forbid, permit)]
