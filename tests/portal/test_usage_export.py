"""Exports of entries and of figures: what the page shows, all of it, streamed, and recorded before the first byte."""

import csv
import io
import re
from typing import Any

import openpyxl
import pytest
from django.db import transaction
from django.test import Client

from audit.errors import RecordUnavailable
from audit.models import Entry, UsageHour
from audit.tasks import count_usage
from audit.usage import count_next
from foundation.clock import now
from foundation.context import Actor
from registry.enrolling import grant_role
from tests import factories as make
from tests.audit.histories import entry, sequence

pytestmark = pytest.mark.django_db

RECORD, USAGE = "/overview/record/export/", "/overview/usage/export/"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="")


def browser(role: str = "auditor", department: str = "", language: str = "en") -> Client:
    person = make.person("审计")
    grant_role(
        person=person, role=role, department=make.department(department) if department else None, actor=make.PLATFORM
    )
    made = Client(headers={"accept-language": language})
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return made


def content(answer: Any) -> bytes:
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def counted() -> None:
    sequence()
    while count_next():
        pass


def test_entries_come_whole_newest_first_with_their_place_and_names_and_no_personal_value() -> None:
    first = entry(number="川A·张三丰", actor=Actor(department="O", role="clerk", name="李经办"), at=now())
    sequence()
    second = entry("disclose", "refused", reason="case_missing", case="", item="O3")
    data = content(browser().get(f"{RECORD}csv/?department=O"))
    found = rows_of(data)
    assert [row["Entry"] for row in found] == [str(second), str(first)]
    assert found[0]["Index"] == ""
    assert found[1]["Index"].isdigit()
    assert (found[0]["When"], found[0]["True reason"]) == ("2026-11-24 10:00:00", "case_missing")
    assert found[1]["Name of the department"] == "Planning Bureau"
    assert found[1]["Name of the item"] == "Item O2"
    for personal in ("张三丰", "李经办"):
        assert personal not in data.decode()


def test_a_workbook_holds_the_same_rows_in_the_visitors_language() -> None:
    entry()
    entry(subject="2")
    visitor = browser(language="zh-CN")
    sheet = openpyxl.load_workbook(io.BytesIO(content(visitor.get(f"{RECORD}xlsx/?department=O")))).worksheets[0]
    heading, *rows = sheet.iter_rows(values_only=True)
    assert heading[:4] == ("序号", "记录编号", "时间", "操作")
    assert [row[heading.index("对象")] for row in rows] == ["2", "1"]
    assert rows[0][heading.index("部门名称")] == "规划局"


def test_entries_are_narrowed_as_on_the_page() -> None:
    entry()
    wanted = entry("disclose", purpose="用途 & 其他", subject="2", licence_type="T1")
    entry("issue", "issued")
    for query in ("subject=2", "purpose=用途 %26 其他", "licence_type=T1", "action=disclose"):
        found = rows_of(content(browser().get(f"{RECORD}csv/?{query}&from=2026-11-24&to=2026-11-24")))
        assert [row["Entry"] for row in found] == [str(wanted)]
    looks = rows_of(content(browser().get(f"{RECORD}csv/?action=looks")))
    assert {row["Action"] for row in looks} == {"verify", "disclose"}
    assert rows_of(content(browser().get(f"{RECORD}csv/?from=2020-01-01&to=2020-01-02"))) == []


def test_an_export_takes_many_pages_of_entries_each_once_and_none_written_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("audit.queries.CHUNK", 3)
    monkeypatch.setattr("portal.spreadsheets._PIECE", 1)
    written = [entry(subject=str(n)) for n in range(10)]
    answer: Any = browser().get(f"{RECORD}csv/?department=O")
    pieces = iter(answer.streaming_content)
    data = next(pieces) + next(pieces)
    entry(subject="later")
    data += b"".join(pieces)
    assert sorted(row["Entry"] for row in rows_of(data)) == sorted(map(str, written))


