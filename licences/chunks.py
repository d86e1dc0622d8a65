"""The rows of batches that have no licence yet, sealed in chunks for the chunk that holds them alone."""

import json
import zlib
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from licences.backlog import Row
from licences.models import Batch, BatchChunk, BatchRow

CHUNK = 1000
BATCH_ROWS = "batch-rows"


def chunk_binding(batch: UUID, number: int) -> bytes:
    """Return what the sealed rows of a batch's chunk are bound to."""
    return batch.bytes + number.to_bytes(4, "big")


def seal_rows(batch: UUID, number: int, rows: Sequence[Row]) -> bytes:
    """Return rows as the batch's chunk of this number holds them."""
    plain = zlib.compress(json.dumps(rows, ensure_ascii=False).encode())
    return settings.SEALING_RING.seal(plain, purpose=BATCH_ROWS, bound_to=chunk_binding(batch, number))


def rows_of(chunk: BatchChunk) -> list[Row]:
    """Return a chunk's rows; `SealError` where they were altered."""
    sealed, bound_to = bytes(chunk.rows_sealed), chunk_binding(chunk.batch_id, chunk.number)
    plain = settings.SEALING_RING.open(sealed, purpose=BATCH_ROWS, bound_to=bound_to)
    return [(number, values) for number, values in json.loads(zlib.decompress(plain))]


def results_among(batch: Batch, rows: Sequence[Row]) -> QuerySet[BatchRow]:
    """Return the results of rows that follow each other in the file."""
    return batch.results.filter(number__gte=rows[0][0], number__lte=rows[-1][0])
