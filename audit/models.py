"""The tables of the record. Entries are written once; index and hash live apart, and so does what may be erased."""

from uuid import UUID

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
    """The personal values behind the commitments in an entry's leaf, with their salts, sealed.

    They alone may be erased by law: the tree stays whole.
    """

    entry = models.UUIDField(primary_key=True)
    values_sealed = models.BinaryField()

    class Meta:
        verbose_name_plural = "personal values"
        db_table = "audit_personal"

    def __str__(self) -> str:
        return str(self.entry)


class Archive(models.Model):
    """A month (its first day, by UTC) whose entries stand in an archive file, and what its note says of that file."""

    month = models.DateField(primary_key=True)
    file = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32)
    rows = models.BigIntegerField()
    first_index = models.BigIntegerField()
    last_index = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "audit_archive"

    def __str__(self) -> str:
        return self.file


class Tree(models.Model):
    """How far the tree has grown: the one row that each batch moves on. `edge` is its right edge, the largest first."""

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    size = models.BigIntegerField(default=0)
    edge = models.BinaryField(default=b"")

    class Meta:
        db_table = "audit_tree"

    def __str__(self) -> str:
        return f"{self.size} leaves"


class Tile(models.Model):
    """A full tile of the tree (C2SP tlog-tiles): 256 hashes in a row of bytes, and the hash over them."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField(max_length=256 * 32)
    root = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_tile"

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Checkpoint(models.Model):
    """What the log has signed of its tree at one size (C2SP tlog-checkpoint): it can never be taken back."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_checkpoint"

    def __str__(self) -> str:
        return f"{self.size} leaves at {self.at}"


class LogKey(models.Model):
    """The key in which the tree is signed, and the log's name; the private half is sealed."""

    # A platform has one log: two keys that are made at once meet on this one, and one of them stays.
    ONLY = UUID("01900000-0000-7000-8000-000000000002")

    id = models.UUIDField(primary_key=True, default=ONLY, editable=False)
    origin = models.CharField(max_length=200)
    public = models.BinaryField(max_length=32)
    private_sealed = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "audit_log_key"

    def __str__(self) -> str:
        return self.origin


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
