"""Things at a state, made through the real acts: a small city, its people, its licences, its applications."""

import csv
import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from rest_framework.test import APIClient

from audit.models import Entry
from exchange.agreeing import conclude_agreement
from exchange.applying import Choice, submit
from exchange.asking import Ask, Standing, standing_of_client
from exchange.authorising.granting import Grant, grant
from exchange.models import Agreement, Application, Authorisation
from foundation.clock import legal_day, now
from foundation.codes import identity_check_character
from foundation.context import PLATFORM
from licences.authenticity import authenticate
from licences.holders import IDENTITY_NUMBER, USCC, register_holder
from licences.issuing import Draft, issue_licence
from licences.keystore import make_key
from licences.models import Holder, Licence
from licences.operating import operate
from licences.representing import OF_AGE, represent
from licences.storing import authenticated
from portal.demonstration.numbers import company_code, identity_number
from registry.catalogue import Catalogue, read_catalogue
from registry.enrolling import enrol_person, grant_role, register_client
from registry.importing import import_catalogue
from registry.models import Client, Department, Item, LicenceType, Person
from registry.sheets import columns_of

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "chengdu-2017"

SITE, LAND, REPORT, FORM = "选址意见书", "用地预审意见", "环境影响报告书审查批复", "环境影响报告表审查批复"
ENVIRONMENT = "环境影响评价审批证照文件"  # an alias of REPORT and FORM
APPROVAL, STUDY, PERMIT = "技术改造项目核准批复", "可行性研究报告批复", "建设用地规划许可证"
DEED, EXPLOSIVES, PAWN = "不动产权证书", "爆破作业单位许可证", "典当经营许可证"

Rows = Sequence[Mapping[str, str]]


def _item(code: str, zh: str, department: str, results: str, needs: str = "", kind: str = "new") -> dict[str, str]:
    return {
        "code": code, "name_zh": zh, "name_en": f"Item {code}", "department_code": department, "kind": kind,
        "result_licences": results, "prerequisite_licences": needs, "origin": "test",
    }  # fmt: skip


def _type(name: str, en: str, sharing: str = "unconditional", **values: str) -> dict[str, str]:
    conditions = "限审批所需字段" if sharing == "conditional" else ""
    row = {"name": name, "name_en": en, "sharing_class": sharing, "holder_kind": "any"}
    return {**row, "sharing_conditions_zh": conditions, **values}


def sheets() -> dict[str, list[dict[str, str]]]:
    """Return the small city's catalogue as rows, to be changed freely."""
    return {
        "departments": [
            {"code": c, "name_zh": zh, "name_en": en, "level": "city", "uscc": uscc}
            for c, zh, en, uscc in (
                ("D", "经信委", "Economy Commission", "11510100LX0000046C"),
                ("O", "规划局", "Planning Bureau", company_code(900)),
                ("L", "国土局", "Land Bureau", company_code(901)),
                ("M", "环保局", "Environment Bureau", company_code(902)),
            )
        ],
        "items": [
            _item("O1", "建设项目选址审批", "O", SITE),
            _item("L1", "建设项目用地预审", "L", LAND, SITE),
            _item("M1", "环境影响报告书审批", "M", REPORT, SITE),
            _item("M2", "环境影响报告表审批", "M", FORM, SITE),
            _item("D2", "技术改造项目核准", "D", APPROVAL, f"{SITE};{LAND};{ENVIRONMENT}"),
            _item("D3", "技术改造项目变更", "D", APPROVAL, APPROVAL, "change"),
            _item("D4", "可行性研究报告审批", "D", STUDY),
            _item("O2", "建设用地规划许可", "O", PERMIT, f"{APPROVAL}|{STUDY};{LAND}"),
            _item("O3", "建设工程规划许可", "O", "建设工程规划许可证", DEED),
            _item("O4", "爆破项目规划审查", "O", "爆破项目规划意见", EXPLOSIVES),
            _item("O5", "典当行选址审查", "O", "典当行选址意见", PAWN),
            _item("L2", "不动产登记", "L", DEED),
            _item("M4", "爆破作业单位许可", "M", EXPLOSIVES),
        ],
        "external_licences": [{"name": PAWN, "level": "provincial", "department": "U"}],
        "aliases": [{"alias": ENVIRONMENT, "name": REPORT}, {"alias": ENVIRONMENT, "name": FORM}],
        "licence_types": [
            _type(SITE, "Site opinion", validity_months="24"),
            _type(LAND, "Land opinion", validity_months="36"),
            _type(REPORT, "Reply on the impact report"),
            _type(FORM, "Reply on the impact form"),
            _type(APPROVAL, "Approval of the project"),
            _type(STUDY, "Reply on the study"),
            _type(PERMIT, "Planning permit"),
            _type(DEED, "Real estate certificate", "conditional"),
            _type(
                EXPLOSIVES, "Blasting licence", "not_shared", legal_basis_zh="民用爆炸物品安全管理条例",
                legal_basis_en="Explosives regulations",
            ),
            _type(PAWN, "Pawnshop licence"),
        ],
    }  # fmt: skip


