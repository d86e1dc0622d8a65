"""On PostgreSQL the role that acts cannot change the record, and only the owner drops what is archived."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.databases import own_database

pytestmark = pytest.mark.about("postgresql")
ROOT = Path(__file__).resolve().parents[2]


def manage(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)


def as_role(url: str, role: str) -> str:
    """Return the address of the same database for another role, whose password is its name."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{role}:{role}@{parts.hostname}:{parts.port}"))


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Prepare a database for two roles; give the environment in which `prepare` ran."""
    owner, acting = f"owner_{uuid4().hex[:8]}", f"acting_{uuid4().hex[:8]}"
    with own_database(tmp_path_factory.mktemp("roles")) as given:
        url = given["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as admin:
            for role in (owner, acting):
                admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
            admin.execute(f"GRANT CREATE ON SCHEMA public TO {owner}")
        try:
            environment = {**given, "DATABASE_URL": as_role(url, acting), "DATABASE_OWNER_URL": as_role(url, owner)}
            prepared = manage(environment, "prepare")
            assert prepared.returncode == 0, prepared.stderr
            yield environment
        finally:
            with psycopg.connect(url, autocommit=True) as admin:
                for role in (owner, acting):
                    admin.execute(f"DROP OWNED BY {role} CASCADE")
                    admin.execute(f"DROP ROLE {role}")


def _partitions(url: str) -> list[str]:
    with psycopg.connect(url) as reading:
        found = reading.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass ORDER BY 1"
        )
        return [name for (name,) in found]


def _refused(url: str, statement: str) -> None:
    with psycopg.connect(url) as acting, pytest.raises(errors.InsufficientPrivilege):
        acting.execute(statement)


@pytest.mark.parametrize("table", ["audit_entry", "audit_sequenced", "audit_archive"])
def test_the_acting_role_has_no_right_to_change_or_remove(roles: Mapping[str, str], table: str) -> None:
    url = roles["DATABASE_URL"]
    column = {"audit_entry": "outcome", "audit_sequenced": "leaf_hash", "audit_archive": "file"}[table]
    for statement in (f"UPDATE {table} SET {column} = NULL", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        _refused(url, statement)
    with psycopg.connect(url) as acting:
        acting.execute(f"SELECT count(*) FROM {table}")


def test_the_acting_role_reaches_no_partition_by_its_own_name(roles: Mapping[str, str]) -> None:
    url = roles["DATABASE_URL"]
    partitions = _partitions(roles["DATABASE_OWNER_URL"])
    assert len(partitions) == 14
    for name in partitions:
        for statement in (f"SELECT * FROM {name}", f"DELETE FROM {name}", f"TRUNCATE {name}", f"DROP TABLE {name}"):
            _refused(url, statement)


def test_the_acting_role_cannot_take_the_triggers_away(roles: Mapping[str, str]) -> None:
    url = roles["DATABASE_URL"]
    for statement in (
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_append_only ON audit_entry",
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "SET session_replication_role = replica",
    ):
        _refused(url, statement)


@pytest.mark.parametrize("act", ["UPDATE {} SET outcome = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_owner_too_is_refused_by_the_triggers(roles: Mapping[str, str], act: str) -> None:
    for name in ("audit_entry", "audit_entry_default", _partitions(roles["DATABASE_OWNER_URL"])[0]):
        with psycopg.connect(roles["DATABASE_OWNER_URL"]) as owner, pytest.raises(psycopg.Error, match="append-only"):
            owner.execute(act.format(name))


def test_the_acting_role_writes_entries_and_their_starts_are_there(roles: Mapping[str, str]) -> None:
    with psycopg.connect(roles["DATABASE_URL"]) as acting:
        found = acting.execute("SELECT action, subject FROM audit_entry WHERE action = 'configure'").fetchall()
    assert found == [("configure", "prepare")]


@pytest.mark.parametrize("command", [("record_partitions",), ("archive_record", "--to", ".")])
def test_only_the_owner_makes_and_drops_partitions(roles: Mapping[str, str], command: tuple[str, ...]) -> None:
    acting = {name: value for name, value in roles.items() if name != "DATABASE_OWNER_URL"}
    refused = manage(acting, *command)
    assert refused.returncode == 1
    assert "set DATABASE_OWNER_URL" in refused.stderr
    done = manage(roles, *command)
    assert done.returncode == 0, done.stderr
