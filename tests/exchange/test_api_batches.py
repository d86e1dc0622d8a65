"""Batches of backlog licences by the API: sent, followed, stopped, retried."""

import io
import zipfile
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from audit.models import Entry
from exchange.api import batches as calls
from foundation.clock import now
from licences import backlog
from licences.models import Batch, BatchChunk, Licence
from licences.tasks import issue_batches
from portal.demonstration.numbers import company_code
from tests import backlog_files as paper
from tests import factories as make

pytestmark = pytest.mark.django_db

URL = "/api/v1/batches/"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("L", "issue")


def send(caller: APIClient, content: bytes, name: str = "存量.csv", licence_type: str = make.LAND) -> Any:
    file = SimpleUploadedFile(name, content)
    return caller.post(URL, {"file": file, "licence_type": licence_type}, format="multipart")


def sent(caller: APIClient, lines: list[dict[str, str]]) -> str:
    answer = send(caller, paper.csv_bytes(lines))
    assert answer.status_code == 202, answer.content
    return str(answer.json()["id"])


def progress(caller: APIClient, key: str) -> tuple[str, int, int, int, int]:
    body = caller.get(f"{URL}{key}/").json()
    return body["state"], body["rows"], body["issued"], body["failed"], body["waiting"]


def rows(caller: APIClient, key: str, **query: Any) -> Any:
    return caller.get(f"{URL}{key}/rows/", query)


def problem(answer: Any, status: int, reason: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["reason"] == reason
    assert body["explanation"]["zh"]
    assert body["explanation"]["en"]
    return body


def wrong_code(code: str) -> str:
    return code[:17] + ("0" if code[17] != "0" else "1")


def test_reading_the_rows_of_a_batch_leaves_an_entry(caller: APIClient) -> None:
    key = sent(caller, [paper.row(1)])
    with make.recorded() as entries:
        assert rows(caller, key, state="waiting").status_code == 200
    (entry,) = entries
    assert (entry.action, entry.subject, entry.actor_department) == ("open_batch", key, "L")
    assert entry.licence_type == make.licence_type(make.LAND).code


# --- Sending -----------------------------------------------------------------------------------------------------


def test_a_file_is_taken_in_at_once_and_issued_by_jobs(caller: APIClient) -> None:
    answer = send(caller, paper.csv_bytes(paper.rows(3)))
    assert answer.status_code == 202
    body = answer.json()
    assert answer["Location"] == f"{URL}{body['id']}/"
    assert (body["name"], body["licence_type"]["name"]["zh"]) == ("存量.csv", make.LAND)
    assert (body["state"], body["rows"], body["waiting"], body["issued"]) == ("issuing", 3, 3, 0)
    assert issue_batches() == 3
    assert progress(caller, body["id"]) == ("done", 3, 3, 0, 0)
    assert set(Licence.objects.values_list("number", flat=True)) == {line["证照编号"] for line in paper.rows(3)}


def test_a_workbook_is_taken_in_too(caller: APIClient) -> None:
    answer = send(caller, paper.xlsx_bytes(paper.rows(2)), "存量.xlsx")
    assert answer.status_code == 202, answer.content
    issue_batches()
    assert progress(caller, answer.json()["id"]) == ("done", 2, 2, 0, 0)


def test_the_same_file_again_is_the_same_batch(caller: APIClient) -> None:
    content = paper.csv_bytes(paper.rows(2))
    first, second = send(caller, content), send(caller, content, "renamed.csv")
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json()
    issue_batches()
    third = send(caller, content)
    assert (third.status_code, third.json()["issued"]) == (200, 2)
    assert issue_batches() == 0
    assert Licence.objects.count() == 2


def test_taking_in_is_recorded_as_the_clients_act_and_each_licence_names_its_batch(caller: APIClient) -> None:
    with make.recorded() as entries:
        key = sent(caller, paper.rows(1))
        issue_batches()
    (taken,) = (e for e in entries if e.action == "take_in_batch")
    assert (taken.subject, taken.actor_role, taken.actor_department) == (key, "client", "L")
    (issued,) = (e for e in entries if e.action == "issue")
    assert key in issued.purpose


def test_another_departments_type_is_refused_and_recorded() -> None:
    planning = make.api("O", "issue")
    with make.recorded() as entries:
        body = problem(send(planning, paper.csv_bytes(paper.rows(1))), 403, "type_of_other_department")
    assert [(e.action, e.outcome, str(e.pk)) for e in entries] == [("take_in_batch", "refused", body["record"])]
    assert not Batch.objects.exists()


def test_a_column_that_is_missing_is_named_and_nothing_is_kept(caller: APIClient) -> None:
    body = problem(send(caller, paper.csv_bytes(paper.rows(2), drop="持证主体代码")), 400, "columns_missing")
    assert "持证主体代码" in body["explanation"]["zh"]
    assert "holder_code" in body["explanation"]["en"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe\x81",
        b"PK\x03\x04 no archive at all",
        b"PK\x05\x06" + b"\0" * 18,
        b'a,"b\n',
        "证照编号\n".encode("utf-16"),
        paper.xlsx_bytes(paper.rows(1))[:-30],
    ],
)
def test_a_file_that_is_no_table_is_refused_and_nothing_is_kept(caller: APIClient, content: bytes) -> None:
    answer = send(caller, content)
    assert answer.status_code == 400, answer.content
    assert answer.json()["reason"] in {"file_unreadable", "columns_missing"}
    assert not Batch.objects.exists()


