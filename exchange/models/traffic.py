"""What guards the API's door: how much of its rate each has left, and what was used once and may not be again."""

from django.db import models

from foundation.ids import new_id


class RateBucket(models.Model):
    """A token bucket of an installation without Redis; `stamped` in seconds since the epoch, `tokens` then."""

    key = models.CharField(primary_key=True, max_length=200)
    tokens = models.FloatField(null=True)
    stamped = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.key


class UsedOnce(models.Model):
    """The id of an assertion or the nonce of a signed call of a client, kept until it could no longer hold anyway."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.UUIDField()
    kind = models.CharField(max_length=20)
    # SHA-256 of what was used: it may be any text of any length.
    digest = models.BinaryField(max_length=32)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "kind", "digest"], name="exchange_used_once")]
        indexes = [models.Index(fields=["until"])]

    def __str__(self) -> str:
        return f"{self.kind} of {self.client}"
