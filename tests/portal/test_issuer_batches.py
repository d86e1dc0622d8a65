"""The issuer's room: files of licences that exist on paper, from the upload to the last row."""

import csv
import io
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from licences.models import Batch, Licence
from licences.tasks import issue_batches
from tests import factories as make
from tests.portal import issuer_room as room

pytestmark = pytest.mark.django_db
HEADINGS = ["证照编号", "持证主体", "持证主体代码类型", "持证主体代码", "证照颁发日期", "坐落"]


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()
    room.land_form()


def _row(serial: int, **changed: str) -> list[str]:
    row = {
        "number": f"旧〔2016〕{serial}号",
        "name": f"演示企业{serial}有限公司",
        "kind": "001",
        "code": make.company_code(serial),
        "on": "2016-05-01",
        "location": "高新区",
    }
    return list({**row, **changed}.values())


def _csv(*rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *rows])
    return text.getvalue().encode("utf-8-sig")


def _sent(browser: Client, content: bytes, name: str = "存量.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return browser.post("/issuing/batches/", {"type": str(make.licence_type(make.LAND).pk), "file": file})


def _taken_in(browser: Client, content: bytes, name: str = "存量.csv") -> str:
    answer = _sent(browser, content, name)
    assert answer.status_code == 302, answer.text
    return str(answer["Location"])


def test_a_file_is_taken_in_issued_and_shown_with_its_progress() -> None:
    browser = room.staff()
    page = _taken_in(browser, _csv(_row(1), _row(2)))
    waiting = browser.get(page).text
    assert 'data-stage="issuing"' in waiting
    assert 'hx-trigger="every 2s"' in waiting
    moving = browser.get(f"{page}progress/", headers={"HX-Request": "true"})
    assert 'data-stage="issuing"' in moving.text
    assert "HX-Refresh" not in moving.headers
    issue_batches()
    answer = browser.get(f"{page}progress/", headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
    part = answer.text
    assert 'data-stage="done"' in part
    assert "hx-trigger" not in part
    assert "<html" not in part
    assert "Every licence of the file is issued" in browser.get(page).text
    assert Licence.objects.filter(number__startswith="旧").count() == 2


def test_a_workbook_is_taken_in_as_well() -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    assert book.active
    for row in (HEADINGS, _row(1)):
        book.active.append(row)
    book.save(file)
    browser = room.staff()
    page = _taken_in(browser, file.getvalue(), "存量.xlsx")
    issue_batches()
    assert 'data-stage="done"' in browser.get(page).text


def test_the_same_file_again_is_the_same_batch() -> None:
    browser = room.staff()
    assert _taken_in(browser, _csv(_row(1))) == _taken_in(browser, _csv(_row(1)), "again.csv")
    assert Batch.objects.count() == 1


def test_failed_rows_are_told_by_field_in_the_visitors_language_and_come_back_as_a_file() -> None:
    browser = room.staff()
    wrong = _row(2, code=make.company_code(2)[:-1] + "#", location="")
    page = _taken_in(browser, _csv(_row(1), wrong, _row(3, on="2016-02-30")))
    issue_batches()
    english = browser.get(page).text
    assert re.findall(r'data-row="(\d+)"', english) == ["3", "4"]
    assert "Holder&#x27;s number" in english
    assert "Location" in english
    chinese = browser.get(page, headers={"accept-language": "zh-hans"}).text
    assert "持证主体代码" in chinese
    assert "不是日期" in chinese
    with make.recorded() as entries:
        answer = browser.get(f"{page}failed/")
        content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert [e.action for e in entries] == ["take_failed_rows"]
    lines = list(csv.reader(io.StringIO(content)))
    assert lines[0][:4] == HEADINGS[:4]
    assert len(lines) == 3
    assert "坐落" in lines[1][-1]


def test_the_file_of_failed_rows_is_taken_in_again_once_it_is_mended() -> None:
    browser = room.staff()
    page = _taken_in(browser, _csv(_row(1, on="2016-02-30")))
    issue_batches()
    content = b"".join(browser.get(f"{page}failed/").streaming_content)  # type: ignore[attr-defined]
    again = _taken_in(browser, content.replace(b"2016-02-30", b"2016-02-29", 1))
    issue_batches()
    assert 'data-stage="done"' in browser.get(again).text
    assert Licence.objects.filter(number__startswith="旧").count() == 1


def test_no_cell_of_a_file_handed_over_is_taken_for_a_formula() -> None:
    browser = room.staff()
    page = _taken_in(browser, _csv(_row(1, name="=cmd|'/c calc'!A1", on="x", location="-12")))
    issue_batches()
    content = b"".join(browser.get(f"{page}failed/").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    cells = [cell for line in csv.reader(io.StringIO(content)) for cell in line]
    assert not [cell for cell in cells if re.match(r"[=@\t\r]|[+-][^0-9]", cell)]
    assert "-12" in cells


def test_a_batch_is_stopped_goes_on_and_is_tried_again() -> None:
    browser = room.staff()
    page = _taken_in(browser, _csv(_row(1), _row(2, on="x")))
    browser.post(f"{page}stop/")
    assert issue_batches() == 0
    assert 'data-stage="stopped"' in browser.get(page).text
    browser.post(f"{page}go-on/")
    assert issue_batches() == 2
    with make.recorded() as entries:
        browser.post(f"{page}retry/")
    assert [(e.action, e.actor_department) for e in entries] == [("retry_batch", "L")]
    assert 'data-stage="issuing"' in browser.get(page).text
    assert browser.post(f"{page}x/").status_code == 404


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\xff\xfe binary", "file_unreadable"),
        ("证照编号\n1\n".encode(), "columns_missing"),
        (b"", "columns_missing"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_at_its_field(content: bytes, reason: str) -> None:
    answer = _sent(room.staff(), content)
    assert answer.status_code == 400
    assert f'data-reason="{reason}"' in answer.text
    assert Batch.objects.count() == 0


def test_what_is_missing_is_told_at_its_field() -> None:
    answer = room.staff().post("/issuing/batches/", {})
    assert answer.status_code == 400
    assert answer.text.count("This field is required.") == 2


def test_the_file_to_begin_from_has_the_headings_of_the_type_and_is_read() -> None:
    browser = room.staff()
    answer = browser.get(f"/issuing/batches/template/{make.licence_type(make.LAND).pk}/")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (headings,) = csv.reader(io.StringIO(content))
    assert {"证照编号", "持证主体代码", "坐落", "面积", "备注"} <= set(headings)
    _taken_in(browser, content.encode("utf-8-sig"))


def test_another_department_sees_no_batch_and_does_nothing_to_it() -> None:
    page = _taken_in(room.staff(), _csv(_row(1)))
    foreign = room.staff("department_head", "O")
    assert "存量" not in foreign.get("/issuing/batches/").text
    assert [foreign.get(f"{page}{part}").status_code for part in ("", "progress/", "failed/")] == [404] * 3
    assert foreign.post(f"{page}stop/").status_code == 404
    template = f"/issuing/batches/template/{make.licence_type(make.LAND).pk}/"
    assert foreign.get(template).status_code == 404
    assert _sent(foreign, _csv(_row(1))).status_code == 400
    assert Batch.objects.get().stopped_at is None


def test_citizens_have_no_batches() -> None:
    browser = room.browser(make.citizen().person)
    assert browser.get("/issuing/batches/").status_code == 403
    assert _sent(browser, _csv(_row(1))).status_code == 403


def test_without_a_batch_the_page_says_what_to_do() -> None:
    assert "Take a file to begin from" in room.staff().get("/issuing/batches/").text


def test_the_list_takes_as_many_queries_however_long_it_is(django_assert_max_num_queries: Any) -> None:
    browser = room.staff()
    taken = []
    for first in (1, 5):
        for serial in range(first, first + 4):
            _taken_in(browser, _csv(_row(serial)), f"{serial}.csv")
        browser.get("/issuing/batches/")
        with django_assert_max_num_queries(29) as queries:
            browser.get("/issuing/batches/")
        taken.append(len(queries))
    assert taken[0] == taken[1]
