"""A database of its own, of the kind that the suite runs on, for processes whose transactions really commit."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from django.db import connection


@contextmanager
def own_database(folder: Path) -> Iterator[Mapping[str, str]]:
    """Make an empty database and give the environment of a process that uses it; it is dropped in the end."""
    environment = {**os.environ, "LICENCE_EXCHANGE_DATA_DIR": str(folder)}
    environment.pop("DATABASE_OWNER_URL", None)
    if connection.vendor == "sqlite":
        yield {**environment, "DATABASE_URL": f"sqlite:///{folder / 'own.sqlite3'}"}
        return
    known = connection.settings_dict
    name = f"own_{uuid4().hex[:12]}"
    access = {"user": known["USER"], "host": known["HOST"], "password": known["PASSWORD"]}
    port = str(known["PORT"] or 5432)
    with psycopg.connect(dbname="postgres", port=port, autocommit=True, **access) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            password = f":{access['password']}" if access["password"] else ""
            url = f"postgresql://{access['user']}{password}@{access['host']}:{port}/{name}"
            yield {**environment, "DATABASE_URL": url}
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def counted(environment: Mapping[str, str], table: str) -> int:
    """Return how many rows a table (with a condition, if any) of the database of this environment has."""
    url = environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as known:
            return int(known.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    with psycopg.connect(url) as reading:
        (found,) = reading.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
        return int(found)


@contextmanager
def record_down() -> Iterator[None]:
    """Let the database refuse every entry of the record, as one whose disk is full would."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute(
                "CREATE FUNCTION test_down() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER test_down BEFORE INSERT ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION test_down()"
            )
        else:
            cursor.execute(
                "CREATE TRIGGER test_down BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no space left'); END"
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER test_down ON audit_entry" if postgresql else "DROP TRIGGER test_down")
            if postgresql:
                cursor.execute("DROP FUNCTION test_down()")
