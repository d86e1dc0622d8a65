"""How ready each flow of the city is, where it breaks, and how both came to be."""

from django.db import models

from exchange.causes import Cause
from foundation.ids import new_id
from foundation.reasons import Both


class Explained(models.Model):
    """Something with an explanation in both languages."""

    explanation_zh = models.TextField(blank=True)
    explanation_en = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def explanation(self) -> Both:
        """The explanation in both languages."""
        return Both(self.explanation_zh, self.explanation_en or self.explanation_zh)


class Readiness(models.TextChoices):
    """Ready: by sharing alone. At risk: it works, not always or not for long. Broken: paper comes back."""

    READY = "ready"
    AT_RISK = "at_risk"
    BROKEN = "broken"


class Flow(Explained):
    """One licence's way from source to user (the study's section 2.2), and the answers to its three questions now.

    `item` is the user, in its need `need_group`; `source` is the item that yields the type, none where no item of the
    city does: then `level` and `source_name` tell who holds it, as far as that is known. `source_department` is known
    wherever it is one of ours. The same flow is as ready in every scenario that it belongs to. `electronic`,
    `queryable` and `accepted` are readiness each; `share` is that of licences now valid which exist as e-licences
    (0 to 1, none where nothing is known), `uses` the uses a year by which flows are weighed, `paper` the fallbacks to
    paper and `without_paper` the needs met without it in the last 90 days. `reason` is that of the answer that fails.
    A flow that the registry does not have any more is `gone_at`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey("registry.Item", models.CASCADE, related_name="flows_in")
    need_group = models.PositiveSmallIntegerField()
    licence_type = models.ForeignKey("registry.LicenceType", models.CASCADE, related_name="flows")
    source = models.ForeignKey("registry.Item", models.CASCADE, null=True, related_name="flows_out")
    source_department = models.ForeignKey("registry.Department", models.CASCADE, null=True, related_name="flows_out")
    source_name = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=20, blank=True)
    electronic = models.CharField(max_length=10, choices=Readiness)
    queryable = models.CharField(max_length=10, choices=Readiness)
    accepted = models.CharField(max_length=10, choices=Readiness)
    readiness = models.CharField(max_length=10, choices=Readiness)
    cause = models.CharField(max_length=30, blank=True, choices=[(c.value, c.value) for c in Cause])
    reason = models.CharField(max_length=40, blank=True)
    share = models.FloatField(null=True)
    uses = models.PositiveIntegerField(default=0)
    paper = models.PositiveIntegerField(default=0)
    without_paper = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    judged_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["item", "need_group", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "need_group", "licence_type", "source"], name="scenarios_flow_once"
            ),
            models.UniqueConstraint(
                fields=["item", "need_group", "licence_type"],
                condition=models.Q(source__isnull=True),
                name="scenarios_flow_from_elsewhere_once",
            ),
        ]
        indexes = [models.Index(fields=["readiness", "cause"])]

    def __str__(self) -> str:
        return f"{self.source or self.source_name} -> {self.item}: {self.licence_type}"


class FlowChange(Explained):
    """A flow became what it was from `at` on; rows are only added, so that any past day can be told."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    readiness = models.CharField(max_length=10, choices=Readiness)
    cause = models.CharField(max_length=30, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    gone = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["flow", "at"])]

    def __str__(self) -> str:
        return f"{self.flow_id} {self.at}: {self.readiness}"


class Breakpoint(Explained):
    """A breakpoint (断点): paper comes back here, why, and whose the mend is; it closes when the facts do.

    Found by the facts of a flow, or by a rehearsal of `scenario` (then `found_by` is rehearsal) though they said ready.
    `department` owns the mend, `legal_basis` says by what right the licence may not simply be had; `met` counts people
    who met it while it was open.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="breakpoints")
    scenario = models.ForeignKey(
        "scenarios.Scenario", models.CASCADE, null=True, blank=True, related_name="rehearsed_breakpoints"
    )
    found_by = models.CharField(max_length=10, default="facts")
    cause = models.CharField(max_length=30, choices=[(c.value, c.value) for c in Cause])
    reason = models.CharField(max_length=40, blank=True)
    department = models.ForeignKey("registry.Department", models.PROTECT, null=True, related_name="breakpoints")
    legal_basis = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    met = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["flow"],
                condition=models.Q(closed_at__isnull=True, scenario__isnull=True),
                name="scenarios_breakpoint_open_once",
            ),
            models.UniqueConstraint(
                fields=["flow", "scenario"],
                condition=models.Q(closed_at__isnull=True, scenario__isnull=False),
                name="scenarios_rehearsed_breakpoint_open_once",
            ),
        ]
        indexes = [models.Index(fields=["closed_at", "department"])]

    def __str__(self) -> str:
        return f"{self.flow_id}: {self.cause}"


class Standing(models.Model):
    """How a scenario stood from `at` on: flows by readiness, its completion (share of use that is ready), 0 to 1.

    A row is added when any of it changes; the latest is what pages show, all of them are the burn-down.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scenario = models.ForeignKey("scenarios.Scenario", models.CASCADE, related_name="standings")
    at = models.DateTimeField()
    ready = models.PositiveIntegerField()
    at_risk = models.PositiveIntegerField()
    broken = models.PositiveIntegerField()
    completion = models.FloatField()
    runs = models.BooleanField()
    breakpoints = models.PositiveIntegerField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["scenario", "-at"])]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.at}: {self.completion:.0%}"
