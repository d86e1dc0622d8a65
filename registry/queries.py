"""What other apps may ask the registry."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from foundation.reasons import Both
from registry.lineage import lineage, predecessors, successors, with_predecessors
from registry.models import Alias, Client, ClientKey, Department, Item, LicenceType, Membership, Need, Person
from registry.models.people import Role
from registry.names import comparable

STAFF_ROLES = (Role.CLERK, Role.HEAD)
OVERSEERS = (Role.AUTHORITY, Role.AUDITOR)
HEAD, AUTHORITY = Role.HEAD, Role.AUTHORITY
KEEPERS = (Role.HEAD, Role.ADMINISTRATOR)
"""Those who look after what their department does: its part of the record, objections to its accesses."""


@dataclass(frozen=True, slots=True)
class NeedGroup:
    """One need of an item: any of `types` satisfies it; `name` is the catalogue's own wording."""

    number: int
    name: Both
    types: tuple[LicenceType, ...]


def _in_force(at: dt.datetime) -> Q:
    started = Q(in_force_from__isnull=True) | Q(in_force_from__lte=at)
    return started & (Q(retired_at__isnull=True) | Q(retired_at__gt=at))


def is_in_force(item: Item, at: dt.datetime) -> bool:
    """Say whether `item` may be applied for at `at`."""
    started = item.in_force_from is None or item.in_force_from <= at
    return started and (item.retired_at is None or item.retired_at > at)


def is_handled(item: Item, at: dt.datetime) -> bool:
    """Say whether cases of `item` go on at `at`: it is in force, or a reform passed them on to a successor."""
    return is_in_force(item, at) or successors("item", item.code) != [item.code]


def items_in_force(at: dt.datetime) -> QuerySet[Item]:
    """Return the items that may be applied for at `at`, with their departments."""
    return Item.objects.filter(_in_force(at)).select_related("department")


def search_items(text: str, at: dt.datetime) -> QuerySet[Item]:
    """Return items in force whose code or name holds every word of `text`."""
    found = items_in_force(at)
    for word in text.split():
        found = found.filter(Q(name_zh__icontains=word) | Q(name_en__icontains=word) | Q(code__iexact=word))
    return found


def item_by_code(code: str) -> Item | None:
    """Return the item, in force or not."""
    return Item.objects.select_related("department").filter(code=code).first()


def items_of(departments: Iterable[str], at: dt.datetime) -> QuerySet[Item]:
    """Return the items in force that these departments (codes) handle, their own or delegated to them."""
    codes = list(departments)
    handled = Q(department__code__in=codes) | Q(delegated_to__code__in=codes)
    return items_in_force(at).filter(handled).distinct()


def handles(department: str, item: Item) -> bool:
    """Say whether `item` belongs to the department with this code (or to one it succeeded), or is delegated to it."""
    codes = lineage("department", department)
    return item.department.code in codes or item.delegated_to.filter(code__in=codes).exists()


def items_handled_by(departments: Iterable[str]) -> QuerySet[Item]:
    """Return all items whose cases these departments (codes) decide, retired ones and those they succeeded to."""
    codes = [code for department in departments for code in lineage("department", department)]
    return Item.objects.filter(Q(department__code__in=codes) | Q(delegated_to__code__in=codes)).distinct()


def delegations() -> dict[str, set[str]]:
    """Return the codes of the departments to which an item's acceptance is delegated, by the item's code."""
    found: dict[str, set[str]] = {}
    for item, department in Item.delegated_to.through.objects.values_list("item__code", "department__code"):
        found.setdefault(item, set()).add(department)
    return found


def need_groups(item: Item) -> list[NeedGroup]:
    """Return what the item needs, group by group in the catalogue's order."""
    needs = list(item.needs.select_related("licence_type__owner"))
    return [replace(group, types=with_predecessors(group.types)) for group in _grouped(needs)]


def declared_needs(at: dt.datetime) -> list[tuple[Item, NeedGroup]]:
    """Return every need of every item in force, the items by code; in a fixed number of queries."""
    items = list(items_in_force(at).prefetch_related("needs__licence_type__owner"))
    older = predecessors({need.licence_type for item in items for need in item.needs.all()})
    found = [(item, group) for item in items for group in _grouped(item.needs.all())]
    return [
        (item, replace(group, types=(*group.types, *(o for t in group.types for o in older.get(t.name_zh, ())))))
        for item, group in found
    ]