def test_a_workbook_that_breaks_off_in_its_middle_leaves_nothing(caller: APIClient) -> None:
    whole = io.BytesIO(paper.xlsx_bytes(paper.rows(1200)))
    broken = io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            is_sheet = part.filename.startswith("xl/worksheets/")
            target.writestr(part, content[: len(content) * 9 // 10] if is_sheet else content)
    problem(send(caller, broken.getvalue(), "存量.xlsx"), 400, "file_unreadable")
    assert (Batch.objects.count(), BatchChunk.objects.count()) == (0, 0)


def test_a_workbook_that_unpacks_to_too_much_is_not_read(caller: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MOST_UNPACKED", 5_000)
    problem(send(caller, paper.xlsx_bytes(paper.rows(50)), "存量.xlsx"), 400, "file_unreadable")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    caller: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MOST_SENT", 1000)
    problem(send(caller, b"x" * 1001), 413, "file_too_large")
    monkeypatch.setattr(calls, "_AROUND", 0)
    # Even of a stranger nothing is read, though there would be no token to check.
    body = problem(send(APIClient(), b"x" * 5000), 413, "file_too_large")
    assert "64 MiB" not in body["detail"]
    assert not Batch.objects.exists()


def test_the_limit_is_64_mebibytes() -> None:
    assert calls.MOST_SENT == 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, {"file", "licence_type"}),
        ({"licence_type": make.LAND}, {"file"}),
        ({"licence_type": make.LAND, "file": "text"}, {"file"}),
        ({"licence_type": "", "file": SimpleUploadedFile("a.csv", b"x")}, {"licence_type"}),
        ({"licence_type": make.LAND, "file": SimpleUploadedFile("a.csv", b"")}, {"file"}),
        ({"licence_type": "没有", "file": SimpleUploadedFile("a.csv", b"x")}, {"licence_type"}),
    ],
)
def test_what_is_missing_or_wrong_in_the_form_is_named(caller: APIClient, form: Any, fields: set[str]) -> None:
    body = problem(caller.post(URL, form, format="multipart"), 400, "input_invalid")
    assert {e["field"] for e in body["errors"]} == fields


def test_a_file_is_sent_as_a_form(caller: APIClient) -> None:
    body = problem(caller.post(URL, {"licence_type": make.LAND}, format="json"), 415, "media_type_not_supported")
    assert "multipart/form-data" in body["explanation"]["en"]
    broken = caller.post(URL, b"--x\r\nbroken", content_type="multipart/form-data; boundary=")
    problem(broken, 400, "input_invalid")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x01b.csv", "名" * 300 + ".csv"])
def test_a_hostile_name_of_a_file_is_only_a_name(caller: APIClient, name: str) -> None:
    answer = send(caller, paper.csv_bytes(paper.rows(1)), name)
    assert answer.status_code == 202, answer.content
    kept = answer.json()["name"]
    assert "/" not in kept
    assert kept.isprintable()
    assert len(kept) <= 200


# --- Following ---------------------------------------------------------------------------------------------------


