"""The addresses of database and Redis, read into what Django takes; `ValueError` says what is wrong with one."""

from pathlib import Path
from typing import Any

import dj_database_url


def database(url: str, *, data_dir: Path, pool_size: int) -> dict[str, Any]:
    """Return Django's settings of a database; `pool_size` is the most connections of a process to PostgreSQL."""
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError) as error:
        raise ValueError("is no database address such as postgresql://user:password@host/name") from error
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # Immediate transactions take the write lock at once, so that none fails half way for another's.
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"}
        # A file also in tests: threads of one process then see each other's commits as servers do.
        config["TEST"] = {"NAME": str(data_dir / "test.sqlite3")}
    elif config["ENGINE"] == "django.db.backends.postgresql":
        options["pool"] = {"min_size": 1, "max_size": max(pool_size, 2)}
    else:
        raise ValueError("is neither sqlite:// nor postgresql://")
    return config


def redis(text: str) -> str:
    """Return an address of Redis, or nothing."""
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("is no Redis address such as redis://host:6379/0")
    return text
