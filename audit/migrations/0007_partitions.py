"""On PostgreSQL the entries stand in partitions, so that archived months can go as a whole.

What is there becomes the default partition, with its triggers; `record_partitions`, and every `migrate` after this one,
moves its rows to partitions of their months. SQLite has no partitions and keeps its table.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE, DEFAULT = "audit_entry", "audit_entry_default"
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND tablename = %s AND indexname <> %s
"""


def partition(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the table partitioned, with its former self as the default partition."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_INDEXES, [TABLE, f"{TABLE}_pkey"])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'ALTER INDEX "{name}" RENAME TO "{name[:55]}_default"')
        cursor.execute(f"ALTER INDEX {TABLE}_pkey RENAME TO {DEFAULT}_pkey")
        cursor.execute(f"ALTER TRIGGER {TABLE}_append_only ON {TABLE} RENAME TO {DEFAULT}_append_only")
        cursor.execute(f"ALTER TABLE {TABLE} RENAME TO {DEFAULT}")
        cursor.execute(f"CREATE TABLE {TABLE} (LIKE {DEFAULT} INCLUDING DEFAULTS) PARTITION BY RANGE (id)")
        cursor.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_pkey PRIMARY KEY (id)")
        for _, definition in indexes:
            # As it was written for the table of this name.
            cursor.execute(definition)
        cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {DEFAULT} DEFAULT")
        cursor.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )


def forbid(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let what is noted of an archive stand."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE TRIGGER audit_archive_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_archive "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"CREATE TRIGGER audit_archive_no_{act.lower()} BEFORE {act} ON audit_archive "
            "BEGIN SELECT RAISE(ABORT, 'audit_archive is append-only'); END"
        )


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_witnesses")]
    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("month", models.DateField(primary_key=True, serialize=False)),
                ("file", models.CharField(max_length=80)),
                ("digest", models.BinaryField(max_length=32)),
                ("rows", models.BigIntegerField()),
                ("first_index", models.BigIntegerField()),
                ("last_index", models.BigIntegerField()),
                ("made_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_archive"},
        ),
        migrations.RunPython(forbid),
        migrations.RunPython(partition),
    ]
