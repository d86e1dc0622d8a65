"""The least in Python: WSGI and psycopg, no framework, token or decision. One read, one committed row of the record."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from psycopg_pool import ConnectionPool

LEAF = b"\xab" * 300
READ = "SELECT id, status, expires FROM licence WHERE number = %s"
RECORD = """
WITH e AS (
    INSERT INTO audit_entry (actor, action, licence_id, outcome, leaf) VALUES (1, 'verify', %s, 1, %s) RETURNING id
) INSERT INTO audit_pending (entry) SELECT id FROM e
"""
pool = ConnectionPool(os.environ["FLOOR_URL"], min_size=4, max_size=4, open=True, kwargs={"autocommit": True})


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer GET /verify/{number}."""
    number = environ["PATH_INFO"].rsplit("/", 1)[1]
    with pool.connection() as connection:
        row = connection.execute(READ, (number,), prepare=True).fetchone()
        if row is None:
            raise LookupError(number)
        connection.execute(RECORD, (row[0], LEAF), prepare=True)
    body = json.dumps({"number": number, "status": row[1], "expires": str(row[2])}).encode()
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
