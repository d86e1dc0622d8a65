"""How far batches are, and what became of their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, overload
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from licences.chunks import results_among, rows_of
from licences.errors import BatchNotFound
from licences.models import Batch, BatchChunk, BatchRow


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is, in rows; `failed` are those that have faults and are not waiting to be tried again."""

    rows: int
    waiting: int
    failed: int

    @property
    def done(self) -> int:
        """How many rows have their result."""
        return self.rows - self.waiting

    @property
    def issued(self) -> int:
        """How many licences were issued."""
        return self.done - self.failed


class Stage(StrEnum):
    """What a batch is at."""

    TAKING_IN = "taking_in"
    ISSUING = "issuing"
    STOPPED = "stopped"
    DONE = "done"


def stage_of(batch: Batch, progress: Progress) -> Stage:
    """Return what the batch is at."""
    if batch.taken_in_at is None:
        return Stage.TAKING_IN
    if progress.waiting == 0:
        return Stage.DONE
    return Stage.STOPPED if batch.stopped_at else Stage.ISSUING


def progress_of(batch: Batch) -> Progress:
    """Return how far the batch is, from its chunks; while it is taken in, its rows are those taken in so far."""
    return progress_of_all([batch])[batch.pk]


def progress_of_all(batches: Sequence[Batch]) -> dict[UUID, Progress]:
    """Return how far each of the batches is, by its key, in one query."""
    chunks = BatchChunk.objects.filter(batch__in=batches).order_by().values("batch")
    counted = chunks.annotate(
        waiting=Sum("count", filter=Q(done_at__isnull=True)), failed=Sum("count", filter=Q(done_at__isnull=False))
    )
    rows = {row["batch"]: (row["waiting"] or 0, row["failed"] or 0) for row in counted}
    found = {}
    for batch in batches:
        waiting, failed = rows.get(batch.pk, (0, 0))
        found[batch.pk] = Progress(batch.rows or waiting, waiting, failed)
    return found


def failed_rows(batch: Batch) -> Iterator[tuple[int, dict[str, str], list[dict[str, Any]]]]:
    """Yield the rows that failed and are not waiting to be tried again: number, what they say, and their faults."""
    chunks = batch.chunks.filter(done_at__isnull=False, count__gt=0).order_by("number")
    for chunk in chunks.iterator(chunk_size=1):
        rows = rows_of(chunk)
        faults = dict(results_among(batch, rows).values_list("number", "faults"))
        for number, values in rows:
            yield number, values, faults[number]


class RowState(StrEnum):
    """What became of a row."""

    ISSUED = "issued"
    FAILED = "failed"
    WAITING = "waiting"


def rows_in(batch: Batch, state: RowState) -> "QuerySet[BatchRow] | Sequence[BatchRow]":
    """Return the rows of a batch in this state, in the file's order; one that failed and waits again is in both."""
    if state is RowState.WAITING:
        return _WaitingRows(batch)
    issued = state is RowState.ISSUED
    return batch.results.filter(licence__isnull=not issued).select_related("licence").order_by("number")


class _WaitingRows(Sequence[BatchRow]):
    """The rows of chunks that are due, opened only as far as they are looked at."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._chunks = list(batch.chunks.filter(done_at__isnull=True).order_by("number").values_list("number", "count"))

    def __len__(self) -> int:
        return sum(count for _, count in self._chunks)

    @overload
    def __getitem__(self, wanted: int) -> BatchRow: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[BatchRow]: ...
    def __getitem__(self, wanted: int | slice) -> BatchRow | list[BatchRow]:
        places = range(len(self))[wanted]
        if isinstance(places, int):
            return self[places : places + 1][0]
        found: list[BatchRow] = []
        passed = 0
        for number, count in self._chunks:
            if set(places).intersection(range(passed, passed + count)):
                rows = self._opened(number)
                found += [rows[place - passed] for place in places if passed <= place < passed + len(rows)]
            passed += count
        return found

    def _opened(self, number: int) -> list[BatchRow]:
        rows = rows_of(self._batch.chunks.get(number=number))
        if not rows:  # issued meanwhile
            return []
        before = {result.number: result for result in results_among(self._batch, rows)}
        return [before.get(row) or BatchRow(batch=self._batch, number=row, attempts=0) for row, _ in rows]


def batches_of(department: str) -> QuerySet[Batch]:
    """Return a department's batches, the newest first."""
    return Batch.objects.select_related("licence_type", "issuer").filter(issuer__code=department).order_by("-made_at")


def batch_of(key: UUID, department: str) -> Batch:
    """Return a department's batch; raises `BatchNotFound`."""
    batch = batches_of(department).filter(pk=key).first()
    if batch is None:
        raise BatchNotFound
    return batch


def batches_due() -> list[Batch]:
    """Return the batches with rows to be issued, the oldest first."""
    due = BatchChunk.objects.filter(batch=OuterRef("pk"), done_at__isnull=True)
    waiting = Batch.objects.filter(Exists(due), taken_in_at__isnull=False, stopped_at__isnull=True)
    return list(waiting.select_related("licence_type", "issuer").order_by("made_at"))