def write_catalogue(folder: Path, rows: Mapping[str, Rows]) -> Path:
    """Write sheets as the CSV files of a catalogue and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for sheet, lines in rows.items():
        with (folder / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns_of(sheet), restval="")
            writer.writeheader()
            writer.writerows(lines)
    return folder


@lru_cache(maxsize=1)
def _small() -> Catalogue:
    with tempfile.TemporaryDirectory() as folder:
        return read_catalogue(write_catalogue(Path(folder), sheets()))


def city(*, keys: str = "DOLM") -> None:
    """Load the small catalogue, and make signing keys for the departments in `keys`."""
    import_catalogue(_small(), actor=PLATFORM)
    for code in keys:
        keyed(department(code))


def keyed(of: Department) -> Department:
    """Make a signing key for the department and return it."""
    make_key(department=of.pk, actor=PLATFORM)
    return of


def department(code: str) -> Department:
    return Department.objects.get(code=code)


def item(code: str) -> Item:
    return Item.objects.select_related("department").get(code=code)


def licence_type(name: str) -> LicenceType:
    return LicenceType.objects.select_related("owner").get(name_zh=name)


# --- Holders and people ------------------------------------------------------------------------------------------


def company(serial: int = 1, name: str = "") -> Holder:
    return register_holder(
        name=name or f"演示企业{serial}有限公司", code_type=USCC, number=company_code(serial), actor=PLATFORM
    )


def someone(serial: int = 1, name: str = "张三丰") -> Holder:
    return register_holder(name=name, code_type=IDENTITY_NUMBER, number=identity_number(serial), actor=PLATFORM)


def child(*, days_left: int) -> Holder:
    """Register a child who comes of age in so many days."""
    today = legal_day(now()) + dt.timedelta(days=days_left)
    first17 = f"990000{today.year - OF_AGE}{today:%m%d}001"
    number = first17 + identity_check_character(first17)
    return register_holder(name="小明", code_type=IDENTITY_NUMBER, number=number, actor=PLATFORM)


_serial = count(1)


def person(name: str = "某人") -> Person:
    return enrol_person(username=f"person{next(_serial)}", password="a password of tests", name=name, actor=PLATFORM)


@dataclass(frozen=True)
class Citizen:
    person: Person
    own: Holder
    company: Holder


def citizen(serial: int = 1) -> Citizen:
    """Enrol a citizen who acts for themselves and for a company."""
    made = Citizen(person("市民"), someone(serial), company(serial))
    represent(person=made.person.pk, holder=made.own, kind="self", actor=PLATFORM)
    represent(person=made.person.pk, holder=made.company, kind="company", actor=PLATFORM)
    return made


def clerk(code: str = "D", role: str = "clerk", **values: Any) -> Person:
    made = person(f"{code}经办人")
    grant_role(person=made, role=role, department=department(code), actor=PLATFORM, **values)
    return made


def client(code: str = "O") -> tuple[Client, str]:
    return register_client(name=f"{code}业务系统", department=department(code), actor=PLATFORM)


def standing(code: str = "O", operator: str = "李经办") -> Standing:
    """Return the standing of a department's system, with a person behind it."""
    return standing_of_client(client(code)[0], operator=operator)


def token(made: Client, secret: str, scope: str = "verify disclose") -> str:
    """Get an access token as a client does."""
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": secret, "scope": scope}
    answer = Browser().post("/oauth/token/", form)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def api(code: str = "O", scope: str = "verify disclose") -> APIClient:
    """Return a caller of the API with the token of a department's client."""
    caller = APIClient(raise_request_exception=False)
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token(*client(code), scope)}")
    return caller


# --- Licences ----------------------------------------------------------------------------------------------------


def issued(name: str = LAND, holder: Holder | None = None, *, at: dt.datetime | None = None, **values: Any) -> Licence:
    """Issue a licence of the type by its owner."""
    wanted = licence_type(name)
    assert wanted.owner
    draft = Draft(**{"licence_type": wanted, "issuer": wanted.owner, "holders": [holder or company()], **values})
    return issue_licence(draft, actor=PLATFORM, at=at)