def _grouped(needs: Iterable[Need]) -> list[NeedGroup]:
    groups: dict[int, list[LicenceType]] = {}
    written: dict[int, str] = {}
    for need in needs:
        groups.setdefault(need.group, []).append(need.licence_type)
        written[need.group] = need.written_as
    return [NeedGroup(n, _group_name(written[n], types), tuple(types)) for n, types in groups.items()]


def _group_name(written: str, types: list[LicenceType]) -> Both:
    # A name written with alternatives, or an alias, has no English of its own: that of its types is joined.
    if len(types) == 1:
        return types[0].name
    chinese = " 或 ".join(t.name_zh for t in types) if "|" in written else written
    return Both(chinese, " or ".join(t.name.en for t in types))


def items_needing(licence_type: LicenceType, at: dt.datetime) -> list[Item]:
    """Return the items in force that need the type."""
    return list(items_in_force(at).filter(needs__licence_type=licence_type).distinct())


def yielded_types(item: Item) -> list[LicenceType]:
    """Return the types that the item yields."""
    return list(LicenceType.objects.filter(yields__item=item).select_related("owner").order_by("yields__id"))


def issuers_of(licence_type: LicenceType) -> set[str]:
    """Return the codes of the departments that issue the type: its owner, and those whose items yield it."""
    owner = {licence_type.owner.code} if licence_type.owner else set()
    return owner | set(
        Item.objects.filter(yields__licence_type=licence_type).values_list("department__code", flat=True)
    )


def producers(types: Iterable[LicenceType], at: dt.datetime) -> dict[UUID, list[Item]]:
    """Return, by type, the `new` items in force that yield it: where a person gets it."""
    wanted = list(types)
    found: dict[UUID, list[Item]] = {t.pk: [] for t in wanted}
    items = items_in_force(at).filter(kind="new", yields__licence_type__in=wanted).distinct()
    for item in items.prefetch_related("yields"):
        for result in item.yields.all():
            if result.licence_type_id in found:
                found[result.licence_type_id].append(item)
    return found


def types_named(name: str) -> list[LicenceType]:
    """Return the types that a name in either language, a 21-character code or an alias stands for."""
    key = comparable(name)
    if not key:
        return []
    types = LicenceType.objects.select_related("owner")
    exact = list(types.filter(Q(name_zh=name) | Q(name_en__iexact=name) | Q(code=name)))
    if exact:
        return exact
    same = [t for t in types if comparable(t.name_zh) == key]
    aliases = Alias.objects.select_related("licence_type__owner")
    return same or [alias.licence_type for alias in aliases if comparable(alias.alias) == key]


def search_types(text: str, *, owners: Iterable[str] | None = None) -> QuerySet[LicenceType]:
    """Return the types in force whose code or name holds every word of `text`; only those of `owners` where given.

    `owners` are codes of departments, which also own the types of those that they succeeded.
    """
    found = LicenceType.objects.filter(retired_at__isnull=True).select_related("owner")
    if owners is not None:
        found = found.filter(owner__code__in=[code for owner in owners for code in lineage("department", owner)])
    for word in text.split():
        found = found.filter(Q(name_zh__icontains=word) | Q(name_en__icontains=word) | Q(code__startswith=word))
    return found


def of_needed(types: QuerySet[LicenceType], at: dt.datetime) -> QuerySet[LicenceType]:
    """Return those of the types that an item in force needs."""
    return types.filter(pk__in=Need.objects.filter(item__in=items_in_force(at)).values("licence_type"))


def types_by_id(ids: Iterable[UUID]) -> dict[UUID, LicenceType]:
    """Return types with their owners."""
    return {t.pk: t for t in LicenceType.objects.filter(pk__in=list(ids)).select_related("owner")}


def issuable_types() -> QuerySet[LicenceType]:
    """Return the types in force that a body with a USCC defines."""
    return LicenceType.objects.filter(retired_at__isnull=True).exclude(code="").select_related("owner")


def types_in_force() -> QuerySet[LicenceType]:
    """Return the types in force, with their owners."""
    return LicenceType.objects.filter(retired_at__isnull=True).select_related("owner")


