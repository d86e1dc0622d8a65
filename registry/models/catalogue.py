"""The catalogue: departments, their items (审批事项), licence types (证照类型), needs and yields."""

from django.db import models

from foundation.ids import new_id
from foundation.reasons import Both


class Named(models.Model):
    """Something with a Chinese name and, where there is one, an English name."""

    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> Both:
        """The name in both languages; the Chinese one stands in for a missing English one."""
        return Both(self.name_zh, self.name_en or self.name_zh)


class Level(models.TextChoices):
    """The level of government that a department belongs to."""

    NATIONAL = "national"
    PROVINCIAL = "provincial"
    CITY = "city"
    COUNTY = "county"


class Department(Named):
    """A department: letters A to Z, AA to AO in the city; level_department, such as 省_V, outside."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    level = models.CharField(max_length=20, choices=Level, default=Level.CITY)
    uscc = models.CharField("unified social credit code", max_length=18, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["uscc"],
                condition=~models.Q(uscc="") & models.Q(retired_at__isnull=True),
                name="registry_department_uscc",
            )
        ]


class SharingClass(models.TextChoices):
    """Classes of the data-sharing regulation, articles 14 and 15."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not_shared"


class HolderKind(models.TextChoices):
    """Who may hold licences of a type."""

    PERSON = "person"
    ORGANISATION = "organisation"
    ANY = "any"


class LicenceType(Named):
    """A type of licence, owned by the department that yields it; its schema is data, not code.

    `code` has 21 characters (GB/T 36904: the defining body's USCC and three more) and is empty while no body with a
    USCC defines the type: then nothing of it can be issued here.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=21, blank=True)
    owner = models.ForeignKey(Department, models.PROTECT, related_name="types", null=True, blank=True)
    conventional = models.BooleanField(default=False)
    sharing_class = models.CharField(max_length=20, choices=SharingClass, default=SharingClass.CONDITIONAL)
    sharing_conditions_zh = models.TextField(blank=True)
    sharing_conditions_en = models.TextField(blank=True)
    legal_basis_zh = models.TextField(blank=True)
    legal_basis_en = models.TextField(blank=True)
    needs_authorisation = models.BooleanField(default=False)
    holder_kind = models.CharField(max_length=20, choices=HolderKind, default=HolderKind.ANY)
    validity_months = models.PositiveSmallIntegerField(null=True, blank=True)
    number_template = models.CharField(max_length=80, default="成{department}〔{year}〕{serial}号")
    schema = models.JSONField(default=dict, blank=True)
    # The other fields of a catalogue entry (data-sharing regulation, article 13).
    data_items = models.TextField(blank=True)
    data_format = models.CharField(max_length=100, blank=True)
    update_frequency = models.CharField(max_length=100, blank=True)
    provision = models.CharField(max_length=100, blank=True)
    grade = models.CharField(max_length=40, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name_zh"]
        constraints = [
            models.UniqueConstraint(fields=["name_zh"], name="registry_type_name"),
            models.UniqueConstraint(fields=["code"], condition=~models.Q(code=""), name="registry_type_code"),
        ]

    @property
    def conditions(self) -> Both:
        """The conditions of sharing (regulation, article 14) in both languages."""
        return Both(self.sharing_conditions_zh, self.sharing_conditions_en or self.sharing_conditions_zh)

    @property
    def legal_basis(self) -> Both:
        """The legal basis for not sharing (article 15) in both languages."""
        return Both(self.legal_basis_zh, self.legal_basis_en or self.legal_basis_zh)


class Alias(models.Model):
    """Another name under which a type is asked for; one alias may stand for several types, any of which satisfies."""

    alias = models.CharField(max_length=200)
    licence_type = models.ForeignKey(LicenceType, models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "aliases"
        constraints = [models.UniqueConstraint(fields=["alias", "licence_type"], name="registry_alias_once")]

    def __str__(self) -> str:
        return f"{self.alias} = {self.licence_type}"


class ExternalSource(models.Model):
    """Where a licence comes from that no item of the city yields (section 2.2, step 3), and how that was found."""

    name = models.CharField(max_length=200, unique=True)
    level = models.CharField(max_length=20, choices=Level)
    department = models.CharField(max_length=120)
    origin = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=500, blank=True)
    found_on = models.CharField(max_length=40, blank=True)
    finder = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What names the row in its sheet."""
        return self.name


class Kind(models.TextChoices):
    """Kinds of items; which of them are sources is the study's section 2.2."""

    NEW = "new"
    CHANGE = "change"
    RENEWAL = "renewal"
    REVIEW = "review"
    REISSUE = "reissue"
    TRANSFER = "transfer"
    ANNUAL_CHECK = "annual_check"
    CANCEL = "cancel"


class Item(Named):
    """An approval item (审批事项) of one department; a retired item stays for history."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    department = models.ForeignKey(Department, models.PROTECT, related_name="items")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.NEW)
    origin = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    delegated_to = models.ManyToManyField(Department, related_name="delegated_items", blank=True)
    in_force_from = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]


class Need(models.Model):
    """An item needs a licence type. Needs of one `group` are alternatives: one of them satisfies the group.

    `written_as` keeps the catalogue's own wording (an alias, say); `situation` is the item from which alone the
    licence may come, where the prerequisite names one.
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="needs")
    group = models.PositiveSmallIntegerField()
    licence_type = models.ForeignKey(LicenceType, models.PROTECT, related_name="needs")
    written_as = models.CharField(max_length=200, blank=True)
    situation = models.ForeignKey(Item, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["group", "id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "group", "licence_type"], name="registry_need_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item} <- {self.licence_type}"


class Yield(models.Model):
    """An item yields a licence type."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="yields")
    licence_type = models.ForeignKey(LicenceType, models.PROTECT, related_name="yields")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["item", "licence_type"], name="registry_yield_once")]

    def __str__(self) -> str:
        return f"{self.item} -> {self.licence_type}"
