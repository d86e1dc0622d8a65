"""A plugin of pytest: each of its processes has a Redis database of its own, before anything reads the settings."""

import os
from urllib.parse import urlsplit, urlunsplit

DATABASES = 16  # that a Redis server has unless told otherwise


def apart(url: str, worker: str) -> str:
    """Return the address for a worker (`gw0`, `gw1`, …) beside that of the whole run."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0) + int(worker.removeprefix("gw"))
    return urlunsplit(parts._replace(path=f"/{number % DATABASES}"))


if os.environ.get("REDIS_URL") and os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["REDIS_URL"] = apart(os.environ["REDIS_URL"], os.environ["PYTEST_XDIST_WORKER"])
