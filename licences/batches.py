"""Batches of licences that exist on paper: taken in once, issued chunk by chunk, each row with what became of it.

A chunk's licences, their entries and the results of its rows are one transaction: a crash loses and doubles nothing,
and whoever comes next goes on. Work is found in rows, so that commands and jobs may share it.
"""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from audit.inserting import insert_all
from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.ids import new_id
from foundation.reasons import Grounds, because
from licences.backlog import Paper, Row, file_digest, in_chunks, paper_of, read_rows
from licences.composing import Draft, Frame, check_said, frame_of
from licences.enlisting import enlist
from licences.errors import BatchNotFound, NumberTaken
from licences.holders import check_holder_number
from licences.issuing import issue_all, taken_numbers
from licences.models import Batch, BatchChunk, BatchRow, Holder, Licence
from licences.numbering import number_key
from registry.contents import content_of_texts
from registry.defining import form_of
from registry.forms import field_titles

if TYPE_CHECKING:
    from registry.models import Department, LicenceType

CHUNK = 500
BATCH_ROWS = "batch-rows"
_ATTEMPTS = 5
_COLUMNS = {"code_type": "holder_type", "number": "holder_code"}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: its rows, those done, and those of them that failed."""

    rows: int
    done: int
    failed: int

    @property
    def issued(self) -> int:
        """How many licences were issued."""
        return self.done - self.failed

    @property
    def is_done(self) -> bool:
        """Whether every row has its result."""
        return self.done == self.rows


def take_in(
    path: Path,
    *,
    licence_type: "LicenceType",
    issuer: "Department",
    actor: Actor,
    name: str = "",
    progress: Callable[[int], object] = int,
) -> Batch:
    """Keep a file's rows, sealed, to be issued; the same file again is the same batch, and goes on where it stopped.

    `progress` is told how many rows were added. Raises `FileUnreadable`, `NotIssuable` or `NoSigningKey`.
    """
    frame_of(licence_type, issuer, now())
    batch, _ = Batch.objects.get_or_create(
        licence_type=licence_type,
        issuer=issuer,
        digest=file_digest(path),
        defaults={"id": new_id(), "name": name or path.name, "made_at": now(), "made_by": actor.person},
    )
    if batch.taken_in_at:
        return batch
    titles = {title.zh: key for key, title in field_titles(form_of(licence_type, now())).items()}
    kept = batch.chunks.count()
    for number, rows in enumerate(in_chunks(read_rows(path, titles), CHUNK)):
        if number >= kept:
            _keep(batch, number, rows)
        progress(len(rows))
    with transaction.atomic():
        batch.rows = batch.chunks.aggregate(rows=Sum("count"))["rows"] or 0
        batch.taken_in_at = now()
        batch.save(update_fields=["rows", "taken_in_at"])
        record(action="take_in_batch", actor=actor, subject=Subject("batch", str(batch.pk)), outcome="taken_in")
    return batch


def chunk_binding(batch: UUID, number: int) -> bytes:
    """Return what the sealed rows of a batch's chunk are bound to."""
    return batch.bytes + number.to_bytes(4, "big")


def _keep(batch: Batch, number: int, rows: Sequence[Row]) -> None:
    plain = zlib.compress(json.dumps(rows, ensure_ascii=False).encode())
    sealed = settings.SEALING_RING.seal(plain, purpose=BATCH_ROWS, bound_to=chunk_binding(batch.pk, number))
    BatchChunk.objects.create(batch=batch, number=number, rows_sealed=sealed, count=len(rows))


def _rows(chunk: BatchChunk) -> list[Row]:
    sealed, bound_to = bytes(chunk.rows_sealed), chunk_binding(chunk.batch_id, chunk.number)
    plain = settings.SEALING_RING.open(sealed, purpose=BATCH_ROWS, bound_to=bound_to)
    return [(number, values) for number, values in json.loads(zlib.decompress(plain))]


def issue_chunk(batch: Batch, *, actor: Actor = PLATFORM) -> int:
    """Issue the next chunk that nobody works on, and return how many rows got their result; 0 where none is left."""
    for attempt in range(_ATTEMPTS):
        try:
            return _issue_chunk(batch, actor)
        except (IntegrityError, NumberTaken):
            # Another transaction registered the same holder, or gave away the same number, meanwhile.
            if attempt == _ATTEMPTS - 1:
                raise
    return 0


@transaction.atomic
def _issue_chunk(batch: Batch, actor: Actor) -> int:
    if Batch.objects.filter(pk=batch.pk, stopped_at__isnull=False).exists():
        return 0
    due = BatchChunk.objects.filter(batch=batch, done_at__isnull=True).order_by("number")
    chunk = due.select_for_update(skip_locked=True).first()
    if chunk is None:
        return 0
    rows = _rows(chunk)
    before = {r.number: r for r in batch.results.filter(number__gte=rows[0][0], number__lte=rows[-1][0])}
    waiting = [(number, values) for number, values in rows if number not in before or before[number].licence_id is None]
    frame = frame_of(batch.licence_type, batch.issuer, now())
    licences, faults = _issue_rows(waiting, frame, actor)
    _note_results(batch, waiting, licences, faults, before)
    chunk.done_at = now()
    chunk.save(update_fields=["done_at"])
    return chunk.count


