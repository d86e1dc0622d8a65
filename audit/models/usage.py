"""Figures of use, rolled up from the sequenced record; all of it can be made again from the entries."""

from django.db import models


class Cursor(models.Model):
    """How far a named reader of the sequenced record has come: the index of the first entry it has not taken."""

    name = models.CharField(primary_key=True, max_length=40)
    next_index = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.next_index}"


class UsageHour(models.Model):
    """How often one combination was recorded in one hour (UTC, its start), by the time that the entries say.

    `first_time` and `repeated` count looks that told a licence's state, by whether the department had looked at that
    licence before; `papers_saved` those that spared a paper copy. `audit.tally` defines all three.
    """

    hour = models.DateTimeField()
    department = models.CharField(max_length=40, blank=True)
    item = models.CharField(max_length=40, blank=True)
    licence_type = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)
    reason = models.CharField(max_length=40, blank=True)
    count = models.PositiveBigIntegerField(default=0)
    first_time = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    papers_saved = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "audit_usage_hour"
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "department", "item", "licence_type", "purpose", "action", "outcome", "reason"],
                name="audit_usage_hour_once",
            )
        ]
        indexes = [models.Index(fields=["department", "hour"])]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.department} {self.action} {self.outcome}: {self.count}"


class Seen(models.Model):
    """The digest of a pair that was counted for the first time: a department's look at a licence, or a spared copy."""

    mark = models.BinaryField(primary_key=True, max_length=32)

    class Meta:
        verbose_name_plural = "seen"
        db_table = "audit_seen"

    def __str__(self) -> str:
        return bytes(self.mark).hex()