def test_each_row_tells_its_licence_or_its_faults_with_reasons_in_both_languages(caller: APIClient) -> None:
    code = company_code(77)
    lines = [*paper.rows(2), paper.row(3, 持证主体代码=wrong_code(code)), paper.row(4, 证照颁发日期="2016-13-01")]
    key = sent(caller, lines)
    issue_batches()
    assert progress(caller, key) == ("done", 4, 2, 2, 0)
    failed = rows(caller, key, state="failed").json()
    assert failed["count"] == 2
    first, second = failed["results"]
    assert (first["row"], first["state"], first["attempts"], first["identifier"], first["number"]) == (
        4, "failed", 1, None, None,
    )  # fmt: skip
    (fault,) = first["faults"]
    assert (fault["field"], fault["reason"]) == ("holder_code", "holder_number_invalid")
    assert code[17] in fault["message"]["zh"]
    assert f"should be {code[17]}" in fault["message"]["en"]
    assert [(f["field"], f["reason"]) for f in second["faults"]] == [("issued_on", "date_invalid")]
    issued = rows(caller, key, state="issued").json()["results"]
    assert [(r["row"], r["number"], r["faults"]) for r in issued] == [
        (2, "蓉国土〔2016〕1号", []), (3, "蓉国土〔2016〕2号", []),
    ]  # fmt: skip
    assert Licence.objects.filter(identifier__in=[r["identifier"] for r in issued]).count() == 2
    assert rows(caller, key).json() == failed


def test_rows_that_wait_are_told_by_their_numbers_only(caller: APIClient) -> None:
    key = sent(caller, paper.rows(1203))
    page = rows(caller, key, state="waiting", page=3, page_size=500).json()
    assert (page["count"], page["next"], len(page["results"])) == (1203, None, 203)
    assert [page["results"][i]["row"] for i in (0, -1)] == [1002, 1204]
    assert {(r["state"], r["attempts"], r["number"]) for r in page["results"]} == {("waiting", 0, None)}
    straddling = rows(caller, key, state="waiting", page=2, page_size=300).json()["results"]
    assert [r["row"] for r in straddling] == list(range(302, 602))


def test_no_answer_ever_holds_a_holders_number(caller: APIClient) -> None:
    code = company_code(77)
    lines = [
        paper.row(1),
        paper.row(2, 持证主体代码=wrong_code(code)),
        paper.row(3, 证照颁发日期=code, 持证主体代码="2016-05-04"),
        paper.row(4, 持证主体代码=f"{code}、{code}"),
        paper.row(5, 有效期截止日期=code),
        paper.row(6, 持证主体代码类型=code),
    ]
    answer = send(caller, paper.csv_bytes(lines))
    key = answer.json()["id"]
    texts = [answer, *(rows(caller, key, state=s) for s in ("waiting", "failed", "issued")), caller.get(URL)]
    issue_batches()
    texts += [*(rows(caller, key, state=s) for s in ("waiting", "failed", "issued")), caller.get(f"{URL}{key}/")]
    assert progress(caller, key) == ("done", 6, 1, 5, 0)
    told = b"".join(text.content for text in texts).decode()
    for hidden in (code, wrong_code(code), company_code(1001)):
        assert hidden not in told


def test_the_list_shows_the_departments_own_batches_the_newest_first(caller: APIClient) -> None:
    first, second = sent(caller, paper.rows(1)), sent(caller, paper.rows(2))
    other = send(make.api("O", "issue"), paper.csv_bytes(paper.rows(1)), licence_type=make.SITE)
    assert other.status_code == 202
    listed = caller.get(URL, {"page_size": 1}).json()
    assert (listed["count"], [b["id"] for b in listed["results"]]) == (2, [second])
    assert [b["id"] for b in caller.get(URL, {"page": 2, "page_size": 1}).json()["results"]] == [first]
    for path in ("", "rows/"):
        problem(caller.get(f"{URL}{other.json()['id']}/{path}"), 404, "batch_not_found")
        problem(caller.get(f"{URL}{UUID(int=0)}/{path}"), 404, "batch_not_found")
    for step in ("stop", "retry"):
        problem(caller.post(f"{URL}{other.json()['id']}/{step}/"), 404, "batch_not_found")


@pytest.mark.parametrize("query", [{"state": "x"}, {"page": "0"}, {"page_size": "501"}, {"page": "x"}])
def test_queries_that_are_wrong_are_named(caller: APIClient, query: dict[str, str]) -> None:
    body = problem(rows(caller, sent(caller, paper.rows(1)), **query), 400, "input_invalid")
    assert [e["field"] for e in body["errors"]] == list(query)


def test_a_page_past_the_last_and_a_malformed_id_are_not_found(caller: APIClient) -> None:
    assert rows(caller, sent(caller, paper.rows(1)), page=9).status_code == 404
    assert caller.get(f"{URL}no-uuid/").status_code == 404


