"""Witnesses and what they cosigned. Neither is ever changed or removed, save that a witness may end once."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import foundation.ids

# What nobody may do. A witness ends once: its end is set, never moved.
REFUSED = {
    "audit_cosignature": ("UPDATE", "DELETE"),
    "audit_witness": ("UPDATE OF id, name, department, vkey, active_from", "DELETE"),
}
SAME = {
    "audit_cosignature": "id = NEW.id OR (witness_id = NEW.witness_id AND size = NEW.size)",
    "audit_witness": "id = NEW.id OR vkey = NEW.vkey",
}
_ENDED_POSTGRESQL = (
    "CREATE TRIGGER audit_witness_ends_once BEFORE UPDATE ON audit_witness FOR EACH ROW "
    "WHEN (OLD.active_until IS NOT NULL) EXECUTE FUNCTION audit_refuse()"
)
_ENDED_SQLITE = (
    "CREATE TRIGGER audit_witness_ends_once BEFORE UPDATE ON audit_witness WHEN OLD.active_until IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'audit_witness is append-only'); END"
)


def _name(table: str, act: str) -> str:
    return f"{table}_no_{act.partition(' ')[0].lower()}"


def forbid(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_ENDED_POSTGRESQL, params=None)
        for table, acts in REFUSED.items():
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(acts)} OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
            )
        return
    schema_editor.execute(_ENDED_SQLITE)
    for table, acts in REFUSED.items():
        for act in acts:
            schema_editor.execute(
                f"CREATE TRIGGER {_name(table, act)} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table, same in SAME.items():
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - our own names
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def permit(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audit_witness_ends_once ON audit_witness")
        for table in REFUSED:
            schema_editor.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        return
    names = ["audit_witness_ends_once", *(f"{table}_no_replace" for table in SAME)]
    for name in [*names, *(_name(table, act) for table, acts in REFUSED.items() for act in acts)]:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_entries")]
    operations = [
        migrations.CreateModel(
            name="Witness",
            fields=[
                (
                    "id",
                    models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=200)),
                ("department", models.CharField(max_length=40)),
                ("vkey", models.CharField(max_length=300, unique=True)),
                ("active_from", models.DateTimeField()),
                ("active_until", models.DateTimeField(null=True)),
            ],
            options={"verbose_name_plural": "witnesses", "db_table": "audit_witness"},
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                (
                    "id",
                    models.UUIDField(default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("line", models.TextField()),
                ("signed_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        db_column="size",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="audit.checkpoint",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cosignatures", to="audit.witness"
                    ),
                ),
            ],
            options={"db_table": "audit_cosignature"},
        ),
        migrations.AddConstraint(
            model_name="cosignature",
            constraint=models.UniqueConstraint(fields=("witness", "checkpoint"), name="audit_cosigned_once"),
        ),
        migrations.RunPython(forbid, permit),
    ]
