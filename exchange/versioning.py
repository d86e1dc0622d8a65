"""Which version of the facts behind the access decision is in force: on PostgreSQL triggers know of every change."""

import secrets

from django.apps import apps
from django.db import connections, models, transaction

from exchange.models import PolicyChange

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

_TABLE, _NAME = "exchange_policychange", "exchange_policy_changes"
_NUMBER = "('x' || substr(md5(gen_random_uuid()::text), 1, 16))::bit(64)::bigint"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {_TABLE} (number) VALUES ({_NUMBER});
    RETURN NULL;
END $$
"""  # noqa: S608 - our own names
VERSION = f"SELECT bit_xor(number)::text AS version FROM {_TABLE}"  # noqa: S608 - our own names
"""The statement that tells the version in force; no version where there has been no change."""
# So many rows are read quickly with each call.
_FEW = 100


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
        cursor.execute(f"INSERT INTO {_TABLE} (number) SELECT {_NUMBER} WHERE NOT EXISTS (SELECT FROM {_TABLE})")  # noqa: S608


@transaction.atomic
def fold() -> int:
    """Let one row stand for all changes so far, where there are many; return how many went. It is another version."""
    seen = list(PolicyChange.objects.values_list("pk", flat=True))
    if len(seen) <= _FEW:
        return 0
    PolicyChange.objects.create(number=secrets.randbits(63))
    return PolicyChange.objects.filter(pk__in=seen).delete()[0]
