"""Batches of licences that exist on paper: taken in once, issued chunk by chunk, each row with what became of it.

A chunk's licences, their entries and the results of its rows are one transaction: a crash loses and doubles nothing,
and whoever comes next goes on. Work is found in rows, so that commands and jobs may share it. A chunk holds the rows
that have no licence yet, and what a licence says already is not kept twice.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from audit.inserting import insert_all
from audit.recording import Why, record
from foundation.clock import now
from foundation.context import PLATFORM, Actor
from foundation.ids import new_id
from foundation.reasons import Grounds, because
from licences.backlog import Paper, Row, file_digest, in_chunks, paper_of, read_rows
from licences.chunks import CHUNK, results_among, rows_of, seal_rows
from licences.composing import Draft, Frame, check_said, frame_of
from licences.enlisting import as_named, check_named, enlist
from licences.errors import FileUnreadable, NumberTaken
from licences.issuing import issue_all, taken_numbers
from licences.models import Batch, BatchChunk, BatchRow
from licences.numbering import number_key
from licences.subjects import batch_subject
from registry.contents import content_of_texts
from registry.forms import field_titles

if TYPE_CHECKING:
    from licences.models import Holder
    from registry.models import Department, LicenceType

_ATTEMPTS = 5
_LONGEST_NAME = 200
_COLUMN_OF = {"name": "holder_name", "code_type": "holder_type", "number": "holder_code"}


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

    `progress` is told how many rows were added. Raises `FileUnreadable`, `NotIssuable` or `NoSigningKey`; of a file
    that cannot be read to its end nothing is kept.
    """
    frame = frame_of(licence_type, issuer, now())
    batch, _ = Batch.objects.get_or_create(
        licence_type=licence_type,
        issuer=issuer,
        digest=file_digest(path),
        defaults={
            "id": new_id(),
            "name": (name or path.name)[:_LONGEST_NAME],
            "made_at": now(),
            "made_by": actor.person or actor.client,
        },
    )
    if batch.taken_in_at:
        return batch
    titles = {title.zh: key for key, title in field_titles(frame.form).items()}
    try:
        _take_rows(batch, in_chunks(read_rows(path, titles), CHUNK), progress)
    except FileUnreadable:
        Batch.objects.filter(pk=batch.pk, taken_in_at__isnull=True).delete()
        raise
    return _taken_in(batch, actor)


def _take_rows(batch: Batch, chunks: Iterable[list[Row]], progress: Callable[[int], object]) -> None:
    kept = batch.chunks.count()
    for number, rows in enumerate(chunks):
        if number >= kept:
            sealed = seal_rows(batch.pk, number, rows)
            chunk = BatchChunk(batch=batch, number=number, rows_sealed=sealed, count=len(rows))
            # The same file may be taken in twice at once: either keeps the same rows.
            BatchChunk.objects.bulk_create([chunk], ignore_conflicts=True)
        progress(len(rows))


@transaction.atomic
def _taken_in(batch: Batch, actor: Actor) -> Batch:
    batch = Batch.objects.select_for_update(of=("self",)).select_related("licence_type", "issuer").get(pk=batch.pk)
    if batch.taken_in_at is None:
        batch.rows = batch.chunks.aggregate(rows=Sum("count"))["rows"] or 0
        batch.taken_in_at = now()
        batch.save(update_fields=["rows", "taken_in_at"])
        record(action="take_in_batch", actor=actor, subject=batch_subject(batch), outcome="taken_in")
    return batch


def issue_chunk(batch: Batch, *, actor: Actor = PLATFORM) -> int:
    """Issue the next chunk that nobody works on, and return how many rows got their result; 0 where none is left."""
    for attempt in range(_ATTEMPTS):
        try:
            with _without_collecting():
                return _issue_chunk(batch, actor)
        except (IntegrityError, NumberTaken):
            # Another transaction registered the same holder, or gave away the same number, meanwhile.
            if attempt == _ATTEMPTS - 1:
                raise
    return 0


@contextmanager
def _without_collecting() -> Iterator[None]:
    # All that a chunk makes lives to its end: looking through it for circles again and again took a sixth of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@transaction.atomic
