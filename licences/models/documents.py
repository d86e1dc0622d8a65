"""Documents: the sealed PDF of a licence, and copies bound to one use (加注件)."""

from django.db import models

from foundation.ids import new_id
from licences.models.licences import Licence


class UseCopy(models.Model):
    """A copy of a licence bound to one use: a purpose, a receiver, an end; a record of its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    licence = models.ForeignKey(Licence, models.PROTECT, related_name="copies")
    purpose = models.CharField(max_length=200)
    receiver = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    maker = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "use copies"

    def __str__(self) -> str:
        return f"copy {self.pk} of {self.licence_id}"


class Document(models.Model):
    """The sealed PDF of a licence, or of a use-bound copy: made once, so that it is the same bytes ever after.

    The bytes are sealed at rest. `credential_digest` tells which credential it shows: a licence that was signed anew
    gets a new document.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    licence = models.ForeignKey(Licence, models.PROTECT, related_name="documents")
    copy = models.OneToOneField(UseCopy, models.PROTECT, null=True, blank=True, related_name="document")
    credential_digest = models.BinaryField(max_length=32)
    content_sealed = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["licence", "credential_digest"],
                condition=models.Q(copy__isnull=True),
                name="licences_document_once",
            )
        ]

    def __str__(self) -> str:
        return f"document of {self.licence_id}"
