"""The calls for reporting wrong fields: a department's system reports what it saw, and reads what came of it."""

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from exchange.corrections.answering import answer_report
from exchange.models import Correction
from exchange.verifying import verify_number
from foundation.ids import new_id
from tests import factories as make

pytestmark = pytest.mark.django_db

URL = "/api/v1/corrections/"
UNTIL = "certificateExpiringDate"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _body(**values: Any) -> dict[str, Any]:
    return {"record": _looked(), "field": UNTIL, "wrong": "日期不符", "proposed": "2031-01-01", **values}


def _looked() -> str:
    licence = make.issued(make.LAND)
    return str(verify_number(make.ask(licence.number), standing=make.standing("O")).entry)


def _api(code: str = "O", scope: str = "corrections") -> APIClient:
    return make.api(code, scope)


def test_a_system_reports_the_field_and_reads_the_answer() -> None:
    api = _api()
    answer = api.post(URL, _body(operator={"account": "li", "name": "李经办"}), format="json")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["state"], body["field"], body["provider"]["code"], body["finding"]) == ("reported", UNTIL, "L", "")
    assert body["field_name"] == {"zh": "有效期截止日期", "en": "Valid until"}
    assert answer["Location"] == reverse("correction-report", args=[body["number"]])
    report = Correction.objects.get()
    answer_report(report, person=make.clerk("L", "department_head"), step="reject", finding="经核对无误")
    with make.recorded() as entries:
        told = api.get(answer["Location"])
    assert (told.json()["state"], told.json()["finding"]) == ("rejected", "经核对无误")
    assert told["Cache-Control"] == "no-store"
    assert [(entry.action, entry.outcome) for entry in entries] == [("open_correction", "opened")]


def test_sent_twice_it_is_reported_once() -> None:
    api, body = _api(), _body()
    assert api.post(URL, body, format="json").status_code == 201
    answer = api.post(URL, body, format="json")
    assert (answer.status_code, answer.json()["reason"]) == (409, "correction_open")
    assert Correction.objects.count() == 1


def test_the_list_holds_the_departments_own_reports_page_by_page() -> None:
    api = _api()
    for _ in range(3):
        assert api.post(URL, _body(), format="json").status_code == 201
    page = api.get(URL, {"page_size": 2}).json()
    assert (page["count"], len(page["results"])) == (3, 2)
    assert _api("D").get(URL).json()["results"] == []
    assert api.get(URL, {"page_size": 0}).status_code == 400


@pytest.mark.parametrize("kind", ["foreign", "absent", "no_look"])
def test_what_was_not_seen_is_answered_as_what_is_not_there(kind: str) -> None:
    key = {"foreign": _looked, "absent": lambda: str(new_id()), "no_look": _token_entry}[kind]()
    answer = _api("D" if kind == "foreign" else "O").post(URL, _body(record=key), format="json")
    assert (answer.status_code, answer.json()["reason"]) == (404, "entry_not_found")
    assert Correction.objects.count() == 0


def _token_entry() -> str:
    _api()
    return str(make.Entry.objects.filter(action="get_token").latest("id").pk)


def test_another_departments_report_is_answered_as_one_that_is_not_there() -> None:
    number = _api().post(URL, _body(), format="json").json()["number"]
    for asked in (number, "GZ-20260101-0001"):
        answer = _api("D").get(f"{URL}{asked}/")
        assert (answer.status_code, answer.json()["reason"]) == (404, "correction_not_found")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"record": "no-uuid"}, "record"),
        ({"field": ""}, "field"),
        ({"field": "certificateHolderCode"}, "field"),
        ({"wrong": "", "proposed": " "}, "wrong"),
        ({"evidence": "长" * 2001}, "evidence"),
    ],
)
def test_bad_input_names_the_field(changed: dict[str, Any], field: str) -> None:
    answer = _api().post(URL, _body(**changed), format="json")
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


def test_it_takes_the_scope_and_an_active_client() -> None:
    answer = _api(scope="verify").post(URL, _body(), format="json")
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")
    assert APIClient().post(URL, _body(), format="json").status_code == 401
    api = _api()
    make.edit(make.Client.objects.latest("pk"), active=False)
    answer = api.post(URL, _body(), format="json")
    assert answer.status_code in (401, 403)
