"""The tables of the record. Entries are written once; index and hash live apart, and so does what may be erased."""

from django.db import models

from foundation.ids import new_id


class Entry(models.Model):
    """One access or change: no foreign keys, so that the record outlives what it speaks of.

    `outcome` is what was answered, `reason` why in truth (they differ where a number must not become an oracle).
    `leaf` holds the exact bytes that the tree hashes; triggers refuse every UPDATE and DELETE.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=40)
    actor_person = models.UUIDField(null=True)
    actor_client = models.UUIDField(null=True)
    actor_department = models.CharField(max_length=40, blank=True)
    actor_role = models.CharField(max_length=40, blank=True)
    subject_kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True)
    licence_type = models.CharField(max_length=40, blank=True)
    item = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    case = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=40)
    reason = models.CharField(max_length=40, blank=True)
    fields = models.JSONField(default=list)
    request_id = models.CharField(max_length=80)
    leaf = models.BinaryField()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["subject", "id"]),
            models.Index(fields=["actor_department", "id"]),
            models.Index(fields=["case", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.outcome} {self.id}"


class Pending(models.Model):
    """An entry that waits for its place in the tree; the sequencer takes the lowest first."""

    seq = models.BigAutoField(primary_key=True)
    entry = models.UUIDField(unique=True)

    class Meta:
        verbose_name_plural = "pending"
        db_table = "audit_pending"

    def __str__(self) -> str:
        return str(self.entry)


class Sequenced(models.Model):
    """An entry's place in the tree: its index and leaf hash (RFC 6962 section 2.1), 32 bytes."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.UUIDField(unique=True)
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = "sequenced"
        db_table = "audit_sequenced"

    def __str__(self) -> str:
        return f"{self.index} {self.entry}"


class Personal(models.Model):
    """A personal value behind a commitment in an entry's leaf: it alone may be erased by law, the tree stays whole."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entry = models.UUIDField()
    name = models.CharField(max_length=40)
    value = models.TextField()
    salt = models.BinaryField(max_length=16)

    class Meta:
        verbose_name_plural = "personal values"
        db_table = "audit_personal"
        constraints = [models.UniqueConstraint(fields=["entry", "name"], name="audit_personal_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.entry}"
