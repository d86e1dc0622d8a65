"""Batches of backlog licences: what was taken in, in sealed chunks, and what became of each row."""

from django.db import models

from foundation.ids import new_id
from licences.models.licences import Licence


class Batch(models.Model):
    """A file of licences of one type. `digest` is that of the file: the same file goes on and is not doubled."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="batches")
    issuer = models.ForeignKey("registry.Department", models.PROTECT, related_name="batches")
    name = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)
    rows = models.PositiveIntegerField(default=0)
    taken_in_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "licence_type", "digest"], name="licences_batch_once"),
        ]

    def __str__(self) -> str:
        return self.name


class BatchChunk(models.Model):
    """Consecutive rows of a batch as they were taken in, sealed; a worker claims one chunk at a time."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    rows_sealed = models.BinaryField()
    count = models.PositiveIntegerField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="licences_chunk_once")]
        indexes = [
            models.Index(
                fields=["batch", "number"], condition=models.Q(done_at__isnull=True), name="licences_chunk_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"


class BatchRow(models.Model):
    """What became of one row: a licence, or the faults to mend. Written in the transaction that issues the licence."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="results", db_index=False)
    number = models.PositiveIntegerField()
    licence = models.ForeignKey(Licence, models.PROTECT, null=True, related_name="+", db_index=False)
    faults = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="licences_row_once")]
        indexes = [
            models.Index(
                fields=["batch", "number"], condition=models.Q(licence__isnull=True), name="licences_row_failed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} row {self.number}"
