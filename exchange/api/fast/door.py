"""Where a server's requests come in: those that the short way answers, and all others, which Django does."""

import io
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection
from psycopg import Error
from psycopg_pool import PoolTimeout

from exchange.api.fast.asked import Unusual
from exchange.api.fast.database import Unreachable
from exchange.api.fast.many import PATH as BATCH
from exchange.api.fast.many import verify_all
from exchange.api.fast.single import PATH, verify

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

# A thousand numbers with all that may be said of each.
LONGEST = 2 * 1024 * 1024
_WAYS = {PATH: verify, BATCH: verify_all}
log = logging.getLogger(__name__)


def with_short_way(application: Application) -> Application:
    """Put the short way before a WSGI application; on another database than PostgreSQL there is none."""
    if connection.vendor != "postgresql":
        return application

    def answer(environ: Environ, start: Start) -> Iterable[bytes]:
        way = _WAYS.get(environ.get("PATH_INFO", ""))
        if way is None or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start)
        content = _content(environ)
        if content is None:
            return application(environ, start)
        try:
            status, headers, body = way(environ, content)
        except Unusual:
            pass
        except (Unreachable, Error, PoolTimeout) as error:
            # Nothing was written or answered yet: the views meet what is wrong, and say so.
            log.warning("the short way was closed: %s", error)
        else:
            start(status, headers)
            return [body]
        environ["wsgi.input"] = io.BytesIO(content)
        return application(environ, start)

    return answer


def _content(environ: Environ) -> bytes | None:
    """Return the request's content; None where it is not to be read here."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdigit() or int(length) > LONGEST:
        return None
    content: bytes = environ["wsgi.input"].read(int(length))
    return content