def operated(operation: str, name: str = LAND, holder: Holder | None = None, **values: Any) -> Licence:
    """Issue a licence and carry out an operation on it."""
    return operate(issued(name, holder, **values), operation, reason="测试", actor=PLATFORM)


def expired(name: str = LAND, holder: Holder | None = None) -> Licence:
    """Issue a licence whose term has ended, and which no periodic task has marked yet."""
    today = legal_day(now())
    start, end = today - dt.timedelta(days=400), today - dt.timedelta(days=1)
    return issued(name, holder, at=now() - dt.timedelta(days=400), valid_from=start, valid_until=end)


def edit(row: Any, **values: Any) -> None:
    """Change a row behind the platform's back, as an intruder in the database would."""
    assert type(row)._default_manager.filter(pk=row.pk).update(**values) == 1


def rewrite(licence: Licence, **values: Any) -> None:
    """Change a licence with its MAC, as if the platform itself had written it so."""
    for name, value in values.items():
        setattr(licence, name, value)
    licence.mac_key, licence.mac = authenticate(authenticated(licence), settings.SEALING_RING)
    edit(licence, mac_key=licence.mac_key, mac=licence.mac, **values)


def of_old_form(licence: Licence) -> Licence:
    """Give a licence the MAC of form 1, as those have that were issued before there was another."""
    licence.mac_form = 1
    licence.mac_key, licence.mac = authenticate(authenticated(licence), settings.SEALING_RING)
    edit(licence, mac_form=1, mac=licence.mac)
    return licence


def tampered(name: str = LAND, holder: Holder | None = None) -> Licence:
    """Issue a licence and change one character of its credential in the database."""
    licence = issued(name, holder)
    header, payload, signature = licence.credential.split(".")
    changed = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    edit(licence, credential=f"{header}.{changed}.{signature}")
    return licence


# --- Rights and applications -------------------------------------------------------------------------------------


def agreement(
    *, department_code: str = "O", item_code: str = "O3", name: str = DEED, fields: Sequence[str] = (), **values: Any
) -> Agreement:
    """Conclude an agreement in force for an hour already."""
    return conclude_agreement(
        **{
            "reference": f"T-{next(_serial)}",
            "department": department(department_code),
            "item": item(item_code),
            "licence_type": licence_type(name),
            "fields": list(fields) or ["certificateNumber"],
            "since": now() - dt.timedelta(hours=1),
            "until": None,
            "actor": PLATFORM,
            **values,
        }
    )


def authorisation(
    holder: Holder,
    granted_by: Person,
    *,
    code: str = "O",
    item_code: str = "O3",
    name: str = DEED,
    at: dt.datetime | None = None,
    **values: Any,
) -> Authorisation:
    """Grant a holder's consent for a month."""
    usual = {"purpose": "规划许可", "until": legal_day(at or now()) + dt.timedelta(days=30)}
    of_type = licence_type(name) if name else None
    given = {"department": department(code), "item": item(item_code), "licence_type": of_type}
    return grant(Grant(**{**given, **usual, **values}), person=granted_by, holder=holder.pk, at=at)


def ask(text: str, item_code: str = "O2", **values: str) -> Ask:
    return Ask(**{"text": text, "item": item_code, "purpose": "规划许可", **values})


def wallet_for_d2(holder: Holder) -> dict[int, Choice]:
    """Issue what D2 needs and return the choices that name it."""
    return {
        number: Choice(licence=issued(name, holder).pk) for number, name in enumerate((SITE, LAND, REPORT), start=1)
    }


def submitted(
    applicant: Citizen | None = None, choices: Mapping[int, Choice] | None = None, code: str = "D2"
) -> Application:
    """Submit an application for the citizen's company, by references that all hold unless `choices` are given."""
    applicant = applicant or citizen()
    return submit(
        person=applicant.person,
        item=item(code),
        holder=applicant.company.pk,
        choices=wallet_for_d2(applicant.company) if choices is None else choices,
        project="数控机床改造",
    )


# --- The record --------------------------------------------------------------------------------------------------


@contextmanager
def recorded() -> Iterator[list[Entry]]:
    """Collect the entries that the block writes, in their order."""
    before = set(Entry.objects.values_list("pk", flat=True))
    written: list[Entry] = []
    yield written
    written += Entry.objects.exclude(pk__in=before).order_by("id")


def every_byte() -> bytes:
    """Return all values of all tables, as the database would hand them to a thief."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                found += [bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row]
    return b"\n".join(found)
