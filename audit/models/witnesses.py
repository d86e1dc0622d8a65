"""Who cosigns the log, and what was cosigned."""

from django.db import models

from audit.models.record import Checkpoint
from foundation.ids import new_id


class Witness(models.Model):
    """Who cosigns the log's checkpoints for a department (code): a public key, enrolled from a time on until another.

    A witness that changes its key is another one. Neither its key nor its name ever changes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    department = models.CharField(max_length=40)
    vkey = models.CharField(max_length=300, unique=True)
    active_from = models.DateTimeField()
    active_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "witnesses"
        db_table = "audit_witness"
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(active_until=None), name="audit_witness_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Cosignature(models.Model):
    """A witness's statement that at `signed_at` the log had grown to this checkpoint; `line` proves it by itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    witness = models.ForeignKey(Witness, models.PROTECT, related_name="cosignatures")
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures", db_column="size")
    line = models.TextField()
    signed_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_cosignature"
        constraints = [models.UniqueConstraint(fields=["witness", "checkpoint"], name="audit_cosigned_once")]

    def __str__(self) -> str:
        return f"{self.witness_id} at {self.checkpoint_id}"
