"""Departments' signing keys and the authority that certifies them."""

from django.db import models

from foundation.ids import new_id


class CertificateAuthority(models.Model):
    """The root that certifies departments' keys; its private half is sealed, and absent where a licensed one signs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    certificate = models.BinaryField()
    private_sealed = models.BinaryField(null=True)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "certificate authorities"

    def __str__(self) -> str:
        return self.name


class SigningKey(models.Model):
    """A department's signing key. `store` says where its private half is: sealed in this row, or in a token.

    `private_sealed` is opened only to sign; for a token it is empty and `label` names the key there. `chain` holds the
    X.509 certificates (base64 DER), the key's own first. A retired key signs no more but is trusted for what it signed
    before; a compromised one is not trusted at all.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="signing_keys")
    key_id = models.CharField(max_length=64, unique=True)
    algorithm = models.CharField(max_length=20)
    public_jwk = models.JSONField()
    store = models.CharField(max_length=20, default="software")
    label = models.CharField(max_length=120, blank=True)
    private_sealed = models.BinaryField(default=b"")
    chain = models.JSONField(default=list)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    compromised_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key_id
