"""Holders, the numbers they had and have, those who act for them, and what they are told."""

from django.db import models

from foundation.ids import new_id


class Holder(models.Model):
    """A person or organisation that holds licences; the number is sealed, and found by a keyed index.

    `code_type` is GB/T 36903's: 001 USCC, 111 citizen identity number, … Name and number are those of today; every
    number the holder ever had is a `HolderNumber`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    code_type = models.CharField(max_length=3)
    number_sealed = models.BinaryField()
    number_index = models.BinaryField(max_length=32, unique=True)

    def __str__(self) -> str:
        return f"holder {self.pk}"


class HolderNumber(models.Model):
    """A number that a holder has or had: a new passport, or a registration number that became a USCC, is another row.

    Sealed for the holder it belongs to, so that it opens under the holder's key alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    holder = models.ForeignKey(Holder, models.PROTECT, related_name="numbers")
    code_type = models.CharField(max_length=3)
    number_sealed = models.BinaryField()
    number_index = models.BinaryField(max_length=32, unique=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    basis = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder"], condition=models.Q(until__isnull=True), name="licences_one_number_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"number of {self.holder_id}"


class RepresentationKind(models.TextChoices):
    """For whom a person acts, and by what right."""

    SELF = "self"
    CHILD = "child"
    LEGAL_REPRESENTATIVE = "legal_representative"
    COMPANY = "company"


class Representation(models.Model):
    """A signed-in person may act for a holder: for themselves, a child, or a company, from a time until a time.

    `legal_representative` is the company's own (法定代表人); `company` is someone whom it appointed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey("registry.Person", models.CASCADE, related_name="representations")
    holder = models.ForeignKey(Holder, models.PROTECT, related_name="representations")
    kind = models.CharField(max_length=20, choices=RepresentationKind)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "holder", "since"], name="licences_representation_once")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.holder_id}"


class Notice(models.Model):
    """Something a holder is told about a licence of theirs; `reason` is a code of the list, in both languages."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    holder = models.ForeignKey(Holder, models.CASCADE, related_name="notices")
    licence = models.ForeignKey("licences.Licence", models.CASCADE, null=True, related_name="notices")
    reason = models.CharField(max_length=40)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["holder", "-at"])]

    def __str__(self) -> str:
        return f"{self.reason} to {self.holder_id}"
