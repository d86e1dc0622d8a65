"""Filling an empty platform with the reference city: its catalogue, keys, synthetic holders, licences and accounts."""

import datetime as dt
import json
import os
import random
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from tqdm import tqdm

from exchange.agreeing import conclude_agreement
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences.holders import IDENTITY_NUMBER, USCC, register_holder
from licences.issuing import Draft, issue_licence
from licences.keystore import make_key
from licences.operating import operate
from licences.representing import represent
from portal.demonstration.numbers import company_code, identity_number
from registry import queries as registry
from registry.catalogue import read_catalogue
from registry.enrolling import enrol_person, grant_role, register_client
from registry.importing import import_catalogue
from registry.type_files import load_forms
from scenarios.loading import load_scenarios

if TYPE_CHECKING:
    from licences.models import Holder, Licence
    from registry.models import LicenceType

CATALOGUE = settings.BASE_DIR / "data" / "chengdu-2017"
SEED = 20171110
# First and last day of a licence where the type's own rule is not to decide.
_Term = tuple[dt.date | None, dt.date | None]
_OPEN: _Term = (None, None)
PEOPLE, COMPANIES, LICENCES = 120, 180, 1000
# The study's own example (section 2.1): the item, and the department whose item needs what it yields.
ITEM, CLERKS_DEPARTMENT, NEXT_ITEM, NEXT_DEPARTMENT = "D2", "D", "O2", "O"
_PEOPLE = (("citizen", "演示市民"), ("clerk", "演示经办人"), ("head", "演示负责人"), ("administrator", "演示管理员"))


@dataclass(slots=True)
class Demonstration:
    """The accounts, and the specimens that show each answer: kept beside the database, readable by its owner only."""

    accounts: dict[str, dict[str, str]] = field(default_factory=dict)
    client: dict[str, str] = field(default_factory=dict)
    specimens: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def path() -> Path:
        """Where it is kept."""
        return Path(settings.DATA_DIR) / "demonstration.json"

    def save(self) -> None:
        """Write it for the owner alone."""
        descriptor = os.open(self.path(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False, indent=1)

    @classmethod
    def load(cls) -> "Demonstration | None":
        """Return what was kept, or nothing where there is no demonstration."""
        try:
            return cls(**json.loads(cls.path().read_text("utf-8")))
        except FileNotFoundError:
            return None


def fill(*, progress: bool = True) -> Demonstration:
    """Fill an empty platform in one transaction, so that a stop in the middle leaves it empty."""
    demonstration, chance = Demonstration(), random.Random(SEED)  # noqa: S311 - the same city every time
    with transaction.atomic():
        import_catalogue(read_catalogue(CATALOGUE), actor=PLATFORM)
        load_forms(CATALOGUE / "types", actor=PLATFORM)
        load_scenarios(CATALOGUE, actor=PLATFORM)
        for department in registry.departments():
            make_key(department=department.pk, actor=PLATFORM)
        company = _accounts(demonstration)
        _specimens(demonstration, company)
        _licences(chance, LICENCES - len(demonstration.specimens), progress=progress)
        _agreement()
    demonstration.save()
    return demonstration


def _account(demonstration: Demonstration, username: str, name: str) -> dict[str, str]:
    account = {"username": username, "password": secrets.token_urlsafe(9), "name": name}
    demonstration.accounts[username] = account
    return account


def _accounts(demonstration: Demonstration) -> "Holder":
    """Make the accounts and the client; return the company that the citizen acts for."""
    people = {
        username: enrol_person(actor=PLATFORM, **_account(demonstration, username, name)) for username, name in _PEOPLE
    }
    clerks = registry.department_by_code(CLERKS_DEPARTMENT)
    grant_role(person=people["clerk"], role="clerk", department=clerks, actor=PLATFORM)
    grant_role(person=people["head"], role="department_head", department=clerks, actor=PLATFORM)
    grant_role(person=people["administrator"], role="data_authority", department=None, actor=PLATFORM)
    citizen = register_holder(name="演示市民", code_type=IDENTITY_NUMBER, number=identity_number(0), actor=PLATFORM)
    company = register_holder(name="演示精密机械有限公司", code_type=USCC, number=company_code(0), actor=PLATFORM)
    represent(person=people["citizen"].pk, holder=citizen, kind="self", actor=PLATFORM)
    represent(person=people["citizen"].pk, holder=company, kind="company", actor=PLATFORM)
    next_department = registry.department_by_code(NEXT_DEPARTMENT)
    if next_department:
        name = f"{next_department.name_zh}业务系统"
        client, secret = register_client(name=name, department=next_department, actor=PLATFORM)
        demonstration.client = {"id": str(client.client_id), "secret": secret, "department": NEXT_DEPARTMENT}
    return company


def _issue(name: str, holder: "Holder", *, days_ago: int = 30, project: str = "", term: _Term = _OPEN) -> "Licence":
    licence_type = registry.types_named(name)[0]
    return _issue_type(licence_type, holder, days_ago=days_ago, project=project, term=term)


def _issue_type(
    licence_type: "LicenceType", holder: "Holder", *, days_ago: int, project: str = "", term: _Term = _OPEN
) -> "Licence":
    owner = licence_type.owner
    if owner is None:
        raise ValueError(f"{licence_type} has no owner")
    at = now() - dt.timedelta(days=days_ago)
    content = {"projectName": project} if project else {}
    draft = Draft(
        licence_type=licence_type,
        issuer=owner,
        holders=[holder],
        content=content,
        valid_from=term[0],
        valid_until=term[1],
    )
    return issue_licence(draft, actor=PLATFORM, at=at)


def _specimens(demonstration: Demonstration, company: "Holder") -> None:
    """Issue the licences of the citizen's company: those that the example needs, and one for each refusal."""
    project = "精密数控机床生产线技术改造项目"
    today = legal_day(now())
    issued = {
        "site": _issue("选址意见书", company, project=project),
        "land": _issue("用地预审意见", company, days_ago=24, project=project),
        "environment": _issue("环境影响报告书审查批复", company, days_ago=15, project=project),
        "expired": _issue(
            "选址意见书",
            company,
            days_ago=900,
            term=(today - dt.timedelta(days=900), today - dt.timedelta(days=170)),
        ),
        "suspended": _issue("用地预审意见", company, days_ago=400),
        "revoked": _issue("环境影响报告表审查批复", company, days_ago=300),
        "tampered": _issue("环境影响报告书审查批复", company, days_ago=200),
        "outside_needs": _issue("不动产权证书", company, days_ago=600),
    }
    operate(issued["suspended"], "suspend", reason="用地范围复核", actor=PLATFORM)
    operate(issued["revoked"], "revoke", reason="环评文件存在重大质量问题", actor=PLATFORM)
    _tamper(issued["tampered"])
    demonstration.specimens = {name: licence.number for name, licence in issued.items()}


def _tamper(licence: "Licence") -> None:
    """Change one character of a credential behind the platform's back, as an intruder in the database would."""
    header, payload, signature = licence.credential.split(".")
    changed = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE licences_licence SET credential = %s WHERE identifier = %s",
            [f"{header}.{changed}.{signature}", licence.identifier],
        )


