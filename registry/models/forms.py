"""The forms of licence types: what a licence of a type holds, how it is numbered, its term, its look."""

from django.db import models

from foundation.ids import new_id
from registry.models.catalogue import LicenceType


class LicenceTypeVersion(models.Model):
    """One version of a licence type's form, in force from a time until the next version's.

    `schema` is a JSON Schema of the type's own fields, `validity` the rule for the term, `holder_kinds` the GB/T 36903
    code types that may hold it, `disclosable` the fields that can be shown one by one (empty: all), `vct` the profile
    under which credentials are signed (empty: the platform's own address of the type), `style` what its document looks
    like, `two_persons` whether one person makes and another reviews.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    licence_type = models.ForeignKey(LicenceType, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    schema = models.JSONField(default=dict)
    number_template = models.CharField(max_length=120, blank=True)
    validity = models.JSONField(default=dict)
    holder_kinds = models.JSONField(default=list)
    disclosable = models.JSONField(default=list)
    vct = models.CharField(max_length=300, blank=True)
    style = models.JSONField(default=dict)
    two_persons = models.BooleanField(default=False)
    in_force_from = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.UUIDField(null=True)
    basis = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["licence_type", "number"], name="registry_type_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.licence_type} version {self.number}"
