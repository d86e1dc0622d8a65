"""The Python client of a department's system, against a running server: it issues, operates, and sends batches."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from licence_exchange_client import LicenceExchange, PrivateKey, Problem, connection
from portal.demonstration.numbers import company_code
from tests import backlog_files as paper

if TYPE_CHECKING:
    from tests.journeys.conftest import City

TYPE = "选址意见书"
HOLDER = {"name": "演示企业有限公司", "code_type": "001", "number": company_code(4242)}


@pytest.fixture
def system(city: "City") -> Iterator[LicenceExchange]:
    client = city.demonstration["client"]
    with LicenceExchange(
        city.address, client_id=client["id"], client_secret=client["secret"], scope="issue"
    ) as connected:
        yield connected


def test_a_licence_is_issued_and_revoked(system: LicenceExchange) -> None:
    licence = system.issue(TYPE, holders=[HOLDER], content={"projectName": "改造"})
    assert (licence["state"], licence["issuer"]["code"]) == ("valid", "O")
    assert system.operate(licence["identifier"], "revoke", reason="测试")["state"] == "revoked"
    with pytest.raises(Problem) as caught:
        system.operate(licence["identifier"], "resume", reason="测试")
    assert (caught.value.status, caught.value.reason) == (409, "operation_not_allowed")


def test_an_answer_that_is_lost_on_its_way_does_not_issue_twice(
    system: LicenceExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_FIRST_WAIT", 0)
    system.issue(TYPE, holders=[HOLDER])  # so that it has its token
    send, answers = system._http.send, []

    def lossy(*args: Any, **parts: Any) -> httpx.Response:
        answers.append(send(*args, **parts))
        if len(answers) < 3:
            raise httpx.ReadError("lost")
        return answers[-1]

    monkeypatch.setattr(system._http, "send", lossy)
    licence = system.issue(TYPE, holders=[HOLDER])
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert {answer.json()["identifier"] for answer in answers} == {licence["identifier"]}
    assert len({answer.request.headers["Idempotency-Key"] for answer in answers}) == 1
    assert system.issue(TYPE, holders=[HOLDER])["identifier"] != licence["identifier"]


def test_an_operation_is_not_sent_again_by_itself(system: LicenceExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    licence, sent = system.issue(TYPE, holders=[HOLDER]), []

    def lossy(*args: Any, **_: Any) -> httpx.Response:
        sent.append(args)
        raise httpx.ReadError("lost")

    monkeypatch.setattr(system._http, "send", lossy)
    with pytest.raises(httpx.ReadError):
        system.operate(licence["identifier"], "suspend", reason="测试")
    assert len(sent) == 1


@pytest.mark.usefixtures("jobs")
def test_a_batch_is_sent_and_issued_by_the_servers_jobs(system: LicenceExchange, tmp_path: Path) -> None:
    file = paper.csv_file(tmp_path / "backlog.csv", [paper.row(1), paper.row(2, 证照编号="")])
    batch = system.submit_batch(file, TYPE)
    assert system.submit_batch(file, TYPE)["id"] == batch["id"]
    for _ in range(120):
        found = system.batch(batch["id"])
        if found["state"] == "done":
            break
        time.sleep(0.5)
    assert (found["state"], found["issued"], found["failed"]) == ("done", 1, 1)
    (row,) = system.failed_rows(batch["id"])
    assert (row["row"], [fault["field"] for fault in row["faults"]]) == (3, ["number"])


def test_a_system_with_a_key_signs_in_and_signs_its_calls(city: "City", tmp_path: Path) -> None:
    key = PrivateKey.made()
    (tmp_path / "key.json").write_text(json.dumps(key.public()), "utf-8")
    client_id = city.manage("clients", "register", "O", "签名系统", "--must-sign").stdout.split()[1]
    assert city.manage("clients", "keys", client_id, "--add", str(tmp_path / "key.json")).returncode == 0
    values: dict[str, Any] = {"client_id": client_id, "key": key, "scope": "verify issue"}
    with LicenceExchange(city.address, sign_calls=True, **values) as signing:
        licence = signing.issue(TYPE, holders=[HOLDER])
        assert signing.operate(licence["identifier"], "revoke", reason="测试")["state"] == "revoked"
        assert signing.verify("1", item="O2", purpose="测试", case="1")["outcome"] == "not_found"
        assert "O2" in {item["code"] for item in signing.items(department="O")}
    with LicenceExchange(city.address, **values) as silent, pytest.raises(Problem) as caught:
        silent.verify("1", item="O2", purpose="测试", case="1")
    assert (caught.value.status, caught.value.reason) == (401, "signature_missing")