def test_the_scope_issue_is_needed_for_every_call(caller: APIClient) -> None:
    key = sent(caller, paper.rows(1))
    other = make.api("L", "verify disclose")
    answers = [
        send(other, b"x"), other.get(URL), other.get(f"{URL}{key}/"), rows(other, key),
        other.post(f"{URL}{key}/stop/"), other.post(f"{URL}{key}/retry/"),
    ]  # fmt: skip
    for answer in answers:
        problem(answer, 403, "scope_missing")
    problem(APIClient().get(URL), 401, "not_signed_in")


def test_a_page_of_rows_takes_a_fixed_number_of_queries(caller: APIClient) -> None:
    counts = []
    for lines in (paper.rows(2), paper.rows(40)[2:]):
        key = sent(caller, lines)
        issue_batches()
        with CaptureQueriesContext(connection) as queries:
            assert rows(caller, key, state="issued").json()["count"] == len(lines)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Stopping and retrying ---------------------------------------------------------------------------------------


def test_a_stopped_batch_rests_until_it_is_told_to_go_on(caller: APIClient) -> None:
    key = sent(caller, paper.rows(3))
    stopped = caller.post(f"{URL}{key}/stop/")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    assert issue_batches() == 0
    assert caller.post(f"{URL}{key}/stop/").json()["state"] == "stopped"
    assert caller.post(f"{URL}{key}/retry/").json()["state"] == "issuing"
    assert issue_batches() == 3
    assert progress(caller, key) == ("done", 3, 3, 0, 0)
    acts = Entry.objects.filter(subject=key).values_list("action", "actor_role")
    assert ("stop_batch", "client") in acts
    assert ("retry_batch", "client") in acts


def test_rows_that_failed_are_retried_once_their_cause_is_mended(caller: APIClient) -> None:
    taken = make.issued(number="蓉国土〔2016〕2号")
    key = sent(caller, paper.rows(3))
    issue_batches()
    assert progress(caller, key) == ("done", 3, 2, 1, 0)
    (failed,) = rows(caller, key).json()["results"]
    assert [f["reason"] for f in failed["faults"]] == ["number_taken"]
    make.edit(taken, number_key="other", number="other")
    answer = caller.post(f"{URL}{key}/retry/").json()
    assert (answer["state"], answer["issued"], answer["failed"], answer["waiting"]) == ("issuing", 2, 0, 1)
    (waiting,) = rows(caller, key, state="waiting").json()["results"]
    assert (waiting["row"], waiting["state"], waiting["attempts"]) == (3, "waiting", 1)
    assert issue_batches() == 1
    assert progress(caller, key) == ("done", 3, 3, 0, 0)
    third = rows(caller, key, state="issued").json()["results"][1]
    assert (third["row"], third["attempts"], third["faults"]) == (3, 2, [])


# --- Jobs --------------------------------------------------------------------------------------------------------


def test_a_batch_that_cannot_go_on_does_not_stop_the_others(caller: APIClient) -> None:
    stuck = sent(caller, paper.rows(1))
    planning = make.api("O", "issue")
    fine = send(planning, paper.csv_bytes(paper.rows(2)), licence_type=make.SITE).json()["id"]
    make.department("L").signing_keys.update(retired_at=now())
    assert issue_batches() == 2
    assert progress(caller, stuck) == ("issuing", 1, 0, 0, 1)
    assert progress(planning, fine) == ("done", 2, 2, 0, 0)
    make.keyed(make.department("L"))
    assert issue_batches() == 1
    assert progress(caller, stuck)[0] == "done"


def test_a_run_of_the_job_ends_in_time_and_the_next_goes_on(caller: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    key = sent(caller, paper.rows(1100))
    monkeypatch.setattr("licences.tasks.ISSUING_SECONDS", 0)
    assert issue_batches() == 500
    assert progress(caller, key) == ("issuing", 1100, 500, 0, 600)
    assert [issue_batches(), issue_batches(), issue_batches()] == [500, 100, 0]


def test_a_batch_still_being_taken_in_is_left_alone(caller: APIClient) -> None:
    key = sent(caller, paper.rows(2))
    Batch.objects.filter(pk=key).update(taken_in_at=None, rows=0)
    assert issue_batches() == 0
    assert progress(caller, key) == ("taking_in", 2, 0, 0, 2)
