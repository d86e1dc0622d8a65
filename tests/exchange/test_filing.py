"""The file of a decided case: frozen with the decision, complete with its receipts, the same bytes for ever."""

import hashlib
import io
import json
import zipfile

import pytest

from audit.errors import NotSequencedYet
from audit.sequencing import keep_up
from exchange.applications.accepting import accept
from exchange.applications.errors import FileNotMade
from exchange.applications.filing import complete_files, take_file
from exchange.applications.papering import fall_back
from exchange.applying import Choice
from exchange.deciding import approve, refuse
from exchange.models import Application, CaseFile
from foundation.context import PLATFORM, Actor
from licences.operating import operate
from tests import factories as make

pytestmark = pytest.mark.django_db
READER = Actor(department="D", role="clerk")


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _decided() -> Application:
    return approve(make.submitted(), person=make.clerk("D"))


def _taken(application: Application) -> tuple[bytes, dict[str, bytes]]:
    content = take_file(application, actor=READER)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return content, {name: archive.read(name) for name in archive.namelist()}


def test_the_file_holds_licences_status_record_and_a_receipt_of_each_entry() -> None:
    application = _decided()
    keep_up()
    _, members = _taken(application)
    case = json.loads(members["case.json"])
    assert [(n["need"], n["way"]["code"], n["outcome"], n["licence"]["state"]) for n in case["needs"]] == [
        (number, "reference", "valid", "valid") for number in (1, 2, 3)
    ]
    assert case["results"][0]["number"] == application.results.get().number
    assert case["case"]["state"]["code"] == "issued"
    actions = [json.loads(e["leaf"])["action"] for e in case["entries"]]
    assert (actions[0], actions[-1], actions.count("verify")) == ("submit", "approve", 6)
    for entry in case["entries"]:
        assert members[f"entries/{entry['id']}.json"] == entry["leaf"].encode()
        assert members[f"receipts/{entry['id']}.tlog-proof"].startswith(b"c2sp.org/tlog-proof@v1\n")


def test_the_manifest_names_the_hash_of_every_member() -> None:
    application = _decided()
    keep_up()
    _, members = _taken(application)
    lines = members.pop("SHA256SUMS").decode().splitlines()
    assert lines == [f"{hashlib.sha256(members[name]).hexdigest()}  {name}" for name in sorted(members)]


def test_whatever_happens_later_the_bytes_stay_the_same() -> None:
    application = _decided()
    keep_up()
    first, _ = _taken(application)
    revoked = application.references.get(need_group=1).licence
    assert revoked
    operate(revoked, "revoke", reason="测试", actor=PLATFORM)
    keep_up()
    complete_files()
    again, members = _taken(application)
    assert again == first
    assert json.loads(members["case.json"])["needs"][0]["licence"]["state"] == "valid"


def test_nobodys_number_stands_in_the_file() -> None:
    applicant = make.citizen()
    application = approve(make.submitted(applicant), person=make.clerk("D"))
    keep_up()
    content, _ = _taken(application)
    assert make.company_code(1).encode() not in content


def test_a_refusal_has_its_file_too_with_reason_cause_for_paper_and_remedies() -> None:
    applicant, clerk = make.citizen(), make.clerk("D")
    choices = make.wallet_for_d2(applicant.company) | {2: Choice(number="旧字第1号")}
    application = make.submitted(applicant, choices)
    fall_back(application, need=2, cause="not_connected", person=clerk)
    accept(application, by=clerk)
    refuse(application, person=clerk, reason="选址不符")
    case = json.loads(CaseFile.objects.get().content)
    assert (case["case"]["reason"], "行政复议" in case["case"]["remedies"]["zh"]) == ("选址不符", True)
    assert case["needs"][1]["cause_for_paper"] == {"proposed": "not_collected", "confirmed": "not_connected"}


def test_before_a_decision_there_is_no_file_and_before_the_tree_covers_it_no_receipts() -> None:
    application = make.submitted()
    with pytest.raises(FileNotMade):
        take_file(application, actor=READER)
    approve(application, person=make.clerk("D"))
    with pytest.raises(NotSequencedYet):
        take_file(application, actor=READER)
    assert complete_files() == 0
    keep_up()
    assert [complete_files(), complete_files()] == [1, 0]


def test_who_takes_the_file_stands_in_the_record() -> None:
    application = _decided()
    keep_up()
    with make.recorded() as entries:
        take_file(application, actor=READER)
    (entry,) = entries
    assert (entry.action, entry.subject, entry.fields) == (
        "take_case_file", application.number, [CaseFile.objects.get().digest],
    )  # fmt: skip
