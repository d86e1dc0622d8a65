"""What a request for an agreement says, and the one list of all that it lacks (order 809, articles 20 and 21)."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from exchange.agreed import READING
from exchange.agreements.errors import AgreementNotNeeded, NotRequestable, RequestIncomplete
from exchange.agreements.procedure import GIVING, ORDINARY_ENDS
from exchange.agreements.quotas import PER
from exchange.models import Agreement
from foundation.clock import LEGAL_ZONE, end_of_day, legal_day
from foundation.reasons import Both, Grounds, because
from licences.fields import FIELDS
from registry import queries as registry
from registry.defining import form_of
from registry.forms import field_titles
from registry.lineage import current_department, lineage

if TYPE_CHECKING:
    from registry.models import Department, Item, LicenceType

WAYS: Mapping[str, Both] = {
    "verify": Both("核验", "Verify"),
    READING: Both("查看字段", "Read fields"),
    "batch": Both("批量核验", "Verify many at once"),
}
NAMES: Mapping[str, Both] = {
    "item": Both("审批事项", "item"),
    "licence_type": Both("证照类型", "licence type"),
    "basis": Both("依据", "basis"),
    "scene": Both("使用场景", "scene"),
    "fields": Both("字段范围", "fields"),
    "ways": Both("使用方式", "ways of use"),
    "purpose": Both("用途", "purpose"),
    "last_day": Both("使用期限", "last day"),
    "quota": Both("限额", "quota"),
    "quota_per": Both("限额周期", "period of the quota"),
    "renews": Both("续期的协议", "agreement renewed"),
}
"""What a request says, in the words of its form."""
LONGEST: Mapping[str, int] = {"basis": 500, "scene": 1000, "purpose": 200}
MOST_QUOTA = 1_000_000_000
MOST_YEARS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, complete or not.

    `last_day` is the last legal day of use, `renews` the reference of an older agreement whose place it takes.
    `quota` accesses are wanted a day or in total (`quota_per`); none means no limit.
    """

    basis: str = ""
    scene: str = ""
    fields: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    purpose: str = ""
    last_day: dt.date | None = None
    quota: int | None = None
    quota_per: str = "day"
    cases_continue: bool = False
    renews: str = ""

    def digest(self, item: str, licence_type: str) -> str:
        """Return by what two requests are the same."""
        whole = [item, licence_type, asdict(self)]
        return hashlib.sha256(json.dumps(whole, default=str, sort_keys=True).encode()).hexdigest()


def fields_of(licence_type: "LicenceType", at: dt.datetime) -> dict[str, Both]:
    """Return the fields that may be asked for, with their names."""
    return {**FIELDS, **field_titles(form_of(licence_type, at))}


def check_requestable(department: "Department", item: "Item", licence_type: "LicenceType", at: dt.datetime) -> None:
    """Raise where there is nothing to agree on.

    The type is shared unconditionally, or not at all (with the legal basis), or is the department's own; or the item is
    another's, or does not need the type; or there is nobody who provides it.
    """
    if not registry.handles(department.code, item):
        raise NotRequestable(because("item_of_other_department", item=item.code, department=item.department.name))
    if not registry.is_handled(item, at):
        raise NotRequestable(because("item_not_in_force", item=item.code))
    needed = {t.pk for group in registry.need_groups(item) for t in group.types}
    if licence_type.pk not in needed:
        items = "、".join(i.code for i in registry.items_needing(licence_type, at)) or "—"
        raise NotRequestable(because("type_not_needed", item=item.code, type=licence_type.name, items=items))
    if licence_type.owner and licence_type.owner.code in lineage("department", department.code):
        raise AgreementNotNeeded(licence_type.name, Both("本单位的证照", "it is the department's own"))
    if licence_type.sharing_class == "unconditional":
        raise AgreementNotNeeded(licence_type.name, Both("无条件共享", "it is shared unconditionally"))
    if licence_type.sharing_class == "not_shared":
        raise NotRequestable(because("not_shared", type=licence_type.name, basis=licence_type.legal_basis))
    if licence_type.owner is None:
        raise NotRequestable(because("agreement_no_provider", type=licence_type.name))


def requestable(department: "Department", at: dt.datetime) -> "list[tuple[Item, LicenceType]]":
    """Return the conditional types of other departments that the department's items need: what it may ask for."""
    own = lineage("department", department.code)
    codes = {item.pk for item in registry.items_of([department.code], at)}
    pairs = [
        (item, wanted)
        for item, group in registry.declared_needs(at)
        if item.pk in codes
        for wanted in group.types
        if wanted.sharing_class == "conditional" and wanted.owner and wanted.owner.code not in own
    ]
    return list(dict.fromkeys(pairs))


