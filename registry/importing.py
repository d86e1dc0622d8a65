"""Importing a catalogue: all of it or nothing; what is gone is retired, never deleted."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction

from audit.recording import Subject, record
from foundation.clock import now
from foundation.context import Actor
from registry.duties import fulfil_duties
from registry.exporting import catalogue_from_registry
from registry.models import Alias, Department, ExternalSource, Item, LicenceType, Need, Succession, Yield
from registry.names import comparable
from registry.rows import Catalogue, ItemRow
from registry.sheets import columns_of
from registry.sources import conventional_names
from registry.versions import hold_newest, keep_version
from registry.writing import sheets_of

# A type that the catalogue names without a row of its own is shared on the narrowest terms.
UNLISTED: Mapping[str, str] = {
    "sharing_class": "conditional",
    "sharing_conditions_zh": "目录尚未列明条件，仅限审批事项所需字段",
    "sharing_conditions_en": "No conditions listed yet: only the fields that the item needs",
    "holder_kind": "any",
}

Row = TypeVar("Row", Department, Item, LicenceType)


@dataclass(slots=True)
class Changes:
    """What an import did: kind of row -> the codes or names added, changed and retired."""

    added: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    retired: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.retired)


Progress = Callable[[Collection[ItemRow]], Iterable[ItemRow]]


def import_catalogue(
    catalogue: Catalogue, *, actor: Actor, dry_run: bool = False, progress: Progress = iter
) -> Changes:
    """Make the registry equal to `catalogue` in one transaction; return what was added, changed and retired.

    `progress` may wrap the items to show how far it has come. Every row's new state is kept as a version.
    """
    changes = Changes()
    with transaction.atomic():
        hold_newest()
        departments = _departments(catalogue, changes)
        items = _items(catalogue, departments, changes)
        types = _types(catalogue, departments, changes)
        _aliases(catalogue, types, changes)
        _needs_and_yields(progress(catalogue.items.values()), catalogue, items, types, changes)
        _others(catalogue, changes)
        version = keep_version(sheets_of(catalogue_from_registry()), actor=actor, at=now())
        if dry_run:
            transaction.set_rollback(True)
        elif version:
            fulfil_duties(version)
            subject = Subject("catalogue", str(version.number))
            record(action="import_catalogue", actor=actor, subject=subject, outcome="done")
    return changes


def _merge(model: type[Row], key: str, wanted: Mapping[str, Mapping[str, Any]], changes: Changes) -> dict[str, Row]:
    """Create, update and retire rows until those in force are just `wanted`; return them by key."""
    kind = model._meta.verbose_name_plural or model.__name__
    rows: dict[str, Row] = {str(getattr(row, key)): row for row in model._default_manager.all()}
    for name, values in wanted.items():
        row = rows.get(name)
        if row is None:
            rows[name] = model._default_manager.create(**{key: name, **values})
            changes.added.setdefault(str(kind), []).append(name)
        elif any(getattr(row, k) != v for k, v in {**values, "retired_at": None}.items()):
            for attribute, value in {**values, "retired_at": None}.items():
                setattr(row, attribute, value)
            row.save()
            changes.changed.setdefault(str(kind), []).append(name)
    for name, row in rows.items():
        if name not in wanted and row.retired_at is None:
            row.retired_at = now()
            row.save(update_fields=["retired_at"])
            changes.retired.setdefault(str(kind), []).append(name)
    return {name: rows[name] for name in wanted}


def _departments(catalogue: Catalogue, changes: Changes) -> dict[str, Department]:
    names = ("name_zh", "name_en", "level", "uscc")
    wanted = {code: {n: row[n] for n in names} for code, row in catalogue.departments.items()}
    return _merge(Department, "code", wanted, changes)


def _items(catalogue: Catalogue, departments: Mapping[str, Department], changes: Changes) -> dict[str, Item]:
    wanted = {
        row.code: {
            "name_zh": row.name_zh,
            "name_en": row.name_en,
            "department_id": departments[row.department].pk,
            "kind": row.kind,
            "origin": row.origin,
            "note": row.note,
        }
        for row in catalogue.items.values()
    }
    return _merge(Item, "code", wanted, changes)


def _type_names(catalogue: Catalogue) -> dict[str, str]:
    """Return every licence name that is no alias, by its comparable form, as it is first written."""
    written = [row["name"] for row in catalogue.types.values()]
    for item in catalogue.items.values():
        written += item.results
        written += [a.licence for _, alternatives in item.needs for a in alternatives]
    written += [name for _, names in catalogue.aliases.values() for name in names]
    names: dict[str, str] = {}
    for name in written:
        if comparable(name) not in catalogue.aliases:
            names.setdefault(comparable(name), name)
    return names


def _owners(catalogue: Catalogue) -> dict[str, str]:
    """Return the department that owns each type: the one outside the city, else that of its first `new` item."""
    owners: dict[str, str] = {}
    for row in sorted(catalogue.items.values(), key=lambda row: row.kind != "new"):
        for name in row.results:
            owners.setdefault(comparable(name), row.department)
    return owners | {key: row.source for key, row in catalogue.external.items()}


def _types(catalogue: Catalogue, departments: Mapping[str, Department], changes: Changes) -> dict[str, LicenceType]:
    owners, conventional = _owners(catalogue), conventional_names(catalogue)
    known = {comparable(t.name_zh): t for t in LicenceType.objects.all()}
    taken = {t.code for t in known.values()}
    wanted: dict[str, dict[str, Any]] = {}
    for key, name in _type_names(catalogue).items():
        owner = departments.get(owners.get(key, ""))
        before = known.get(key)
        wanted[before.name_zh if before else name] = {
            "owner_id": owner.pk if owner else None,
            "code": before.code if before and before.code else _next_code(owner, taken),
            "conventional": key in conventional,
            **_type_values(catalogue.types.get(key, UNLISTED)),
        }
    merged = _merge(LicenceType, "name_zh", wanted, changes)
    return {comparable(name): row for name, row in merged.items()}


def _type_values(row: Mapping[str, str]) -> dict[str, Any]:
    months = row.get("validity_months")
    texts = (
        column for column in columns_of("licence_types") if column not in ("name", "conventional", "validity_months")
    )
    return {column: row.get(column, "") for column in texts} | {"validity_months": int(months) if months else None}


def _next_code(owner: Department | None, taken: set[str]) -> str:
    """Return the owner's USCC and the next free three digits; nothing where the owner has no USCC."""
    if owner is None or not owner.uscc:
        return ""
    code = next(c for n in range(1, 1000) if (c := f"{owner.uscc}{n:03}") not in taken)
    taken.add(code)
    return code