def _licences(chance: random.Random, count: int, *, progress: bool) -> None:
    """Issue licences of all types to synthetic holders over the last four years; a few are no longer in force."""
    people = [
        register_holder(name=f"演示市民{n:03}", code_type=IDENTITY_NUMBER, number=identity_number(n), actor=PLATFORM)
        for n in range(1, PEOPLE + 1)
    ]
    companies = [
        register_holder(name=f"演示企业{n:03}有限公司", code_type=USCC, number=company_code(n), actor=PLATFORM)
        for n in range(1, COMPANIES + 1)
    ]
    holders = {"person": people, "organisation": companies, "any": people + companies}
    types = list(registry.issuable_types())
    for _ in tqdm(range(count), desc="Issuing licences", unit="", disable=not progress or None):
        licence_type = chance.choice(types)
        holder = chance.choice(holders[licence_type.holder_kind])
        days_ago = chance.randint(1, 1460)
        start = legal_day(now()) - dt.timedelta(days=days_ago)
        licence = _issue_type(licence_type, holder, days_ago=days_ago, term=(start, None))
        fate = chance.random()
        if fate < 0.02:
            operate(licence, "suspend", reason="年度核查中", actor=PLATFORM)
        elif fate < 0.04:
            operate(licence, "cancel", reason="持证人申请注销", actor=PLATFORM)


def _agreement() -> None:
    department, item = registry.department_by_code(NEXT_DEPARTMENT), registry.item_by_code("O3")
    (wanted,) = registry.types_named("不动产权证书(土地)")
    if department and item:
        conclude_agreement(
            reference="2026-001",
            department=department,
            item=item,
            licence_type=wanted,
            fields=["certificateNumber", "certificateHolderName", "certificateEffectiveDate"],
            since=now(),
            until=now() + dt.timedelta(days=365),
            actor=PLATFORM,
        )