def test_what_somebody_typed_does_not_run_in_a_spreadsheet() -> None:
    entry(purpose="=HYPERLINK(0)", case="＝1+1", item="@x")
    counted()
    (row,) = rows_of(content(browser().get(f"{RECORD}csv/?department=O")))
    assert (row["Purpose"], row["Case"], row["Item"]) == ("'=HYPERLINK(0)", "'＝1+1", "'@x")
    (row,) = rows_of(content(browser().get(f"{USAGE}csv/?from=2026-11-24&to=2026-11-24&department=O")))
    assert row["Purpose"] == "'=HYPERLINK(0)"


def test_figures_come_hour_by_hour_and_add_up_to_those_kept() -> None:
    for n in range(7):
        entry(purpose=f"用途{n % 3}", subject=str(n % 2))
    counted()
    found = rows_of(content(browser().get(f"{USAGE}csv/?from=2026-11-24&to=2026-11-24&department=O")))
    assert sum(int(row["Count"]) for row in found) == 7
    assert sum(int(row["First-time"]) for row in found) == 2
    assert {row["Hour"] for row in found} == {"2026-11-24 10:00:00"}
    assert len(found) == UsageHour.objects.filter(action="verify").count()


def test_figures_are_read_in_chunks_each_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.figures.CHUNK", 2)
    for n in range(7):
        entry(purpose=f"用途{n}", case=f"C{n % 2}")
    counted()
    found = rows_of(content(browser().get(f"{USAGE}csv/?from=2026-11-24&to=2026-11-24")))
    assert sorted(row["Purpose"] for row in found if row["Department"] == "O") == [f"用途{n}" for n in range(7)]


def test_a_department_exports_its_own_figures_and_no_entries() -> None:
    entry()
    entry(actor=Actor(department="M"))
    counted()
    clerk = browser("clerk", "O")
    query = "?from=2026-11-24&to=2026-11-24"
    assert {row["Department"] for row in rows_of(content(clerk.get(f"{USAGE}csv/{query}")))} == {"O"}
    assert rows_of(content(clerk.get(f"{USAGE}csv/{query}&department=M"))) == []
    assert "True reason" not in content(clerk.get(f"{USAGE}csv/{query}")).decode()
    assert "True reason" in content(browser().get(f"{USAGE}csv/{query}")).decode()
    assert clerk.get(f"{RECORD}csv/").status_code == 403
    assert Client().get(f"{USAGE}csv/").status_code == 302


@pytest.mark.parametrize(("path", "action"), [(RECORD, "export_record"), (USAGE, "export_usage")])
def test_an_export_is_recorded_before_its_first_byte(path: str, action: str) -> None:
    answer = browser().get(f"{path}xlsx/?department=O")
    (noted,) = Entry.objects.filter(action=action)  # although nothing was read of the answer yet
    assert (noted.actor_role, noted.outcome, noted.fields) == ("auditor", "done", ["xlsx"])
    assert re.match(r"PK", content(answer)[:2].decode())


@pytest.mark.parametrize("path", [RECORD, USAGE])
def test_what_cannot_be_recorded_is_not_exported(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**values: object) -> None:
        assert transaction.get_connection().in_atomic_block
        raise RecordUnavailable("no disk")

    monkeypatch.setattr("portal.views.exports.record", fail)
    answer = browser().get(f"{path}csv/")
    assert answer.status_code == 503
    assert not answer.streaming


@pytest.mark.parametrize("path", [RECORD, USAGE])
def test_a_kind_of_file_that_there_is_not_is_not_recorded(path: str) -> None:
    assert browser().get(f"{path}pdf/").status_code == 404
    assert not Entry.objects.filter(action__startswith="export_").exists()


def test_a_department_without_entries_exports_a_heading() -> None:
    count_usage()
    assert content(browser("clerk", "O").get(f"{USAGE}csv/")).decode("utf-8-sig").startswith("Hour,Department")
