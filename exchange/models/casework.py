"""What happens to an application on its way: standstills, paper, assistance, file, reviews; and each item's load."""

from django.db import models

from exchange import causes, clocks
from foundation.ids import new_id


class Standstill(models.Model):
    """Days on which the clock of a decision stands still (administrative licensing law, art. 45)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey("exchange.Application", models.CASCADE, related_name="standstills")
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in clocks.Standstill])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    noted_by = models.ForeignKey("registry.Person", models.PROTECT, related_name="standstills")

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(until__isnull=True), name="exchange_standstill_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.kind} since {self.since}"

    @property
    def pause(self) -> clocks.Pause:
        """The days that do not count."""
        return clocks.Pause(self.since, self.until)


class PaperFallback(models.Model):
    """A clerk had to see paper for a need: the cause that the platform proposed, and the one that the clerk confirmed.

    It is the live evidence for breakpoints. `checked`: data confirmed the number on the paper.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey("exchange.Application", models.PROTECT, related_name="fallbacks")
    item = models.ForeignKey("registry.Item", models.PROTECT, related_name="fallbacks")
    need_group = models.PositiveSmallIntegerField()
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="fallbacks")
    proposed = models.CharField(max_length=30, choices=[(c.value, c.value) for c in causes.Cause])
    cause = models.CharField(max_length=30, choices=[(c.value, c.value) for c in causes.Cause])
    checked = models.BooleanField(default=False)
    noted_by = models.ForeignKey("registry.Person", models.PROTECT, related_name="fallbacks")
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "need_group"], name="exchange_fallback_once")]
        indexes = [models.Index(fields=["noted_at", "cause"]), models.Index(fields=["item", "need_group"])]

    def __str__(self) -> str:
        return f"{self.application_id} {self.need_group}: {self.cause}"


class Assistance(models.Model):
    """A request to the issuer (协查) to confirm a paper licence, and its answer, which may digitise it.

    `state` is asked, confirmed, differs or not_ours; `licence` is the electronic one that the answer made.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=80, unique=True)
    application = models.ForeignKey("exchange.Application", models.PROTECT, related_name="assistances")
    need_group = models.PositiveSmallIntegerField()
    licence_type = models.ForeignKey("registry.LicenceType", models.PROTECT, related_name="assistances")
    department = models.ForeignKey("registry.Department", models.PROTECT, related_name="assistances")
    licence_number = models.CharField(max_length=120)
    question = models.TextField(blank=True)
    state = models.CharField(max_length=20, default="asked")
    asked_by = models.ForeignKey("registry.Person", models.PROTECT, related_name="assistances_asked")
    asked_at = models.DateTimeField()
    answer_by = models.DateField()
    answered_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="assistances_answered")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    licence = models.ForeignKey("licences.Licence", models.PROTECT, null=True, related_name="assistances")
    draft = models.ForeignKey("licences.Draft", models.PROTECT, null=True, related_name="assistances")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "need_group"],
                condition=models.Q(state="asked"),
                name="exchange_assistance_open_once",
            )
        ]
        indexes = [models.Index(fields=["department", "state", "answer_by"])]

    def __str__(self) -> str:
        return self.number


class CaseFile(models.Model):
    """The file of a decided case, frozen: what was decided on what, and the entries of the record until then.

    `content` is JSON as text, byte for byte as it was written, `digest` its SHA-256. `receipts` holds the receipt of
    each entry (text by entry), once the tree covers all of them; then the file is complete and changes no more.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.OneToOneField("exchange.Application", models.PROTECT, related_name="file")
    made_at = models.DateTimeField()
    content = models.TextField()
    digest = models.CharField(max_length=64)
    entries = models.JSONField(default=list)
    receipts = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"file of {self.application_id}"


class Review(models.Model):
    """A decision to be looked at again, since a licence that it rested on was annulled; it revokes nothing itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey("exchange.Application", models.PROTECT, related_name="reviews")
    licence = models.ForeignKey("licences.Licence", models.PROTECT, related_name="reviews")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="reviews")
    finding = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "licence"], name="exchange_review_once")]
        indexes = [models.Index(fields=["closed_at", "opened_at"])]

    def __str__(self) -> str:
        return f"review of {self.application_id}"


class ItemLoad(models.Model):
    """The load of an item as it was counted last: what is open, how long decisions took, what came without paper.

    `median_days` are the working days of the decisions of the last `window` days, standstills left out; `needs` were
    met in these, `without_paper` of them without paper.
    """

    item = models.OneToOneField("registry.Item", models.CASCADE, primary_key=True, related_name="load")
    counted_at = models.DateTimeField()
    window = models.PositiveSmallIntegerField()
    open = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()
    decided = models.PositiveIntegerField()
    on_time = models.PositiveIntegerField()
    median_days = models.FloatField(null=True)
    needs = models.PositiveIntegerField()
    without_paper = models.PositiveIntegerField()
    fallbacks = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"load of {self.item_id}"
