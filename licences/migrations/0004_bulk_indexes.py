"""Bulk issuing pays for each index: the issuer's is covered by a constraint, and only licences with an end await one.

On PostgreSQL credentials and disclosures are kept aside as they are: neither base64 of random bytes nor what is sealed
can be compressed, and trying to costs as much as the rest of writing a row.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

INCOMPRESSIBLE = ("credential", "disclosures_sealed")


def _store(schema_editor: BaseDatabaseSchemaEditor, way: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for column in INCOMPRESSIBLE:
            schema_editor.execute(f"ALTER TABLE licences_licence ALTER COLUMN {column} SET STORAGE {way}")


def store_as_is(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let rows that come from now on be stored without an attempt to compress them."""
    _store(schema_editor, "EXTERNAL")


def store_compressed(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Return to PostgreSQL's default."""
    _store(schema_editor, "EXTENDED")


class Migration(migrations.Migration):
    dependencies = [("licences", "0003_holder_numbers"), ("registry", "0003_forms")]

    operations = [
        migrations.RemoveConstraint(model_name="licence", name="licences_number_version_once"),
        migrations.AddConstraint(
            model_name="licence",
            constraint=models.UniqueConstraint(
                fields=("issuer", "licence_type", "number_key", "version"), name="licences_number_version_once"
            ),
        ),
        migrations.RemoveIndex(model_name="licence", name="licences_li_valid_u_854711_idx"),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(
                condition=models.Q(("valid_until__isnull", False)),
                fields=["valid_until", "state"],
                name="licences_with_an_end",
            ),
        ),
        migrations.AlterField(
            model_name="licence",
            name="issuer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licences",
                to="registry.department",
            ),
        ),
        migrations.RunPython(store_as_is, store_compressed),
    ]
