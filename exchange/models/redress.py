"""Deferred notice of accesses, and objections to them."""

from django.db import models

from exchange import redress
from foundation.ids import new_id


class Deferral(models.Model):
    """Notice of one entry is deferred (延迟告知) by a named law until a time; another row defers it again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entry = models.UUIDField()
    legal_basis = models.CharField(max_length=300)
    until = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("registry.Person", models.PROTECT, related_name="deferrals")

    class Meta:
        indexes = [models.Index(fields=["entry", "until"])]

    def __str__(self) -> str:
        return f"notice of {self.entry} until {self.until}"


class Objection(models.Model):
    """An objection (异议) of a person to one access to a licence of a holder for whom they act.

    `department` is the one that looked, and answers by the legal day `answer_by`; `finding` says what it found,
    `measure` what it does about it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=80, unique=True)
    entry = models.UUIDField()
    person = models.ForeignKey("registry.Person", models.PROTECT, related_name="objections")
    holder = models.ForeignKey("licences.Holder", models.PROTECT, related_name="objections")
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="objections")
    cause = models.CharField(max_length=40, choices=[(c.value, c.value) for c in redress.Cause])
    text = models.TextField(blank=True)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.value) for s in redress.State], default=redress.State.FILED
    )
    filed_at = models.DateTimeField()
    answer_by = models.DateField()
    escalated_at = models.DateTimeField(null=True, blank=True)
    finding = models.TextField(blank=True)
    measure = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, blank=True, related_name="answers")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "person"],
                condition=models.Q(state__in=[str(state) for state in redress.OPEN]),
                name="exchange_objection_once",
            )
        ]
        indexes = [models.Index(fields=["state", "answer_by"]), models.Index(fields=["entry"])]

    def __str__(self) -> str:
        return self.number
