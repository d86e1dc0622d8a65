"""Odd use: windows of time in which looks are counted for a rule, and the flags raised where a rule is broken."""

from django.db import models

from foundation.ids import new_id


class Window(models.Model):
    """What one actor did within one rule's span of time; `about` is a licence's identifier where the rule has one.

    `evidence` holds the latest entries' ids, bounded. Windows are forgotten when the rules need them no more.
    """

    rule = models.CharField(max_length=40)
    actor = models.CharField(max_length=60)
    about = models.CharField(max_length=200, blank=True)
    start = models.DateTimeField()
    department = models.CharField(max_length=40, blank=True)
    count = models.PositiveIntegerField(default=0)
    evidence = models.JSONField(default=list)

    class Meta:
        db_table = "audit_window"
        constraints = [
            models.UniqueConstraint(fields=["rule", "actor", "about", "start"], name="audit_window_once"),
        ]
        indexes = [models.Index(fields=["start"])]

    def __str__(self) -> str:
        return f"{self.rule} {self.actor} {self.start:%Y-%m-%d %H}: {self.count}"


class Flag(models.Model):
    """Odd use, to be looked at by a person: the reason's code with its values, and the entries that show it.

    `actor` is `person:` or `client:` and a key. An open flag grows with its window; a cleared one stays as it was.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reason = models.CharField(max_length=40)
    actor = models.CharField(max_length=60)
    about = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=40, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    count = models.PositiveIntegerField()
    usual = models.PositiveIntegerField(default=0)
    evidence = models.JSONField(default=list)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.UUIDField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["reason", "actor", "about", "since"], name="audit_flag_once"),
        ]
        indexes = [models.Index(fields=["cleared_at", "-since"])]

    def __str__(self) -> str:
        return f"{self.reason} {self.actor} {self.since:%Y-%m-%d %H}"
