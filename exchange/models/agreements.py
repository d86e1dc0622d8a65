"""Agreements between departments: the right of use (使用权)."""

from django.db import models

from foundation.ids import new_id


class Agreement(models.Model):
    """A right of use (使用权): a department may use a conditional type for an item, a purpose, some fields, a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=80, unique=True)
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="agreements")
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="agreements")
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="agreements")
    purpose = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=list)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    quota = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.reference
