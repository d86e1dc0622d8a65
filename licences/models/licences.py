"""Licences and the numbers given out to them."""

from django.db import models

from foundation.ids import new_id
from licences.lifecycle import State
from licences.models.holders import Holder
from licences.models.keys import SigningKey
from licences.models.status import StatusList


class NumberSequence(models.Model):
    """The last serial given out in a scope (issuer and year); taken under a row lock."""

    scope = models.CharField(primary_key=True, max_length=80)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class Licence(models.Model):
    """One version of a licence. Its `state` changes, and its credential where a key was compromised; with them the MAC.

    `credential` is the issuer-signed JWT of the SD-JWT VC, which holds digests only; the disclosures that reveal its
    claims are sealed. `mac` authenticates what `licences.authenticity` lists for its `mac_form`, so that an edit in the
    database is noticed. `form` is the version of the type by which it was made (0: the base form);
    `check_code` is the random part of its short verification address.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    identifier = models.CharField(max_length=140)
    number = models.CharField(max_length=120)
    number_key = models.CharField(max_length=120)
    # Type, issuer and list are covered by the first columns of constraints below: bulk issuing pays for each index.
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="licences", db_index=False)
    form = models.PositiveSmallIntegerField(default=0)
    issuer = models.ForeignKey("registry.Department", models.PROTECT, related_name="licences", db_index=False)
    serial = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField(default=1)
    previous = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="next")
    holders = models.ManyToManyField(Holder, related_name="licences")
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in State], default=State.VALID)
    issued_at = models.DateTimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    signing_key = models.ForeignKey(SigningKey, models.PROTECT, related_name="licences")
    status_list = models.ForeignKey(
        StatusList, models.PROTECT, null=True, blank=True, related_name="licences", db_index=False
    )
    status_index = models.PositiveIntegerField(null=True, blank=True)
    check_code = models.CharField(max_length=26, null=True, blank=True)  # noqa: DJ001 - unique where there is one
    credential = models.TextField()
    credential_digest = models.BinaryField(max_length=32)
    disclosures_sealed = models.BinaryField()
    mac_key = models.CharField(max_length=40)
    mac = models.BinaryField(max_length=32)
    mac_form = models.PositiveSmallIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identifier"], name="licences_identifier_once"),
            models.UniqueConstraint(fields=["check_code"], name="licences_check_code_once"),
            models.UniqueConstraint(
                fields=["licence_type", "issuer", "serial", "version"], name="licences_serial_version_once"
            ),
            models.UniqueConstraint(
                fields=["issuer", "licence_type", "number_key", "version"], name="licences_number_version_once"
            ),
            models.UniqueConstraint(fields=["status_list", "status_index"], name="licences_status_index_once"),
        ]
        indexes = [
            models.Index(fields=["number_key", "licence_type"]),
            models.Index(
                fields=["valid_until", "state"],
                condition=models.Q(valid_until__isnull=False),
                name="licences_with_an_end",
            ),
        ]

    def __str__(self) -> str:
        return self.number