def _issue_rows(
    rows: Sequence[Row], frame: Frame, actor: Actor
) -> tuple[dict[int, Licence], dict[int, Mapping[str, Grounds]]]:
    """Issue the rows that hold; return the licences and the faults of the others, by the number of the row."""
    papers = [paper_of(number, values) for number, values in rows]
    faults = _faults(papers, frame)
    good = [paper for paper in papers if paper.row not in faults]
    holders = enlist([holder for paper in good for holder in paper.holders], actor=actor)
    drafts = [_draft(paper, holders, frame) for paper in good]
    licences = issue_all(drafts, frame=frame, actor=actor) if drafts else []
    return {paper.row: licence for paper, licence in zip(good, licences, strict=True)}, faults


def _faults(papers: Sequence[Paper], frame: Frame) -> dict[int, Mapping[str, Grounds]]:
    taken = taken_numbers({number_key(paper.number) for paper in papers}, frame)
    seen: set[str] = set()
    found: dict[int, Mapping[str, Grounds]] = {}
    for paper in papers:
        faults = {**_faults_of(paper, frame)}
        key = number_key(paper.number)
        if key in taken:
            faults.setdefault("number", because("number_taken", number=paper.number))
        elif key in seen:
            faults.setdefault("number", because("number_twice", number=paper.number))
        seen.add(key)
        if faults:
            found[paper.row] = faults
    return found


def _faults_of(paper: Paper, frame: Frame) -> Mapping[str, Grounds]:
    kinds = [holder.code_type for holder in paper.holders]
    content = content_of_texts(frame.form, paper.content)
    faults = {**check_said(frame.form, kinds, content, paper.valid_from, paper.valid_until), **paper.faults}
    for holder in paper.holders:
        for name, why in check_holder_number(holder.code_type, holder.number).items():
            faults.setdefault(_COLUMNS[name], why)
    return faults


def _draft(paper: Paper, holders: Mapping[str, Holder], frame: Frame) -> Draft:
    return Draft(
        licence_type=frame.licence_type,
        issuer=frame.issuer,
        holders=[_as_named(holders[named.number], named.name) for named in paper.holders],
        content=content_of_texts(frame.form, paper.content),
        number=paper.number,
        issued_on=paper.issued_on,
        valid_from=paper.valid_from,
        valid_until=paper.valid_until,
    )


def _as_named(holder: Holder, name: str) -> Holder:
    if holder.name == name:
        return holder
    # The licence says the name that stands on the paper, also where its holder has another one since.
    named = copy(holder)
    named.name = name
    return named


def _note_results(
    batch: Batch,
    rows: Sequence[Row],
    licences: Mapping[int, Licence],
    faults: Mapping[int, Mapping[str, Grounds]],
    before: Mapping[int, BatchRow],
) -> None:
    fresh = []
    for number, _ in rows:
        found = {
            "licence_id": licences[number].pk if number in licences else None,
            "faults": [_told(name, why) for name, why in faults.get(number, {}).items()],
        }
        if number in before:
            batch.results.filter(number=number).update(**found, attempts=F("attempts") + 1)
        else:
            fresh.append({"batch_id": batch.pk, "number": number, "attempts": 1, **found})
    insert_all(BatchRow, fresh)


def _told(field: str, why: Grounds) -> dict[str, str]:
    return {"field": field, "reason": why.code, "zh": why.zh, "en": why.en}


@transaction.atomic
def retry(batch: Batch, *, actor: Actor) -> int:
    """Let the rows that failed be tried again, and the batch go on if it was stopped; return how many rows."""
    failed = list(batch.results.filter(licence__isnull=True).values_list("number", flat=True))
    numbers = iter(sorted(failed))
    waiting = next(numbers, None)
    for chunk in batch.chunks.filter(done_at__isnull=False).order_by("number").iterator(chunk_size=1):
        rows = _rows(chunk)
        if waiting is not None and waiting <= rows[-1][0]:
            BatchChunk.objects.filter(pk=chunk.pk).update(done_at=None)
        while waiting is not None and waiting <= rows[-1][0]:
            waiting = next(numbers, None)
    Batch.objects.filter(pk=batch.pk).update(stopped_at=None)
    record(action="retry_batch", actor=actor, subject=Subject("batch", str(batch.pk)), outcome="done")
    return len(failed)


@transaction.atomic
def stop(batch: Batch, *, actor: Actor) -> None:
    """Let the batch rest after the chunks that are being issued now."""
    Batch.objects.filter(pk=batch.pk, stopped_at__isnull=True).update(stopped_at=now())
    record(action="stop_batch", actor=actor, subject=Subject("batch", str(batch.pk)), outcome="stopped")


def progress_of(batch: Batch) -> Progress:
    """Return how far the batch is, from its chunks and results."""
    done = batch.chunks.filter(done_at__isnull=False).aggregate(rows=Sum("count"))["rows"] or 0
    return Progress(batch.rows, done, batch.results.filter(licence__isnull=True).count())


def failed_rows(batch: Batch) -> Iterator[tuple[int, dict[str, str], list[dict[str, Any]]]]:
    """Yield the rows that failed: number, what they say, and their faults."""
    failed = {r.number: r.faults for r in batch.results.filter(licence__isnull=True).iterator(chunk_size=CHUNK)}
    for chunk in batch.chunks.order_by("number").iterator(chunk_size=1):
        for number, values in _rows(chunk):
            if number in failed:
                yield number, values, failed[number]


def batch_of(key: UUID, department: str) -> Batch:
    """Return a department's batch; raises `BatchNotFound`."""
    batch = Batch.objects.select_related("licence_type", "issuer").filter(pk=key, issuer__code=department).first()
    if batch is None:
        raise BatchNotFound
    return batch
