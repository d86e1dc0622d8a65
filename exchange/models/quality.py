"""The quality of licences: what was found in each, and figures of it that are kept up."""

from django.db import models


class Assessment(models.Model):
    """A licence in force that was looked at. Digests, under a key, tell which share a number, or holder and content."""

    licence = models.OneToOneField("licences.Licence", models.CASCADE, primary_key=True, related_name="assessment")
    licence_type = models.ForeignKey("registry.LicenceType", models.CASCADE, related_name="+", db_index=False)
    issuer = models.ForeignKey("registry.Department", models.CASCADE, related_name="+", db_index=False)
    number_digest = models.BinaryField(max_length=16, db_index=True)
    content_digest = models.BinaryField(max_length=16, null=True, db_index=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"assessment of {self.licence_id}"


class Finding(models.Model):
    """One fault of a licence, as `exchange.quality.checks` names it: never a value."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="findings")
    licence_type = models.ForeignKey("registry.LicenceType", models.CASCADE, related_name="+", db_index=False)
    issuer = models.ForeignKey("registry.Department", models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    field = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "kind", "field", "reason"], name="exchange_quality_finding_once"
            )
        ]
        indexes = [models.Index(fields=["licence_type", "kind", "id"], name="exchange_quality_rows")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.assessment_id}"


class QualityFigure(models.Model):
    """How many licences of a type and issuer a figure counts."""

    licence_type = models.ForeignKey("registry.LicenceType", models.CASCADE, related_name="quality_figures")
    issuer = models.ForeignKey("registry.Department", models.CASCADE, related_name="quality_figures")
    figure = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["licence_type", "issuer", "figure"], name="exchange_quality_figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.figure} of {self.licence_type_id}: {self.count}"


class TypeChange(models.Model):
    """When a licence of a type by an issuer was last issued or changed its state."""

    licence_type = models.ForeignKey("registry.LicenceType", models.CASCADE, related_name="+")
    issuer = models.ForeignKey("registry.Department", models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["licence_type", "issuer"], name="exchange_quality_change_once")]

    def __str__(self) -> str:
        return f"{self.licence_type_id} changed {self.at}"


class QualitySweep(models.Model):
    """How far the round over all licences is: the key of the last one that was looked at."""

    name = models.CharField(primary_key=True, max_length=20)
    after = models.UUIDField(null=True)
    rounds = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: after {self.after}"
