"""One at a time, however many processes run: the lock belongs to a transaction, so that it ends with its holder."""

from django.db import connection

_LOCK = int.from_bytes(b"le-audit", "big")
# A holder that stands still (frozen, cut off) loses the lock with its transaction, and another takes over.
_FROZEN_AFTER = "5s"


def take_turn() -> bool:
    """Say whether this transaction alone may let the tree grow or sign it; the turn ends with the transaction.

    On PostgreSQL another process may have the turn. On SQLite an immediate transaction is alone in any case.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s), set_config('idle_in_transaction_session_timeout', %s, true)",
            [_LOCK, _FROZEN_AFTER],
        )
        (mine, _) = cursor.fetchone()
        return bool(mine)
