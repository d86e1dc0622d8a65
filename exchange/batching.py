"""Batches of backlog licences for a department's own system: taken in here, issued by jobs."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit.recording import Subject, record, record_refusal
from exchange.asking import Standing
from exchange.issuing import check_active, own_type, type_subject
from foundation.clock import now
from foundation.reasons import Refused
from licences import batches
from licences.batch_queries import batch_of, batches_of
from licences.subjects import batch_subject

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from licences.models import Batch


def submit_batch(path: Path, *, name: str, licence_type: str, standing: Standing) -> "tuple[Batch, bool]":
    """Take in a file for the caller's department; return the batch, and whether it was known. Refusals are recorded."""
    began = now()
    try:
        check_active(standing)
        of_type, issuer = own_type(licence_type, standing)
        batch = batches.take_in(path, licence_type=of_type, issuer=issuer, actor=standing.actor, name=name)
    except Refused as refused:
        raise record_refusal(
            refused,
            action="take_in_batch",
            actor=standing.actor,
            subject=Subject("batch", "", type_subject(licence_type).licence_type),
            personal={"file": name[:80], "licence_type": licence_type[:80]},
        ) from None
    return batch, batch.taken_in_at is not None and batch.taken_in_at < began


def own_batches(standing: Standing) -> "QuerySet[Batch]":
    """Return the batches of the caller's department, the newest first."""
    check_active(standing)
    return batches_of(standing.asker.department)


def own_batch(key: UUID, standing: Standing) -> "Batch":
    """Return a batch of the caller's department; raises `BatchNotFound`."""
    check_active(standing)
    return batch_of(key, standing.asker.department)


def open_rows(key: UUID, standing: Standing) -> "Batch":
    """Return a batch of the caller's department whose rows are to be read, and record that; raises `BatchNotFound`."""
    batch = own_batch(key, standing)
    with transaction.atomic():
        record(action="open_batch", actor=standing.actor, subject=batch_subject(batch), outcome="done")
    return batch


def stop_batch(key: UUID, standing: Standing) -> "Batch":
    """Let the batch rest after the rows that are being issued now."""
    batch = own_batch(key, standing)
    batches.stop(batch, actor=standing.actor)
    return own_batch(key, standing)


def retry_batch(key: UUID, standing: Standing) -> "Batch":
    """Let the rows that failed be tried again, and the batch go on where it was stopped."""
    batch = own_batch(key, standing)
    batches.retry(batch, actor=standing.actor)
    return own_batch(key, standing)
