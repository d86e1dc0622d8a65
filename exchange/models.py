"""The tables of the exchange: agreements, applications and their references, objections and deferred notice."""

from django.db import models

from exchange import redress
from exchange.procedure import State
from foundation.ids import new_id
from foundation.reasons import Both


class Agreement(models.Model):
    """A right of use (使用权): a department may use a conditional type for an item, a purpose, some fields, a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=80, unique=True)
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="agreements")
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="agreements")
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="agreements")
    purpose = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=list)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    quota = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.reference


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


class CaseSequence(models.Model):
    """The last case number given out in a scope (item and day); taken under a row lock."""

    scope = models.CharField(primary_key=True, max_length=80)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class Application(models.Model):
    """An application (办件) for an item, by a person for a holder; its number is the case of all accesses for it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=80, unique=True)
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="applications")
    holder = models.ForeignKey("licences.Holder", models.PROTECT, related_name="applications")
    applicant = models.ForeignKey("registry.Person", models.PROTECT, related_name="applications")
    project = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in State], default=State.SUBMITTED)
    submitted_at = models.DateTimeField()
    decide_by = models.DateField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, blank=True, related_name="decisions")
    decision_reason = models.TextField(blank=True)
    results = models.ManyToManyField("licences.Licence", related_name="result_of", blank=True)

    class Meta:
        ordering = ["-submitted_at"]

    def __str__(self) -> str:
        return self.number


class Reference(models.Model):
    """A licence named by its number for one need of an application, and what its last verification found.

    `licence` is set where the applicant chose from their wallet; a typed number gets it when it is verified as valid.
    `other_holder` is the keyed index of another holder's number, where the applicant named one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="references")
    need_group = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=140)
    number_key = models.CharField(max_length=140)
    licence = models.ForeignKey("licences.Licence", models.PROTECT, null=True, blank=True, related_name="references")
    other_holder = models.BinaryField(max_length=32, null=True)
    outcome = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    explanation_zh = models.TextField(blank=True)
    explanation_en = models.TextField(blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    entry = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["need_group"]
        constraints = [
            models.UniqueConstraint(fields=["application", "need_group"], name="exchange_reference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.need_group}: {self.number}"

    @property
    def explanation(self) -> Both:
        """What the last verification found, in both languages."""
        return Both(self.explanation_zh, self.explanation_en)


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
