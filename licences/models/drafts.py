"""Licences in the making, and requests to issue that must take effect once."""

from django.db import models

from foundation.ids import new_id
from licences.models.holders import Holder
from licences.models.licences import Licence


class Draft(models.Model):
    """A licence in the making: made, reviewed and sealed by the people of its issuer, then issued.

    What it is to say is sealed at rest. `replaces` and `operation` say which version it takes the place of, and how
    (renew, change, reissue, transfer). Once sealed, `licence` is its numbered and signed licence, not yet issued.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="drafts")
    issuer = models.ForeignKey("registry.Department", models.PROTECT, related_name="drafts")
    holders = models.ManyToManyField(Holder, related_name="drafts")
    operation = models.CharField(max_length=20, default="new")
    replaces = models.ForeignKey(Licence, models.PROTECT, null=True, blank=True, related_name="drafts_replacing")
    number = models.CharField(max_length=120, blank=True)
    content_sealed = models.BinaryField()
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=20, default="made")
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.UUIDField(null=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    sealed_by = models.UUIDField(null=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.UUIDField(null=True)
    remark = models.TextField(blank=True)
    licence = models.OneToOneField(Licence, models.PROTECT, null=True, blank=True, related_name="draft")

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["issuer", "state", "-made_at"])]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class IssueRequest(models.Model):
    """A request to issue, by its caller's `Idempotency-Key`: sent twice it issues once, and answers the same."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=32)
    licence = models.ForeignKey(Licence, models.PROTECT, null=True, related_name="requests")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="licences_request_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