def types_by_code(codes: Iterable[str]) -> dict[str, LicenceType]:
    """Return types by their codes, in force or not."""
    wanted = {code for code in codes if code}
    return {t.code: t for t in LicenceType.objects.filter(code__in=wanted).select_related("owner")}


def types_for_issuing(departments: Iterable[str]) -> QuerySet[LicenceType]:
    """Return the types in force that these departments (codes) own, or that their items yield, by name."""
    codes = list(departments)
    theirs = Q(owner__code__in=codes) | Q(yields__item__department__code__in=codes)
    return issuable_types().filter(theirs).distinct().order_by("name_zh")


def departments() -> QuerySet[Department]:
    """Return the city's departments in force."""
    return Department.objects.filter(retired_at__isnull=True, level="city")


def department_by_code(code: str) -> Department | None:
    """Return a department, in force or not."""
    return Department.objects.filter(code=code).first()


def departments_by_code(codes: Iterable[str]) -> QuerySet[Department]:
    """Return departments, in force or not."""
    return Department.objects.filter(code__in=list(codes))


def items_by_code(codes: Iterable[str]) -> QuerySet[Item]:
    """Return items, in force or not."""
    return Item.objects.filter(code__in=list(codes))


def all_departments() -> QuerySet[Department]:
    """Return all departments, in force or not, the city's and others."""
    return Department.objects.all()


def all_types() -> QuerySet[LicenceType]:
    """Return all types, in force or not."""
    return LicenceType.objects.all()


def all_items() -> QuerySet[Item]:
    """Return all items, in force or not."""
    return Item.objects.all()


def clients(ids: Iterable[UUID]) -> dict[UUID, Client]:
    """Return departments' systems by their keys."""
    return Client.objects.in_bulk(list(ids))


def memberships(person: Person, at: dt.datetime) -> list[Membership]:
    """Return the roles that a person has at `at`."""
    current = Q(since__lte=at) & (Q(until__isnull=True) | Q(until__gt=at))
    return list(Membership.objects.filter(current, person=person).select_related("department"))


def heads_of(departments: Iterable[str], at: dt.datetime) -> QuerySet[Person]:
    """Return who is head of one of these departments (codes) at `at` and can sign in."""
    current = Q(memberships__since__lte=at) & (Q(memberships__until__isnull=True) | Q(memberships__until__gt=at))
    of_them = Q(memberships__role=HEAD, memberships__department__code__in=list(departments))
    return Person.objects.filter(current & of_them, is_active=True).distinct()


def people(ids: Iterable[UUID | None]) -> dict[UUID, Person]:
    """Return people by their keys."""
    return Person.objects.in_bulk({key for key in ids if key})


def person_named(username: str) -> Person | None:
    """Return whoever signs in by this name, if they still may."""
    return None if "\0" in username else Person.objects.filter(username=username, is_active=True).first()


def client_by_id(client_id: str) -> Client | None:
    """Return the client with this public id (RFC 6749 section 2.2)."""
    # PostgreSQL's texts hold no NUL, so that none has such an id.
    found = Client.objects.select_related("department").filter(client_id=client_id)
    return None if "\0" in client_id else found.first()


def client_key(client: Client, kid: str, at: dt.datetime) -> ClientKey | None:
    """Return the client's public key with this id, if it is in force at `at`."""
    current = Q(since__lte=at) & (Q(until__isnull=True) | Q(until__gt=at))
    return ClientKey.objects.filter(current, client=client, kid=kid).first()


def clients_of(departments: Iterable[str]) -> QuerySet[Client]:
    """Return the systems of these departments (codes), those in use first, with their keys."""
    found = Client.objects.filter(department__code__in=list(departments)).select_related("department")
    return found.prefetch_related("keys").order_by("-active", "department__code", "name", "id")


def catalogue_size() -> dict[str, int]:
    """Return how many departments, items, types and needs are in force."""
    items = Item.objects.filter(retired_at__isnull=True)
    return {
        "departments": departments().count(),
        "items": items.count(),
        "types": LicenceType.objects.filter(retired_at__isnull=True).count(),
        "needs": items.aggregate(n=Count("needs"))["n"],
    }
