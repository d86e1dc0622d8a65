"""Status lists (IETF Token Status List), and the credentials that were revoked while their licence goes on."""

from django.db import models

from foundation.ids import new_id


class StatusList(models.Model):
    """A department's list of `size` status values; `taken` of its indexes are given, in an order that says nothing.

    `order_sealed` is the key of that order. `token` is the signed list as last published; it is older than the rows
    while `changed_at` is later than `published_at`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    issuer = models.ForeignKey("registry.Department", models.PROTECT, related_name="status_lists")
    size = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    order_sealed = models.BinaryField()
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    token = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuer"],
                condition=models.Q(taken__lt=models.F("size")),
                name="licences_one_open_status_list",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RevokedCredential(models.Model):
    """A credential that is no longer good although its licence is: its key was compromised, another took its place."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    licence = models.ForeignKey("licences.Licence", models.PROTECT, related_name="revoked_credentials")
    signing_key = models.ForeignKey("licences.SigningKey", models.PROTECT, related_name="revoked_credentials")
    status_list = models.ForeignKey(StatusList, models.PROTECT, null=True, related_name="revoked_credentials")
    status_index = models.PositiveIntegerField(null=True)
    credential_digest = models.BinaryField(max_length=32)
    revoked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"credential of {self.licence_id}"
