"""What the calls give: rows of the catalogue, with names in both languages."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.api.flows import SCOPES
from registry.api.problems import BothSerializer
from registry.models import Department, Item, LicenceType
from registry.models.catalogue import HolderKind, Kind, Level, SharingClass


class NamedSerializer(serializers.Serializer[Any]):
    """A code and what it stands for; the code of a licence type is empty where no body with a USCC defines it."""

    code = serializers.CharField()
    name = BothSerializer()


class DepartmentRow(serializers.Serializer[Department]):
    """A department in force, of the city or of another level, with the number of its items."""

    code = serializers.CharField()
    name = BothSerializer()
    level = serializers.ChoiceField(choices=Level.choices)
    uscc = serializers.CharField(help_text="Unified social credit code, or empty.")
    items = serializers.IntegerField(source="items_in_force")


class AlternativeRow(NamedSerializer):
    """A licence type that meets a need; `situation` is the item that it must come from, or empty."""

    situation = serializers.CharField()


class NeedRow(serializers.Serializer[Any]):
    """One need of an item: any of the alternatives meets it."""

    group = serializers.IntegerField()
    written_as = serializers.CharField(help_text="The catalogue's own wording.")
    any_of = AlternativeRow(many=True)


class ItemRow(serializers.Serializer[Item]):
    """An item in force with what it needs and what it yields."""

    code = serializers.CharField()
    name = BothSerializer()
    department = NamedSerializer()
    kind = serializers.ChoiceField(choices=Kind.choices)
    origin = serializers.CharField()
    note = serializers.CharField()
    needs = serializers.SerializerMethodField()
    yields = serializers.SerializerMethodField()

    @extend_schema_field(NeedRow(many=True))
    def get_needs(self, item: Item) -> list[dict[str, Any]]:
        """Return the needs in the catalogue's order."""
        needs: dict[int, dict[str, Any]] = {}
        for need in item.needs.all():
            row = needs.setdefault(need.group, {"group": need.group, "written_as": need.written_as, "any_of": []})
            situation = need.situation.code if need.situation else ""
            row["any_of"].append({**_named(need.licence_type), "situation": situation})
        return list(needs.values())

    @extend_schema_field(NamedSerializer(many=True))
    def get_yields(self, item: Item) -> list[dict[str, Any]]:
        """Return the types that the item yields."""
        return [_named(result.licence_type) for result in item.yields.all()]


def _named(row: LicenceType) -> dict[str, Any]:
    return {"code": row.code, "name": {"zh": row.name.zh, "en": row.name.en}}


class TextSerializer(serializers.Serializer[Any]):
    """A text in both languages, empty where there is none."""

    zh = serializers.CharField(allow_blank=True)
    en = serializers.CharField(allow_blank=True)


class LicenceTypeRow(serializers.Serializer[LicenceType]):
    """A licence type in force with the fields that the data-sharing regulation demands (articles 13 to 15)."""

    code = serializers.CharField(help_text="21 characters (GB/T 36904); empty while no body with a USCC defines it.")
    name = BothSerializer()
    owner = NamedSerializer(allow_null=True)
    sharing_class = serializers.ChoiceField(choices=SharingClass.choices)
    sharing_conditions = serializers.SerializerMethodField()
    legal_basis = serializers.SerializerMethodField()
    data_items = serializers.CharField()
    data_format = serializers.CharField()
    update_frequency = serializers.CharField()
    provision = serializers.CharField(help_text="How the data are provided.")
    grade = serializers.CharField(help_text="Grade of the data's protection.")
    holder_kind = serializers.ChoiceField(choices=HolderKind.choices)
    validity_months = serializers.IntegerField(allow_null=True)
    conventional = serializers.BooleanField(help_text="Needed by every application: it makes no flow.")

    @extend_schema_field(TextSerializer())
    def get_sharing_conditions(self, row: LicenceType) -> dict[str, str]:
        """Return the conditions of article 14."""
        return {"zh": row.sharing_conditions_zh, "en": row.sharing_conditions_en}

    @extend_schema_field(TextSerializer())
    def get_legal_basis(self, row: LicenceType) -> dict[str, str]:
        """Return the legal basis of article 15."""
        return {"zh": row.legal_basis_zh, "en": row.legal_basis_en}


class EndRow(NamedSerializer):
    """One end of a flow: an item and its department. From another level only the department is known."""

    department = NamedSerializer()
    level = serializers.ChoiceField(choices=Level.choices)


class FlowRow(serializers.Serializer[Any]):
    """A licence flows from the item that yields it to the item that needs it."""

    source = EndRow()  # type: ignore[assignment]  # a field's own word, but not here
    user = EndRow()
    licence = BothSerializer()
    scope = serializers.ChoiceField(choices=SCOPES)
    step = serializers.IntegerField(min_value=1, max_value=3)
    group = serializers.IntegerField(min_value=0)
