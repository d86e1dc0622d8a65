"""Holders' consents (授权) and mandates (委托), the codes that make them, their uses; and duties named by law."""

from django.db import models

from foundation.ids import new_id


class Authorisation(models.Model):
    """A holder's consent to the use of a type by a department, for a purpose of an item, once or until a time.

    One with a `mandate` (the document's number) entrusts the department with the item: it then covers whatever type the
    item needs, and names none. `item` is empty only in consents that were given for any item of the department.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    holder = models.ForeignKey("licences.Holder", models.PROTECT, related_name="authorisations")
    granted_by = models.ForeignKey("registry.Person", models.PROTECT, related_name="authorisations")
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, null=True, related_name="authorisations")
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="authorisations")
    item = models.ForeignKey("registry.Item", models.PROTECT, null=True, related_name="authorisations")
    application = models.ForeignKey(
        "exchange.Application", models.PROTECT, null=True, blank=True, related_name="authorisations"
    )
    purpose = models.CharField(max_length=200, blank=True)
    mandate = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    once = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["holder", "-since"]),
            models.Index(fields=["department", "-since"]),
        ]

    def __str__(self) -> str:
        return f"authorisation {self.pk}"


class AuthorisationUse(models.Model):
    """An access (its entry in the record) that was permitted by an authorisation."""

    authorisation = models.ForeignKey(Authorisation, models.PROTECT, related_name="uses")
    entry = models.UUIDField(unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.entry} by {self.authorisation_id}"


class AuthorisationCode(models.Model):
    """A short-lived code by which a holder authorises a department at its counter; only its keyed digest is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.BinaryField(max_length=32, unique=True)
    holder = models.ForeignKey("licences.Holder", models.PROTECT, related_name="authorisation_codes")
    made_by = models.ForeignKey("registry.Person", models.PROTECT, related_name="authorisation_codes")
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="authorisation_codes")
    days = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"])]

    def __str__(self) -> str:
        return f"code of {self.made_by_id} until {self.expires_at}"


class Duty(models.Model):
    """A law makes it a department's duty to use a type for an item, from a time until a time: no consent is asked."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="duties_of_use")
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="duties_of_use")
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="duties_of_use")
    legal_basis = models.CharField(max_length=300)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    noted_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="duties_noted")

    def __str__(self) -> str:
        return f"{self.department_id} {self.item_id} {self.licence_type_id}: {self.legal_basis}"
