"""Subscriptions, what departments rely on, and the messages to their endpoints."""

from django.db import models

from exchange.delivery import PRESENT, Progress, State
from foundation.ids import new_id


class Subscription(models.Model):
    """A department's endpoint that is told of changes. Its signing secrets are sealed at rest.

    After a rotation the former secret signs too, until `former_until`. `failing_since` is the time of the first
    failure since something was last delivered.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="subscriptions")
    client = models.ForeignKey("registry.Client", models.PROTECT, related_name="subscriptions")
    address = models.CharField(max_length=500)
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in State], default=State.PENDING)
    reason = models.CharField(max_length=40, blank=True)
    secret_sealed = models.BinaryField()
    former_sealed = models.BinaryField(null=True)
    former_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    challenged_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "address"],
                condition=models.Q(state__in=[str(state) for state in PRESENT]),
                name="exchange_subscription_once",
            )
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"


class Reliance(models.Model):
    """A department relies on a licence: it found it valid for a case. Purpose and case are those of the last time.

    Made from the sequenced record, and can be made from it again.
    """

    id = models.BigAutoField(primary_key=True)
    department = models.CharField(max_length=40)
    identifier = models.CharField(max_length=140)
    item = models.CharField(max_length=40)
    purpose = models.CharField(max_length=200)
    case = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identifier", "department", "item"], name="exchange_reliance_once")
        ]

    def __str__(self) -> str:
        return f"{self.department} relies on {self.identifier}"


class Delivery(models.Model):
    """One message to one endpoint: a licence's new state. Its key is the message's id, however often it is sent.

    `told_at` is when the access decision first permitted it and its entry was written: before that nobody sees the
    state. `status` is the HTTP status of the last answer.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="deliveries")
    entry = models.UUIDField()
    identifier = models.CharField(max_length=140)
    licence_state = models.CharField(max_length=20)
    changed_at = models.DateTimeField()
    progress = models.CharField(max_length=20, choices=[(p.value, p.value) for p in Progress], default=Progress.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["subscription", "entry"], name="exchange_delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(progress="waiting"), name="exchange_delivery_due"),
            models.Index(fields=["subscription", "progress"]),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}: {self.progress}"