def _aliases(catalogue: Catalogue, types: Mapping[str, LicenceType], changes: Changes) -> None:
    wanted = {(alias, types[comparable(name)].pk) for alias, names in catalogue.aliases.values() for name in names}
    present = set(Alias.objects.values_list("alias", "licence_type"))
    for what, pairs in ((changes.added, wanted - present), (changes.retired, present - wanted)):
        if pairs:
            what["aliases"] = sorted({alias for alias, _ in pairs})
    for alias, licence_type in present - wanted:
        Alias.objects.filter(alias=alias, licence_type=licence_type).delete()
    Alias.objects.bulk_create(Alias(alias=a, licence_type_id=t) for a, t in sorted(wanted - present, key=str))


def _needs_and_yields(
    rows: Iterable[ItemRow],
    catalogue: Catalogue,
    items: Mapping[str, Item],
    types: Mapping[str, LicenceType],
    changes: Changes,
) -> None:
    present_needs: dict[Any, set[tuple[Any, ...]]] = {}
    for need in Need.objects.values_list("item_id", "group", "licence_type_id", "written_as", "situation_id"):
        present_needs.setdefault(need[0], set()).add(need[1:])
    present_yields: dict[Any, set[Any]] = {}
    for item_id, type_id in Yield.objects.values_list("item_id", "licence_type_id"):
        present_yields.setdefault(item_id, set()).add(type_id)
    for row in rows:
        item = items[row.code]
        needs = dict.fromkeys(
            (group, types[key].pk, written, items[alternative.situation].pk if alternative.situation else None)
            for group, (written, alternatives) in enumerate(row.needs, start=1)
            for alternative in alternatives
            for key in _meanings(alternative.licence, catalogue)
        )
        yields = dict.fromkeys(types[comparable(name)].pk for name in row.results)
        if set(needs) == present_needs.get(item.pk, set()) and set(yields) == present_yields.get(item.pk, set()):
            continue
        if row.code not in changes.added.get("items", []) and row.code not in changes.changed.get("items", []):
            changes.changed.setdefault("items", []).append(row.code)
        item.needs.all().delete()
        item.yields.all().delete()
        Need.objects.bulk_create(
            Need(item=item, group=group, licence_type_id=type_id, written_as=written, situation_id=situation)
            for group, type_id, written, situation in needs
        )
        Yield.objects.bulk_create(Yield(item=item, licence_type_id=type_id) for type_id in yields)


def _others(catalogue: Catalogue, changes: Changes) -> None:
    """Make the external sources and the successions equal to the catalogue's; what is gone stays in the versions."""
    names = [f.name for f in ExternalSource._meta.fields if f.name != "id"]
    external = {row.name: {name: getattr(row, name) for name in names} for row in catalogue.external.values()}
    _replace(ExternalSource, external, changes)
    reforms = {
        f"{row.kind}|{row.old}|{row.new}": {
            "kind": row.kind, "old": row.old, "new": row.new, "since": dt.date.fromisoformat(row.since),
            "basis": row.basis,
        }
        for row in catalogue.successions
    }  # fmt: skip
    _replace(Succession, reforms, changes)


def _replace(
    model: type[ExternalSource] | type[Succession], wanted: Mapping[str, Mapping[str, Any]], changes: Changes
) -> None:
    kind = str(model._meta.verbose_name_plural)
    present: dict[str, ExternalSource | Succession] = {row.key: row for row in model._default_manager.all()}
    for key, values in wanted.items():
        row = present.pop(key, None)
        if row is None:
            model._default_manager.create(**values)
            changes.added.setdefault(kind, []).append(key)
        elif any(getattr(row, k) != v for k, v in values.items()):
            model._default_manager.filter(pk=row.pk).update(**values)
            changes.changed.setdefault(kind, []).append(key)
    for key, row in present.items():
        row.delete()
        changes.retired.setdefault(kind, []).append(key)


def _meanings(name: str, catalogue: Catalogue) -> list[str]:
    """Return the types that a name in a prerequisite stands for: itself, or those of its alias."""
    key = comparable(name)
    return [comparable(n) for n in catalogue.aliases[key][1]] if key in catalogue.aliases else [key]