def write(agreement: Agreement, asked: Asked) -> None:
    """Put what is asked for into the agreement, as far as its columns can hold it."""
    for name in LONGEST:
        setattr(agreement, name, getattr(asked, name).strip()[: LONGEST[name]])
    agreement.fields, agreement.ways = list(asked.fields), list(asked.ways)
    agreement.until = end_of_day(asked.last_day) if asked.last_day else None
    agreement.quota = asked.quota if asked.quota and 0 < asked.quota <= MOST_QUOTA else None
    agreement.quota_per = asked.quota_per if asked.quota_per in PER else PER[0]
    agreement.cases_continue = asked.cases_continue
    agreement.renews = _renewed(agreement, asked.renews)


def _renewed(agreement: Agreement, reference: str) -> Agreement | None:
    """Return the agreement of this department, item and type, in force or ended as agreed, that is to be renewed."""
    return Agreement.objects.filter(
        reference=reference,
        department__code__in=lineage("department", current_department(agreement.department).code),
        item__code__in=lineage("item", agreement.item.code),
        licence_type__name_zh__in=lineage("licence_type", agreement.licence_type.name_zh),
        state__in=[*GIVING, *ORDINARY_ENDS],
    ).first()


def asked_of(agreement: Agreement) -> Asked:
    """Return what a draft asks for."""
    return Asked(
        basis=agreement.basis,
        scene=agreement.scene,
        fields=tuple(agreement.fields),
        ways=tuple(agreement.ways),
        purpose=agreement.purpose,
        last_day=last_day(agreement),
        quota=agreement.quota,
        quota_per=agreement.quota_per,
        cases_continue=agreement.cases_continue,
        renews=agreement.renews.reference if agreement.renews else "",
    )


def last_day(agreement: Agreement) -> dt.date | None:
    """Return the last legal day on which an agreement is in force."""
    return legal_day(agreement.until - dt.timedelta(microseconds=1)) if agreement.until else None


def faults_of(asked: Asked, known: Mapping[str, Both], at: dt.datetime) -> dict[str, Grounds]:
    """Return all that a request lacks or says wrongly; `known` are the fields that the type has."""
    required = because("field_required")
    faults = {name: required for name in ("basis", "scene", "purpose") if not getattr(asked, name).strip()}
    faults |= {name: required for name in ("fields", "ways") if not getattr(asked, name)}
    faults |= {
        name: because("text_too_long", count=str(most))
        for name, most in LONGEST.items()
        if len(getattr(asked, name).strip()) > most
    }
    unknown = [name for name in asked.fields if name not in known]
    if unknown:
        names = ", ".join(unknown)[:200]
        faults["fields"] = because(
            "field_invalid", why=Both(f"该类型没有 {names}", f"names what the type lacks: {names}")
        )
    if [way for way in asked.ways if way not in WAYS]:
        faults["ways"] = because("field_invalid", why=Both("不在可选范围内", "is none of the choices"))
    return faults | _faults_of_time(asked, at) | _faults_of_quota(asked)


def _faults_of_time(asked: Asked, at: dt.datetime) -> dict[str, Grounds]:
    if asked.last_day is None:
        return {"last_day": because("field_required")}
    if asked.last_day <= legal_day(at):
        return {"last_day": because("expiry_not_future")}
    if asked.last_day.year > at.astimezone(LEGAL_ZONE).year + MOST_YEARS:
        why = Both(f"不得超过{MOST_YEARS}年", f"lies more than {MOST_YEARS} years ahead")
        return {"last_day": because("field_invalid", why=why)}
    return {}


def _faults_of_quota(asked: Asked) -> dict[str, Grounds]:
    faults = {}
    if asked.quota is not None and not 0 < asked.quota <= MOST_QUOTA:
        why = Both(f"应为1至{MOST_QUOTA}", f"must lie between 1 and {MOST_QUOTA}")
        faults["quota"] = because("field_invalid", why=why)
    if asked.quota_per not in PER:
        faults["quota_per"] = because("field_invalid", why=Both("不在可选范围内", "is none of the choices"))
    return faults


def check_complete(agreement: Agreement, asked: Asked, at: dt.datetime) -> None:
    """Raise `RequestIncomplete` with one list of everything that the request lacks or says wrongly."""
    faults = faults_of(asked, fields_of(agreement.licence_type, at), at)
    if asked.renews and agreement.renews is None:
        why = Both("不是本部门可续期的协议", "names no agreement of yours that can be renewed")
        faults["renews"] = because("field_invalid", why=why)
    if faults:
        raise RequestIncomplete(agreement.reference, [NAMES[name] for name in faults], faults)
