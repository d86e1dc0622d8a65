"""The catalogue's history: versions, what each changed, reforms, and the duty to keep it up to date."""

from django.db import models

from registry.models.catalogue import Department


class CatalogueVersion(models.Model):
    """One change of the catalogue: when, and by whom (a person's key; empty for the platform itself)."""

    number = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_person = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return f"version {self.number}"


class CatalogueChange(models.Model):
    """A row of the catalogue as a version left it: `row` as in its sheet, or nothing where the version took it away."""

    version = models.ForeignKey(CatalogueVersion, models.CASCADE, related_name="changes")
    sheet = models.CharField(max_length=40)
    key = models.CharField(max_length=420)
    row = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "key", "version"], name="registry_change_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet} {self.key} in {self.version_id}"


class Succession(models.Model):
    """A department, item or licence type was merged, split or ended by reform; nothing succeeds one that ended."""

    kind = models.CharField(max_length=20)
    old = models.CharField(max_length=200)
    new = models.CharField(max_length=200, blank=True)
    since = models.DateField()
    basis = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "old", "new"], name="registry_succession_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.old} -> {self.new or 'ended'}"

    @property
    def key(self) -> str:
        """What names the row in its sheet."""
        return f"{self.kind}|{self.old}|{self.new}"


class UpdateDuty(models.Model):
    """A department must update its catalogue entries after a change (data-sharing regulation, article 17)."""

    department = models.ForeignKey(Department, models.PROTECT, related_name="update_duties")
    what = models.CharField(max_length=300)
    arose_on = models.DateField()
    due_on = models.DateField()
    extended = models.BooleanField(default=False)
    fulfilled_by = models.ForeignKey(CatalogueVersion, models.PROTECT, null=True, blank=True, related_name="duties")

    class Meta:
        verbose_name_plural = "update duties"

    def __str__(self) -> str:
        return f"{self.department}: {self.what}"
