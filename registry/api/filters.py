"""What may be asked for: the filters of lists, and the parameters of calls. Every fault names its parameter."""

from functools import reduce
from operator import or_
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import Model, Q, QuerySet
from rest_framework import serializers

from foundation.clock import legal_day, now
from registry.api.flows import SCOPES
from registry.api.problems import unknown
from registry.models import Department, Item, LicenceType, Need, Yield
from registry.models.catalogue import Kind, Level, SharingClass
from registry.planning_model import OBJECTIVES
from registry.queries import types_named

MOST_TYPES = 100  # of a plan's budget
_LONGEST = 200


def _text(help_text: str, **values: Any) -> django_filters.CharFilter:
    return django_filters.CharFilter(max_length=_LONGEST, help_text=help_text, **values)


class CatalogueFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no stubs
    """What all lists of rows share."""

    searched = ("name_zh__icontains", "name_en__icontains", "code__iexact")
    code = _text("Code · 编码")
    search = _text("Words of the name in either language, or the code · 名称中的词或编码", method="by_words")

    def by_words(self, rows: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:  # noqa: ARG002 - its signature
        """Return the rows that hold every word."""
        for word in value.split():
            rows = rows.filter(reduce(or_, (Q(**{lookup: word}) for lookup in self.searched)))
        return rows

    def by_department(self, rows: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:
        """Return the rows of the department with this code."""
        department = Department.objects.filter(code=value, retired_at=None).first()
        if department is None:
            raise unknown(name)
        return rows.filter(**{name: department})


class DepartmentFilter(CatalogueFilter):
    """Which departments."""

    level = django_filters.ChoiceFilter(choices=Level.choices, help_text="Level of government · 层级")

    class Meta:
        model = Department
        fields = ["code", "level", "search"]


class ItemFilter(CatalogueFilter):
    """Which items."""

    department = _text("Code of the department · 部门编码", method="by_department")
    kind = django_filters.ChoiceFilter(choices=Kind.choices, help_text="Kind of item · 事项类别")
    needs = _text("Name, alias or code of a licence type that the item needs · 所需证照", method="by_needs")
    yields = _text("Name, alias or code of a licence type that the item yields · 产生的证照", method="by_yields")
    origin = _text("Where the row comes from, such as study, law, synthetic · 行的来源")

    class Meta:
        model = Item
        fields = ["code", "department", "kind", "needs", "yields", "origin", "search"]

    def by_needs(self, items: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        """Return the items that need the type, also as one of several alternatives."""
        return items.filter(pk__in=Need.objects.filter(licence_type__in=_types(name, value)).values("item"))

    def by_yields(self, items: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        """Return the items that yield the type."""
        return items.filter(pk__in=Yield.objects.filter(licence_type__in=_types(name, value)).values("item"))


class LicenceTypeFilter(CatalogueFilter):
    """Which licence types."""

    owner = _text("Code of the department that owns the type · 提供部门编码", method="by_department")
    sharing_class = django_filters.ChoiceFilter(
        choices=SharingClass.choices, help_text="Sharing class (articles 14 and 15) · 共享类型"
    )

    class Meta:
        model = LicenceType
        fields = ["code", "owner", "sharing_class", "search"]


def _types(parameter: str, value: str) -> list[LicenceType]:
    types = types_named(value)
    if not types:
        raise unknown(parameter)
    return types


class FlowQuery(serializers.Serializer[Any]):
    """Which flows."""

    source = serializers.CharField(  # type: ignore[assignment]  # a field's own word, but not here
        max_length=_LONGEST, required=False, help_text="Code of the item, or of the department of another level · 源头"
    )
    user = serializers.CharField(max_length=_LONGEST, required=False, help_text="Code of the item · 使用事项")
    licence = serializers.CharField(
        max_length=_LONGEST, required=False, help_text="Name, alias or code of the licence type · 证照"
    )
    source_department = serializers.CharField(max_length=_LONGEST, required=False, help_text="Code · 来源部门编码")
    user_department = serializers.CharField(max_length=_LONGEST, required=False, help_text="Code · 使用部门编码")
    scope = serializers.ChoiceField(
        choices=SCOPES,
        required=False,
        help_text="Inside a department, across departments, from another level · 部门内、跨部门、跨层级",
    )
    step = serializers.ChoiceField(
        choices=[1, 2, 3], required=False, help_text="Step of the study's section 2.2 that found the source · 步骤"
    )
    group = serializers.IntegerField(
        min_value=0,
        max_value=32767,
        required=False,
        help_text="The user's need with alternatives by its number; 0: no choice · 任选组",
    )


class NetworkQuery(serializers.Serializer[Any]):
    """Of which day, and whether of one item alone."""

    as_of = serializers.DateField(
        required=False, help_text="The catalogue at the end of this day, YYYY-MM-DD; now without it · 截至日期"
    )
    item = serializers.CharField(
        max_length=_LONGEST, required=False, help_text="Instead, all that the item of this code needs, in order · 事项"
    )

    def validate_as_of(self, value: Any) -> Any:
        """Refuse days that have not come."""
        if value > legal_day(now()):
            raise serializers.ValidationError("has not come yet", code="max_value")
        return value


class PlanQuery(serializers.Serializer[Any]):
    """What to plan."""

    budget = serializers.IntegerField(
        min_value=1, max_value=MOST_TYPES, help_text="How many licence types may be made electronic · 预算（证照种数）"
    )
    objective = serializers.ChoiceField(choices=OBJECTIVES, default="items", help_text="What is maximised · 优化目标")
    all_flows = serializers.BooleanField(
        default=False, help_text="Count the flows inside departments too · 是否计入部门内流动"
    )
