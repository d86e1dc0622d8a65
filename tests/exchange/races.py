"""Played in a process and a database of its own, where transactions really commit: acts at the same instant.

Prints one JSON object with what each race left behind; test_races.py asserts about it.
"""

import datetime as dt
import json
import os
import sys
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from audit.errors import RecordUnavailable  # noqa: E402
from audit.models import Entry, Pending  # noqa: E402
from audit.recording import Subject, record  # noqa: E402
from exchange.applying import Choice, withdraw  # noqa: E402
from exchange.callers.replays import use_once  # noqa: E402
from exchange.deciding import approve  # noqa: E402
from exchange.models import Application  # noqa: E402
from exchange.rates.buckets import Limit as Rate  # noqa: E402
from exchange.rates.stores import TableStore  # noqa: E402
from foundation.clock import now  # noqa: E402
from foundation.context import PLATFORM  # noqa: E402
from foundation.reasons import Refused  # noqa: E402
from foundation.sealing import Ring  # noqa: E402
from licences.holders import change_number, open_number  # noqa: E402
from licences.keystore import make_key  # noqa: E402
from licences.models import (  # noqa: E402
    CertificateAuthority,
    Holder,
    HolderNumber,
    Licence,
    Representation,
    RevokedCredential,
    SigningKey,
)
from licences.operating import operate  # noqa: E402
from licences.queries import find_licences  # noqa: E402
from licences.recovering import report_compromised, resign_batch  # noqa: E402
from licences.representing import appoint, change_legal_representative  # noqa: E402
from licences.resealing import COLUMNS, reseal, still_needed  # noqa: E402
from licences.verification import verify_found  # noqa: E402
from portal.demonstration.numbers import company_code  # noqa: E402
from portal.limiting import Limit  # noqa: E402
from registry.defining import define_type, versions_of  # noqa: E402
from registry.forms import Form  # noqa: E402
from tests import factories as make  # noqa: E402

THREADS = 6


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads that start together; a refusal is its reason's code, any other fault its text."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return act()
        except Refused as refused:
            return refused.grounds.code
        except Exception as error:  # noqa: BLE001 - the race reports whatever happened
            return f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def submitting() -> dict[str, Any]:
    applicants = [make.citizen(n) for n in range(1, THREADS + 1)]
    numbers = at_once(*(lambda a=a: make.submitted(a, {}, "O1").number for a in applicants))
    entries = Entry.objects.filter(action="submit")
    return {"numbers": sorted(numbers), "entries": Counter(entries.values_list("outcome", flat=True))}


def issuing() -> dict[str, Any]:
    holder = make.company(50)
    return {"numbers": at_once(*(lambda: make.issued(make.REPORT, holder).number for _ in range(THREADS)))}


def approving() -> dict[str, Any]:
    application = make.submitted(make.citizen(20))
    clerks = [make.clerk("D"), make.clerk("D")]
    found = at_once(*(lambda c=c: str(approve(application, person=c).state) for c in clerks))
    entries = Entry.objects.filter(subject=application.number, action="approve")
    return {
        "answers": sorted(found),
        "results": Application.objects.get(pk=application.pk).results.count(),
        "entries": Counter(entries.values_list("outcome", flat=True)),
    }


def approving_and_withdrawing() -> dict[str, Any]:
    applicant, clerk = make.citizen(21), make.clerk("D")
    application = make.submitted(applicant)
    found = at_once(
        lambda: str(approve(application, person=clerk).state),
        lambda: str(withdraw(application, person=applicant.person).state),
    )
    application.refresh_from_db()
    return {"answers": sorted(found), "state": application.state, "results": application.results.count()}


def changing() -> dict[str, Any]:
    applicant, clerk = make.citizen(22), make.clerk("D")
    licence = make.issued(make.APPROVAL, applicant.company)
    pair = [make.submitted(applicant, {1: Choice(licence=licence.pk)}, "D3") for _ in range(2)]
    found = at_once(*(lambda a=a: str(approve(a, person=clerk).state) for a in pair))
    return {
        "answers": sorted(found),
        "versions": sorted(
            Licence.objects.filter(serial=licence.serial, licence_type=licence.licence_type).values_list(
                "version", flat=True
            )
        ),
    }


def resigning() -> dict[str, Any]:
    """Workers that sign anew what a compromised key had signed, all at the same time."""
    licences = [make.issued(make.SITE, make.company(60 + n)) for n in range(4 * THREADS)]
    key = licences[0].signing_key
    before = SigningKey.objects.filter(department=key.department).count()
    report_compromised(key.key_id, actor=PLATFORM, reason="测试")

    def work() -> int:
        done = 0
        while count := resign_batch(key, 3):
            done += count
        return done

    found = at_once(*[work] * THREADS)
    revoked = RevokedCredential.objects.filter(signing_key=key)
    return {
        "treated": sum(found),
        "left": Licence.objects.filter(signing_key=key).count(),
        "licences": revoked.values("licence").distinct().count(),
        "revoked": revoked.count(),
        "keys_made": SigningKey.objects.filter(department=key.department).count() - before,
        "entries": Entry.objects.filter(action="resign").count(),
    }


