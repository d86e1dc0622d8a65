"""The tables of a licence's life: holders, signing keys, licences and their numbers."""

from django.db import models

from foundation.ids import new_id
from licences.lifecycle import State


class Holder(models.Model):
    """A person or organisation that holds licences; the number is sealed, and found by a keyed index.

    `code_type` is GB/T 36903's: 001 USCC, 111 citizen identity number, …
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    code_type = models.CharField(max_length=3)
    number_sealed = models.BinaryField()
    number_index = models.BinaryField(max_length=32, unique=True)

    def __str__(self) -> str:
        return f"holder {self.pk}"


class RepresentationKind(models.TextChoices):
    """For whom a person acts."""

    SELF = "self"
    CHILD = "child"
    COMPANY = "company"


class Representation(models.Model):
    """A signed-in person may act for a holder: for themselves, a child, or a company."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey("registry.Person", models.CASCADE, related_name="representations")
    holder = models.ForeignKey(Holder, models.PROTECT, related_name="representations")
    kind = models.CharField(max_length=20, choices=RepresentationKind)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "holder"], name="licences_representation_once")]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.holder_id}"


class SigningKey(models.Model):
    """A department's signing key; the private half is sealed and opened only to sign."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="signing_keys")
    key_id = models.CharField(max_length=64, unique=True)
    algorithm = models.CharField(max_length=20)
    public_jwk = models.JSONField()
    private_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    compromised_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key_id


class NumberSequence(models.Model):
    """The last serial given out in a scope (issuer and year); taken under a row lock."""

    scope = models.CharField(primary_key=True, max_length=80)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class Licence(models.Model):
    """One version of a licence as it was issued; only `state` and with it the MAC ever change.

    `credential` is the issuer-signed JWT of the SD-JWT VC, which holds digests only; the disclosures that reveal its
    claims are sealed. `mac` authenticates identifier, version, state, validity, credential digest and key id, so that
    an edit in the database is noticed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    identifier = models.CharField(max_length=140, unique=True)
    number = models.CharField(max_length=120)
    number_key = models.CharField(max_length=120)
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="licences")
    issuer = models.ForeignKey("registry.Department", models.PROTECT, related_name="licences")
    serial = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField(default=1)
    previous = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="next")
    holders = models.ManyToManyField(Holder, related_name="licences")
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in State], default=State.VALID)
    issued_at = models.DateTimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    signing_key = models.ForeignKey(SigningKey, models.PROTECT, related_name="licences")
    credential = models.TextField()
    credential_digest = models.BinaryField(max_length=32)
    disclosures_sealed = models.BinaryField()
    mac_key = models.CharField(max_length=40)
    mac = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["licence_type", "issuer", "serial", "version"], name="licences_serial_version_once"
            ),
            models.UniqueConstraint(
                fields=["licence_type", "issuer", "number_key", "version"], name="licences_number_version_once"
            ),
        ]
        indexes = [
            models.Index(fields=["number_key", "licence_type"]),
            models.Index(fields=["valid_until", "state"]),
        ]

    def __str__(self) -> str:
        return self.number
