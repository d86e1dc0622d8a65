"""Addresses from which a use-bound copy is fetched once."""

from django.db import models

from foundation.ids import new_id


class Download(models.Model):
    """An address for one download of a use-bound copy, within a time; its secret part is kept as a SHA-256 digest.

    Item and case are those of the access; its purpose is the copy's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.BinaryField(max_length=32, unique=True)
    copy = models.ForeignKey("licences.UseCopy", models.PROTECT, related_name="+")
    client = models.ForeignKey("registry.Client", models.PROTECT, related_name="+")
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="+")
    item = models.CharField(max_length=40)
    case = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["copy", "department"])]

    def __str__(self) -> str:
        return f"download {self.pk}"
