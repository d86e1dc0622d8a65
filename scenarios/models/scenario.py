"""Scenarios (场景) in their versions, with stages and steps."""

from django.db import models

from foundation.ids import new_id
from foundation.reasons import Both


class State(models.TextChoices):
    """The life of a version; one that is agreed or running is changed by a new version."""

    DRAFT = "draft"
    AGREED = "agreed"
    RUNNING = "running"
    CLOSED = "closed"


class Named(models.Model):
    """Something with a Chinese name and, where there is one, an English name."""

    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> Both:
        """The name in both languages."""
        return Both(self.name_zh, self.name_en or self.name_zh)


class Scenario(Named):
    """One version of a journey across items, from what people start with to the goal, such as a construction project.

    `start` is the item that people begin with, `goal` the one whose result they want; `lead` is the department that
    leads (牵头部门). Of a code's versions one at most is a draft, one agreed, one running; those before are closed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField()
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    summary_zh = models.TextField(blank=True)
    summary_en = models.TextField(blank=True)
    start = models.ForeignKey("registry.Item", models.PROTECT, null=True, blank=True, related_name="+")
    goal = models.ForeignKey("registry.Item", models.PROTECT, null=True, blank=True, related_name="+")
    lead = models.ForeignKey("registry.Department", models.PROTECT, null=True, blank=True, related_name="scenarios")
    agreed_at = models.DateTimeField(null=True, blank=True)
    running_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="scenarios_version_once"),
            models.UniqueConstraint(
                fields=["code", "state"], condition=~models.Q(state="closed"), name="scenarios_state_once"
            ),
        ]

    @property
    def summary(self) -> Both:
        """What it is for, in both languages."""
        return Both(self.summary_zh, self.summary_en or self.summary_zh)


class Stage(Named):
    """A stage of a scenario, such as site and land."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["scenario", "position"], name="scenarios_stage_once")]


class Step(models.Model):
    """One item of a scenario. What comes first follows from the registry; `position` orders what it leaves open."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="steps")
    stage = models.ForeignKey(Stage, models.CASCADE, null=True, blank=True, related_name="steps")
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="scenario_steps")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["scenario", "item"], name="scenarios_step_once")]

    def __str__(self) -> str:
        return f"{self.scenario} {self.position}: {self.item}"