def certifying() -> dict[str, Any]:
    """Departments whose keys are made at once on a platform that has no root yet."""
    CertificateAuthority.objects.all().delete()
    departments = [make.department(code).pk for code in "DOLM"]
    keys = at_once(*(lambda d=d: make_key(department=d, actor=PLATFORM).chain[1] for d in departments))
    roots = [b64encode(bytes(root.certificate)).decode() for root in CertificateAuthority.objects.all()]
    return {"roots": len(roots), "agree": set(keys) == set(roots)}


def defining() -> dict[str, Any]:
    deed = make.licence_type(make.DEED)
    terms = [Form(validity={"months": months}) for months in range(1, THREADS + 1)]
    answers = at_once(*(lambda f=f: define_type(deed, f, actor=PLATFORM).number for f in terms))
    return {"numbers": sorted(answers, key=str), "months": sorted(v.validity["months"] for v in versions_of(deed))}


def counting() -> dict[str, Any]:
    """One address that asks more often than it may, from many sides at once."""
    at, limit = now(), Limit("race", most=2 * THREADS)

    def ask() -> list[int]:
        return [limit.wait("somebody", at) for _ in range(4)]

    waits = [wait for found in at_once(*[ask] * THREADS) for wait in found]
    return {"passed": waits.count(0), "waits": len(waits)}


def registering() -> dict[str, Any]:
    """The same holder at once, one number for two holders, and people who are to act for the same company."""
    holders = at_once(*[lambda: make.company(170).pk] * THREADS)
    pair = [make.company(171), make.company(172)]
    taken = at_once(*(lambda h=h: _numbered(h, company_code(173)) for h in pair))
    same = at_once(*[lambda: _numbered(pair[0], company_code(174))] * 2)
    company, person = make.company(175), make.person().pk
    acting = at_once(*[lambda: appoint(company, person=person, by=PLATFORM).kind] * 2)
    heads = [make.person().pk for _ in range(THREADS)]
    led = at_once(*(lambda h=h: change_legal_representative(company, person=h, actor=PLATFORM).kind for h in heads))
    current = Representation.objects.filter(holder=company, until__isnull=True)
    return {
        "holders": len(set(holders)),
        "taken": sorted(taken),
        "same": same,
        "numbers": HolderNumber.objects.filter(holder__in=pair).count(),
        "acting": sorted(acting),
        "led": set(led) == {"legal_representative"},
        "leading": [str(r.kind) for r in current],
    }


def _numbered(holder: Holder, number: str) -> str:
    change_number(holder, code_type="001", number=number, actor=PLATFORM, basis="变更")
    return "done"


def resealing() -> dict[str, Any]:
    """Rows are sealed anew by two runs while licences are suspended and resumed, and holders get new numbers."""
    licences = [make.issued(make.FORM, make.company(180 + n)) for n in range(THREADS)]
    ring = settings.SEALING_RING
    settings.SEALING_RING = Ring({"newest": os.urandom(32), **ring.keys})

    def serve(licence: Licence, number: str) -> str:
        for operation in ("suspend", "resume") * 3:
            operate(licence, operation, reason="测试", actor=PLATFORM)
        return _numbered(licence.holders.get(), number)

    def run() -> int:
        return sum(len(reseal(column)) for column in COLUMNS)

    acts = [lambda n=n, one=one: serve(one, company_code(190 + n)) for n, one in enumerate(licences)]
    answers = at_once(run, run, *acts)
    found = [find_licences(one.number, [one.licence_type_id]) for one in licences]
    return {
        "answers": Counter(map(str, answers)),
        "outcomes": Counter(verify_found(one, at=now()).outcome.label for one in found),
        "needed": still_needed(),
        "numbers": [open_number(one[0].holders.get()) == company_code(190 + n) for n, one in enumerate(found)],
    }


def once() -> dict[str, Any]:
    """Workers that are shown the same assertion at the same instant; and who take from the same bucket."""
    client, until = make.client("O")[0].pk, now() + dt.timedelta(minutes=1)
    used = at_once(*[lambda: use_once(client, "assertion", "the same", until=until)] * 8)
    take = [lambda: TableStore().take({"b": Rate(0.001, 5), "a": Rate(0.001, 20)}, least=1, wished=1).taken] * 12
    return {"used": sorted(used), "taken": sorted(at_once(*take))}


def recording() -> dict[str, Any]:
    """The rule of the record where there is no test's transaction around."""
    before = Entry.objects.count()
    try:
        record(action="verify", actor=PLATFORM, subject=Subject("licence"), outcome="valid")
        outside = "written"
    except RecordUnavailable as refused:
        outside = refused.grounds.code
    with transaction.atomic():
        record(action="verify", actor=PLATFORM, subject=Subject("licence"), outcome="valid")
        transaction.set_rollback(True)
    return {"outside": outside, "left": Entry.objects.count() - before}


def main() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    make.city()
    races = (
        submitting,
        issuing,
        approving,
        approving_and_withdrawing,
        changing,
        defining,
        resigning,
        certifying,
        counting,
        once,
        recording,
        registering,
        resealing,
    )
    found = {race.__name__: race() for race in races}
    entries = set(Entry.objects.values_list("pk", flat=True))
    found["queue"] = {"complete": entries == set(Pending.objects.values_list("entry", flat=True))}
    json.dump(found, sys.stdout, ensure_ascii=False)
    connection.close()


if __name__ == "__main__":
    main()
