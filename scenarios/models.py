"""The tables of scenarios."""

from django.db import models

from foundation.ids import new_id
from foundation.reasons import Both


class Scenario(models.Model):
    """A journey across items from a start to a goal, such as a technical transformation project."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(unique=True)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> Both:
        """The name in both languages."""
        return Both(self.name_zh, self.name_en or self.name_zh)


class Step(models.Model):
    """One item of a scenario, at its place in the order."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="steps")
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="scenario_steps")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["scenario", "item"], name="scenarios_step_once")]

    def __str__(self) -> str:
        return f"{self.scenario} {self.position}: {self.item}"
