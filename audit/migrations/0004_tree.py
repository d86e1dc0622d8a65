"""The record's tree: how far it has grown, its full tiles, what was signed of it, and the key.

The database itself sees to it that tiles and checkpoints stay as they are, that the tree never shrinks, that its key is
never another, and that an entry leaves the queue only for its place in the tree.
"""

import uuid

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# What makes a row of these tables, for SQLite's INSERT OR REPLACE, which removes a row without asking other triggers.
SAME = {
    "audit_tile": 'level = NEW.level AND "index" = NEW."index"',
    "audit_checkpoint": "size = NEW.size",
    "audit_tree": "id = NEW.id",
    "audit_log_key": "id = NEW.id",
}
# What nobody may do to them.
REFUSED = {
    "audit_tile": ("UPDATE", "DELETE"),
    "audit_checkpoint": ("UPDATE", "DELETE"),
    "audit_tree": ("DELETE",),
    "audit_log_key": ("UPDATE OF origin, public", "DELETE"),
    "audit_pending": ("UPDATE",),
}

_POSTGRESQL = """
CREATE TRIGGER audit_tree_grows BEFORE UPDATE ON audit_tree FOR EACH ROW WHEN (NEW.size <= OLD.size)
EXECUTE FUNCTION audit_refuse();

-- However the tables have grown since it was planned, each row is looked up by its index.
CREATE FUNCTION audit_refuse_unplaced() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM gone WHERE NOT EXISTS (SELECT FROM audit_sequenced placed WHERE placed.entry = gone.entry)) THEN
        RAISE EXCEPTION 'an entry leaves the queue only for its place in the tree' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_pending_placed AFTER DELETE ON audit_pending REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_unplaced();

-- Hashes do not compress. The queue is emptied as fast as it fills: its dead rows must go as soon.
ALTER TABLE audit_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE audit_tree SET (fillfactor = 10);
ALTER TABLE audit_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
"""
_POSTGRESQL_BACK = """
DROP TRIGGER audit_tree_grows ON audit_tree;
DROP TRIGGER audit_pending_placed ON audit_pending;
DROP FUNCTION audit_refuse_unplaced();
ALTER TABLE audit_pending RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
"""
_SQLITE = (
    "CREATE TRIGGER audit_tree_grows BEFORE UPDATE ON audit_tree WHEN NEW.size <= OLD.size "
    "BEGIN SELECT RAISE(ABORT, 'audit_tree is append-only'); END",
    "CREATE TRIGGER audit_pending_placed BEFORE DELETE ON audit_pending "
    "WHEN NOT EXISTS (SELECT 1 FROM audit_sequenced WHERE entry = OLD.entry) "
    "BEGIN SELECT RAISE(ABORT, 'an entry leaves the queue only for its place in the tree'); END",
)


def _name(table: str, act: str) -> str:
    return f"{table}_no_{act.partition(' ')[0].lower()}"


def forbid(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRESQL, params=None)
        for table, acts in REFUSED.items():
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(acts)} OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
            )
        return
    for statement in _SQLITE:
        schema_editor.execute(statement)
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
        schema_editor.execute(_POSTGRESQL_BACK, params=None)
        for table in REFUSED:
            schema_editor.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        return
    names = ["audit_tree_grows", "audit_pending_placed", *(f"{table}_no_replace" for table in SAME)]
    names += [_name(table, act) for table, acts in REFUSED.items() for act in acts]
    for name in names:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_personal_index")]
    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "audit_checkpoint"},
        ),
        migrations.CreateModel(
            name="LogKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.UUID("01900000-0000-7000-8000-000000000002"),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("origin", models.CharField(max_length=200)),
                ("public", models.BinaryField(max_length=32)),
                ("private_sealed", models.BinaryField()),
                ("made_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_log_key"},
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "index", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hashes", models.BinaryField(max_length=8192)),
                ("root", models.BinaryField(max_length=32)),
            ],
            options={"db_table": "audit_tile"},
        ),
        migrations.CreateModel(
            name="Tree",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField(default=0)),
                ("edge", models.BinaryField(default=b"")),
            ],
            options={"db_table": "audit_tree"},
        ),
        migrations.RunPython(forbid, permit),
    ]
