"""Which version of the facts behind the access decision is in force: on PostgreSQL triggers know of every change."""

from django.apps import apps
from django.db import connections, models

FACTS = (
    "registry.Department",
    "registry.LicenceType",
    "registry.Alias",
    "registry.Item",
    "registry.Item_delegated_to",
    "registry.Need",
    "registry.Succession",
    "registry.Client",
    "licences.SigningKey",
    "exchange.Agreement",
    "exchange.Duty",
)
"""The models whose rows a decision may be kept in memory with; a change of any of them is another version."""

_TABLE, _NAME = "exchange_policyversion", "exchange_policy_changes"
# A row of its own where a test has emptied all tables.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {_TABLE} (id, version) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version;
    RETURN NULL;
END $$
"""  # noqa: S608 - our own names


def fact_models() -> list[type[models.Model]]:
    """Return the models of `FACTS`."""
    return [apps.get_model(label) for label in FACTS]


def watch(using: str) -> None:
    """See to it that each table of facts has its trigger, and that there is a version; after every `migrate`."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    tables = {model._meta.db_table for model in fact_models()}
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if _TABLE not in there:
            # Migrated back to before it.
            return
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [_NAME])
        watched = {table for (table,) in cursor.fetchall()}
        cursor.execute(_FUNCTION)
        for table in sorted(tables & there - watched):
            cursor.execute(
                f"CREATE TRIGGER {_NAME} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {_NAME}()"
            )
        cursor.execute(f"INSERT INTO {_TABLE} VALUES (1, gen_random_uuid()) ON CONFLICT DO NOTHING")  # noqa: S608
