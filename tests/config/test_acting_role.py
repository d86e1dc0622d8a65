"""On PostgreSQL the role that acts can record and sequence, and cannot change or remove what the record holds."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from tests.databases import own_database

pytestmark = pytest.mark.about("postgresql")

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
WORK = """
from django.db import transaction
from audit.recording import Subject, record
from audit.sequencing import keep_up
from foundation.context import PLATFORM
with transaction.atomic():
    record(action="verify", actor=PLATFORM, subject=Subject("licence", "1"), outcome="valid")

print(keep_up(), keep_up(), keep_up())
"""
REFUSED = [
    "UPDATE audit_entry SET outcome = 'x'",
    "DELETE FROM audit_entry",
    "UPDATE audit_sequenced SET leaf_hash = ''",
    "DELETE FROM audit_sequenced",
    "UPDATE audit_tile SET root = ''",
    "DELETE FROM audit_tile",
    "UPDATE audit_checkpoint SET note = ''",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_pending SET seq = 1",
    "DELETE FROM audit_tree",
    "DELETE FROM audit_log_key",
    "TRUNCATE audit_pending",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TABLE audit_tree",
]


@contextmanager
def acting_role(url: str) -> Iterator[str]:
    """Make a role without rights and give the address by which it acts."""
    role = f"acting_{uuid4().hex[:12]}"
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'word'")
        try:
            yield urlunsplit(parts._replace(netloc=f"{role}:word@{parts.hostname}:{parts.port}"))
        finally:
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")


def _manage(environment: Mapping[str, str], *arguments: str, given: str = "") -> str:
    run = subprocess.run(
        [sys.executable, MANAGE, *arguments],
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with own_database(tmp_path_factory.mktemp("acting")) as owning, acting_role(owning["DATABASE_URL"]) as url:
        environment = {**owning, "DATABASE_URL": url}
        prepared = {**environment, "DATABASE_OWNER_URL": owning["DATABASE_URL"]}
        _manage(prepared, "prepare", "--verbosity", "0")
        # The entry and that of the settings, then the key that signs them, then nothing.
        assert _manage(environment, "shell", "--verbosity", "0", given=WORK).split() == ["2", "1", "0"]
        yield url


@pytest.mark.parametrize("statement", REFUSED)
def test_what_the_record_holds_is_not_the_acting_roles_to_change(acting: str, statement: str) -> None:
    with psycopg.connect(acting) as role, pytest.raises(psycopg.errors.InsufficientPrivilege):
        role.execute(statement.encode())


def test_an_entry_that_waits_cannot_be_taken_out_of_the_queue(acting: str) -> None:
    with psycopg.connect(acting) as role:
        role.execute("INSERT INTO audit_pending (entry) VALUES (gen_random_uuid())")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only for its place"):
            role.execute("DELETE FROM audit_pending")
