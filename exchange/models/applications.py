"""Applications (办件), what they refer to, and the numbers of cases."""

from django.db import models

from exchange.procedure import State, Way
from foundation.ids import new_id
from foundation.reasons import Both


class CaseSequence(models.Model):
    """The last case number given out in a scope (item and day); taken under a row lock."""

    scope = models.CharField(primary_key=True, max_length=80)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.scope}: {self.last}"


class Application(models.Model):
    """An application (办件) for an item, by a person for a holder; its number is the case of all accesses for it.

    Where a department's counter took it in by its own system, there is no `applicant`, but the `client`. `accept_by`
    is the last day to accept it or to list what is missing, `decide_by` that of the decision (from acceptance on, with
    extension and standstills), `deliver_by` that of the licence. `missing_needs` are the numbers of the needs listed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=80, unique=True)
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="applications")
    holder = models.ForeignKey("licences.Holder", models.PROTECT, related_name="applications")
    applicant = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="applications")
    client = models.ForeignKey("registry.Client", models.PROTECT, null=True, related_name="applications")
    request_key = models.CharField(max_length=120, blank=True)
    request_digest = models.BinaryField(max_length=32, null=True)
    project = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in State], default=State.SUBMITTED)
    submitted_at = models.DateTimeField()
    accept_by = models.DateField(null=True, blank=True)
    missing_at = models.DateTimeField(null=True, blank=True)
    missing_needs = models.JSONField(default=list)
    missing_note = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    deemed_accepted = models.BooleanField(default=False)
    clock_from = models.DateField(null=True, blank=True)
    decide_by = models.DateField()
    stands_still = models.BooleanField(default=False)
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="extensions")
    extension_reason = models.TextField(blank=True)
    overdue_noted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, blank=True, related_name="decisions")
    decision_reason = models.TextField(blank=True)
    working_days = models.PositiveIntegerField(null=True, blank=True)
    deliver_by = models.DateField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    results = models.ManyToManyField("licences.Licence", related_name="result_of", blank=True)
    drafts = models.ManyToManyField("licences.Draft", related_name="result_of", blank=True)

    class Meta:
        ordering = ["-submitted_at"]
        indexes = [
            models.Index(fields=["state", "accept_by"]),
            models.Index(fields=["state", "decide_by"]),
            models.Index(fields=["item", "decided_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "request_key"], condition=~models.Q(request_key=""), name="exchange_request_once"
            )
        ]

    def __str__(self) -> str:
        return self.number


class Reference(models.Model):
    """What meets one need of an application, in which way, and what its last verification found.

    `licence` is set where the applicant chose from their wallet; a typed number gets it when it is verified as valid.
    `other_holder` is the keyed index of another holder's number, where the applicant named one. Where paper is shown,
    or a licence awaited, the number may be missing.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="references")
    need_group = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=20, choices=[(w.value, w.value) for w in Way], default=Way.REFERENCE)
    number = models.CharField(max_length=140, blank=True)
    number_key = models.CharField(max_length=140, blank=True, db_index=True)
    licence = models.ForeignKey("licences.Licence", models.PROTECT, null=True, blank=True, related_name="references")
    authorisation = models.ForeignKey(
        "exchange.Authorisation", models.PROTECT, null=True, blank=True, related_name="references"
    )
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
