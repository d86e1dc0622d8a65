"""The cache in the database, for installations without Redis."""

from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router, transaction


class CountingDatabaseCache(DatabaseCache):
    """Django's cache in the database, in which two who count at once are both counted, as in Redis."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(table, params)
        # Counters are many and small; where too many are kept, a third is thrown out by their names alone.
        self._max_entries = 20_000

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a value and return it; `ValueError` where there is none. Django reads and writes in two steps here."""
        using = router.db_for_write(self.cache_model_class)
        # On SQLite the transaction itself lets nobody else write.
        with transaction.atomic(using=using):
            if connections[using].vendor == "postgresql":
                self._take_turns(using, self.make_and_validate_key(key, version))
            return super().incr(key, delta, version)

    @staticmethod
    def _take_turns(using: str, key: Any) -> None:
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