def _issue_chunk(batch: Batch, actor: Actor) -> int:
    if not Batch.objects.filter(pk=batch.pk, taken_in_at__isnull=False, stopped_at__isnull=True).exists():
        return 0
    due = BatchChunk.objects.filter(batch=batch, done_at__isnull=True).order_by("number")
    chunk = due.select_for_update(skip_locked=True).first()
    if chunk is None:
        return 0
    rows = rows_of(chunk)
    why = Why(purpose=f"batch {batch.pk}")
    licences, faults = _issue_rows(rows, frame_of(batch.licence_type, batch.issuer, now()), actor, why)
    _note_results(batch, rows, licences, faults)
    left = [row for row in rows if row[0] in faults]
    chunk.rows_sealed, chunk.count, chunk.done_at = seal_rows(batch.pk, chunk.number, left), len(left), now()
    chunk.save(update_fields=["rows_sealed", "count", "done_at"])
    return len(rows)


def _issue_rows(
    rows: Sequence[Row], frame: Frame, actor: Actor, why: Why
) -> tuple[dict[int, UUID], dict[int, Mapping[str, Grounds]]]:
    """Issue the rows that hold; return the licences' keys and the faults of the others, by the number of the row."""
    papers = [paper_of(number, values) for number, values in rows]
    contents = {paper.row: content_of_texts(frame.form, paper.content) for paper in papers}
    faults = _faults(papers, contents, frame)
    good = [paper for paper in papers if paper.row not in faults]
    holders = enlist([holder for paper in good for holder in paper.holders], actor=actor)
    drafts = [_draft(paper, as_named(paper.holders, holders), contents[paper.row], frame) for paper in good]
    licences = issue_all(drafts, frame=frame, actor=actor, why=why) if drafts else []
    return {paper.row: licence["id"] for paper, licence in zip(good, licences, strict=True)}, faults


def _faults(
    papers: Sequence[Paper], contents: Mapping[int, Mapping[str, Any]], frame: Frame
) -> dict[int, Mapping[str, Grounds]]:
    taken = taken_numbers({number_key(paper.number) for paper in papers}, frame)
    seen: set[str] = set()
    found: dict[int, Mapping[str, Grounds]] = {}
    for paper in papers:
        faults = {**_faults_of(paper, contents[paper.row], frame)}
        key = number_key(paper.number)
        if key in taken:
            faults.setdefault("number", because("number_taken", number=paper.number))
        elif key in seen:
            faults.setdefault("number", because("number_twice", number=paper.number))
        seen.add(key)
        if faults:
            found[paper.row] = faults
    return found


def _faults_of(paper: Paper, content: Mapping[str, Any], frame: Frame) -> Mapping[str, Grounds]:
    kinds = [holder.code_type for holder in paper.holders]
    said = check_said(frame.form, kinds, content, paper.valid_from, paper.valid_until, issued_on=paper.issued_on)
    if "holders" in said:
        said["holder_type"] = said.pop("holders")
    faults = {**said, **paper.faults}
    for named in check_named(paper.holders):
        for part, why in named.items():
            faults.setdefault(_COLUMN_OF[part], why)
    return faults


def _draft(paper: Paper, holders: Sequence["Holder"], content: Mapping[str, Any], frame: Frame) -> Draft:
    return Draft(
        licence_type=frame.licence_type,
        issuer=frame.issuer,
        holders=holders,
        content=content,
        number=paper.number,
        issued_on=paper.issued_on,
        valid_from=paper.valid_from,
        valid_until=paper.valid_until,
    )


def _note_results(
    batch: Batch, rows: Sequence[Row], licences: Mapping[int, UUID], faults: Mapping[int, Mapping[str, Grounds]]
) -> None:
    before = set(results_among(batch, rows).values_list("number", flat=True))
    fresh = []
    for number, _ in rows:
        found = {
            "licence_id": licences.get(number),
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
    failed = batch.chunks.filter(done_at__isnull=False, count__gt=0)
    rows: int = failed.aggregate(rows=Sum("count"))["rows"] or 0
    failed.update(done_at=None)
    Batch.objects.filter(pk=batch.pk).update(stopped_at=None)
    record(action="retry_batch", actor=actor, subject=batch_subject(batch), outcome="done")
    return rows


@transaction.atomic
def stop(batch: Batch, *, actor: Actor) -> None:
    """Let the batch rest after the chunks that are being issued now; `go_on` or `retry` lets it go on."""
    if Batch.objects.filter(pk=batch.pk, stopped_at__isnull=True).update(stopped_at=now()):
        record(action="stop_batch", actor=actor, subject=batch_subject(batch), outcome="stopped")


@transaction.atomic
def go_on(batch: Batch, *, actor: Actor) -> None:
    """Let a batch that was stopped go on; one that was not is left alone."""
    if Batch.objects.filter(pk=batch.pk, stopped_at__isnull=False).update(stopped_at=None):
        record(action="go_on_with_batch", actor=actor, subject=batch_subject(batch), outcome="done")
