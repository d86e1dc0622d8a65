"""Agreements between departments: the right of use (使用权), its history, its quota, and what staff is told of it."""

from django.db import models

from foundation.ids import new_id


class Agreement(models.Model):
    """A right of use (使用权): a department may use a conditional type for an item, a purpose, some fields, a time.

    `state` is one of exchange.agreements.procedure, which says what it means. `since` is set by the provider's consent;
    `until` is the first instant at which it ends. `quota` accesses are allowed a day or in total (`quota_per`).
    `answer_by` is the last legal day of the answer that is waited for.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=80, unique=True)
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="agreements")
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="agreements")
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="agreements")
    purpose = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=list)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    quota = models.PositiveIntegerField(null=True, blank=True)
    quota_per = models.CharField(max_length=10, default="total")
    # Those concluded before there was a procedure are in force.
    state = models.CharField(max_length=20, default="in_force", db_index=True)
    basis = models.CharField(max_length=500, blank=True)
    scene = models.CharField(max_length=1000, blank=True)
    ways = models.JSONField(default=list)
    cases_continue = models.BooleanField(default=False)
    renews = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="renewals")
    answer_by = models.DateField(null=True, blank=True)
    request_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    request_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "answer_by"]), models.Index(fields=["state", "until"])]

    def __str__(self) -> str:
        return self.reference


class AgreementStep(models.Model):
    """One step in the life of an agreement: who took it for which side, the state it led to, and what they wrote."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=40)
    side = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    person = models.ForeignKey("registry.Person", models.PROTECT, null=True, blank=True, related_name="+")
    client = models.UUIDField(null=True, blank=True)
    text = models.TextField(blank=True)
    entry = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.step}"


class QuotaUse(models.Model):
    """How much of an agreement's quota is used: on a legal day, or in total (`quotas.WHOLE` for its day)."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="uses")
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "day"], name="exchange_quota_use_once")]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.day}: {self.used}"


class StaffNotice(models.Model):
    """What the heads of a department, or the data authority (no department), are told of an agreement.

    `reason` is a code of foundation.reasons; `state` and `day` fill in its text.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    department = models.ForeignKey("registry.Department", models.PROTECT, null=True, blank=True, related_name="+")
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="notices")
    reason = models.CharField(max_length=40)
    state = models.CharField(max_length=20, blank=True)
    day = models.DateField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["department", "at"])]

    def __str__(self) -> str:
        return f"{self.department_id or 'authority'}: {self.reason}"
