"""The registry as a catalogue again: what is in it now, in the form in which a folder is read."""

from collections.abc import Iterable

from registry.models import Alias, Department, ExternalSource, Item, LicenceType, Need, Succession
from registry.names import comparable
from registry.rows import COLUMNS, LEVEL_PREFIX, Alternative, Catalogue, ExternalRow, ItemRow, SuccessionRow
from registry.sheets import columns_of


def catalogue_from_registry() -> Catalogue:
    """Return the departments, items, types and aliases that are not retired.

    Resolving it gives the flows of the catalogue that was imported. Aliases in prerequisites come back as what they
    stand for, `written` as the catalogue had them.
    """
    departments = sorted(Department.objects.filter(retired_at=None), key=lambda d: (len(d.code), d.code))
    types = list(LicenceType.objects.filter(retired_at=None).select_related("owner"))
    items = _items()
    return Catalogue(
        departments={d.code: {n: getattr(d, n) for n in COLUMNS["departments"]} for d in departments},
        items={item.code: item for item in items},
        external={comparable(row.name): _external(row) for row in ExternalSource.objects.order_by("pk")},
        aliases=_aliases(),
        types={comparable(t.name_zh): _type(t) for t in types},
        conventional={t.name_zh for t in types if t.conventional},
        successions=[
            SuccessionRow(s.kind, s.old, s.new, s.since.isoformat(), s.basis) for s in Succession.objects.order_by("pk")
        ],
    )


def _items() -> list[ItemRow]:
    rows = Item.objects.filter(retired_at=None).select_related("department")
    rows = rows.prefetch_related("yields__licence_type", "needs__licence_type", "needs__situation")
    return [
        ItemRow(
            code=item.code,
            name_zh=item.name_zh,
            name_en=item.name_en,
            department=item.department.code,
            kind=item.kind,
            results=tuple(result.licence_type.name_zh for result in item.yields.all()),
            needs=_needs(item.needs.all()),
            origin=item.origin,
            note=item.note,
        )
        for item in rows
    ]


def _needs(needs: Iterable[Need]) -> tuple[tuple[str, tuple[Alternative, ...]], ...]:
    groups: dict[int, list[Alternative]] = {}
    written: dict[int, str] = {}
    for need in needs:
        situation = need.situation.code if need.situation else ""
        groups.setdefault(need.group, []).append(Alternative(need.licence_type.name_zh, situation))
        written[need.group] = need.written_as
    return tuple((written[group] or _as_written(met_by), tuple(met_by)) for group, met_by in groups.items())


def _as_written(met_by: Iterable[Alternative]) -> str:
    return "|".join(f"{a.licence}@{a.situation}" if a.situation else a.licence for a in met_by)


def _external(row: ExternalSource) -> ExternalRow:
    prefix = LEVEL_PREFIX.get(row.level, "")
    source = f"{prefix}_{row.department}" if prefix else row.department
    return ExternalRow(row.name, row.level, row.department, source, row.origin, row.address, row.found_on, row.finder)


def _aliases() -> dict[str, tuple[str, list[str]]]:
    aliases: dict[str, tuple[str, list[str]]] = {}
    for alias in Alias.objects.select_related("licence_type").order_by("pk"):
        names = aliases.setdefault(comparable(alias.alias), (alias.alias, []))[1]
        names.append(alias.licence_type.name_zh)
    return aliases


def _type(licence_type: LicenceType) -> dict[str, str]:
    row = {"name": licence_type.name_zh}
    for column in columns_of("licence_types")[1:]:
        value = getattr(licence_type, column)
        row[column] = "" if value is None else str(value)
    return {**row, "conventional": "yes" if licence_type.conventional else ""}
