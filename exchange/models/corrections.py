"""Reports of wrong fields of licences."""

from django.db import models

from exchange import mending
from foundation.ids import new_id

_OPEN = models.Q(state__in=[str(state) for state in mending.OPEN])


class Correction(models.Model):
    """A report (更正) that a field of one version of a licence is wrong, by a person, or a department's client.

    `entry` is the look in which the reporter saw it, `holder` the one for whom a citizen acts. `said_sealed` holds what
    is wrong, what it should be and the evidence, `finding_sealed` the answer. `provider` issued the licence and answers
    by the legal day `answer_by`; `mended_by` is the version that says it right.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=80, unique=True)
    licence = models.ForeignKey("licences.Licence", models.PROTECT, related_name="corrections")
    field = models.CharField(max_length=100)
    entry = models.UUIDField(null=True, blank=True)
    holder = models.ForeignKey("licences.Holder", models.PROTECT, null=True, blank=True, related_name="corrections")
    person = models.ForeignKey("registry.Person", models.PROTECT, null=True, blank=True, related_name="corrections")
    client = models.ForeignKey("registry.Client", models.PROTECT, null=True, blank=True, related_name="corrections")
    department = models.ForeignKey(
        "registry.Department", models.PROTECT, null=True, blank=True, related_name="corrections_reported"
    )
    provider = models.ForeignKey("registry.Department", models.PROTECT, related_name="corrections")
    said_sealed = models.BinaryField()
    state = models.CharField(
        max_length=20, choices=[(s.value, s.value) for s in mending.State], default=mending.State.REPORTED
    )
    reported_at = models.DateTimeField()
    answer_by = models.DateField()
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, blank=True, related_name="checks")
    escalated_at = models.DateTimeField(null=True, blank=True)
    finding_sealed = models.BinaryField(default=bytes)
    mended_by = models.ForeignKey("licences.Licence", models.PROTECT, null=True, blank=True, related_name="mends")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "registry.Person", models.PROTECT, null=True, blank=True, related_name="corrections_closed"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["licence", "field", "person"], condition=_OPEN, name="exchange_correction_once"
            ),
            models.UniqueConstraint(
                fields=["licence", "field", "client"], condition=_OPEN, name="exchange_client_correction_once"
            ),
        ]
        indexes = [models.Index(fields=["state", "answer_by"])]

    def __str__(self) -> str:
        return self.number
