"""Holders' consents (授权)."""

from django.db import models

from foundation.ids import new_id


class Authorisation(models.Model):
    """A holder's consent (授权) to the use of a type by a department for a purpose, once or until a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    holder = models.ForeignKey("licences.Holder", models.PROTECT, related_name="authorisations")
    granted_by = models.ForeignKey("registry.Person", models.PROTECT, related_name="authorisations")
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="authorisations")
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="authorisations")
    purpose = models.CharField(max_length=200)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"authorisation {self.pk}"
