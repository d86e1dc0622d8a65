"""Applications over the API: taken in at a counter, read, and decided by the department's own system."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from exchange.models import Application
from exchange.procedure import State
from licences.models import Licence
from tests import factories as make

pytestmark = pytest.mark.django_db
PATH = "/api/v1/applications/"
OPERATOR = {"account": "li", "name": "李经办"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _api(code: str = "D") -> APIClient:
    return make.api(code, "applications")


def _holder(serial: int = 1) -> dict[str, str]:
    return {"name": f"演示企业{serial}有限公司", "code_type": "001", "number": make.company_code(serial)}


def _body(**values: Any) -> dict[str, Any]:
    references = [
        {"need": need, "number": make.issued(name, make.company(1)).number}
        for need, name in enumerate((make.SITE, make.LAND, make.REPORT), start=1)
    ]
    return {"item": "D2", "holder": _holder(), "references": references, "project": "数控机床改造", **values}


def _post(caller: APIClient, body: dict[str, Any], key: str = "counter-0001") -> Any:
    return caller.post(PATH, body, format="json", headers={"Idempotency-Key": key})


def _step(caller: APIClient, number: str, **values: Any) -> Any:
    return caller.post(f"{PATH}{number}/steps/", values, format="json")


def test_a_counter_takes_an_application_in_and_it_is_accepted_at_once() -> None:
    with make.recorded() as entries:
        answer = _post(_api(), _body(operator=OPERATOR))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], [n["outcome"] for n in told["needs"]]) == ("accepted", ["valid"] * 3)
    assert answer["Location"] == f"{PATH}{told['number']}/"
    assert answer["Cache-Control"] == "no-store"
    application = Application.objects.get()
    assert (application.applicant, application.client_id is not None) == (None, True)
    submitted = next(e for e in entries if e.action == "submit")
    assert (submitted.actor_department, submitted.actor_role, submitted.case) == ("D", "client", told["number"])
    assert make.company_code(1).encode() not in answer.content


def test_the_same_request_takes_it_in_once() -> None:
    caller, body = _api(), _body()
    first, again = _post(caller, body), _post(caller, body)
    assert (first.status_code, again.status_code, Application.objects.count()) == (201, 200, 1)
    assert first.json()["number"] == again.json()["number"]
    other = _post(caller, {**body, "project": "另一项目"})
    assert (other.status_code, other.json()["reason"]) == (409, "idempotency_key_reused")
    assert _post(caller, body, "no").json()["reason"] == "idempotency_key_missing"


def test_what_is_missing_is_named_by_its_path_and_nothing_is_kept() -> None:
    body = _body()
    with make.recorded() as entries:
        answer = _post(_api(), {**body, "references": body["references"][:1]})
    assert answer.status_code == 400
    assert {e["field"] for e in answer.json()["errors"]} == {"references.2", "references.3"}
    assert not Application.objects.exists()
    assert (entries[-1].action, entries[-1].outcome) == ("submit", "refused")
    wrong = _post(_api(), _body(holder={**_holder(), "number": "1"}))
    assert [e["field"] for e in wrong.json()["errors"]] == ["holder.number"]


@pytest.mark.parametrize(("item", "reason"), [("O2", "item_of_other_department"), ("ZZ9", "item_unknown")])
def test_an_item_of_another_department_is_not_taken_in(item: str, reason: str) -> None:
    answer = _post(_api(), _body(item=item))
    assert (answer.status_code, answer.json()["reason"]) == (403, reason)
    assert not Application.objects.exists()


def test_a_token_without_the_scope_or_none_at_all_does_nothing() -> None:
    assert make.api("D", "verify").get(PATH).json()["reason"] == "scope_missing"
    assert APIClient().get(PATH).status_code == 401


def test_the_department_lists_and_reads_its_own_alone() -> None:
    number = make.submitted().number
    listed = _api().get(PATH, {"state": "accepted"}).json()
    assert [row["number"] for row in listed["results"]] == [number]
    assert _api().get(PATH, {"state": "issued"}).json()["count"] == 0
    assert _api().get(PATH, {"state": "draft"}).status_code == 400
    with make.recorded() as entries:
        assert _api().get(f"{PATH}{number}/").json()["state"] == "accepted"
    assert [(e.action, e.outcome) for e in entries[-1:]] == [("open_application", "opened")]


def test_another_departments_application_is_answered_like_an_absent_one() -> None:
    number, stranger = make.submitted().number, _api("M")
    assert stranger.get(PATH).json()["count"] == 0
    answers = [stranger.get(f"{PATH}{n}/").json() for n in (number, "D2-20260101-0001")]
    for told in answers:
        told.pop("record"), told.pop("instance")
    assert answers[0] == answers[1]
    assert answers[0]["reason"] == "application_not_found"
    step = _step(stranger, number, step="approve", operator=OPERATOR)
    assert (step.status_code, step.json()["reason"]) == (404, "application_not_found")
    assert Application.objects.get().state == State.ACCEPTED


def test_a_system_lists_what_is_missing_and_declines_with_a_named_person() -> None:
    caller, body = _api(), _body()
    body["references"][1]["number"] = "查无1号"
    number = _post(caller, body).json()["number"]
    listed = _step(caller, number, step="ask_missing", needs=[2], remark="请补充")
    assert (listed.json()["state"], listed.json()["missing"]) == ("missing", [2])
    unnamed = _step(caller, number, step="not_accept", reason="不符")
    assert (unnamed.status_code, unnamed.json()["errors"][0]["field"]) == (400, "operator")
    declined = _step(caller, number, step="not_accept", reason="不符", operator=OPERATOR)
    assert declined.json()["state"] == "not_accepted"
    assert _step(caller, number, step="accept").json()["reason"] == "wrong_state"


def test_a_system_approves_and_the_result_is_issued() -> None:
    caller = _api()
    number = _post(caller, _body()).json()["number"]
    assert _step(caller, number, step="verify").json()["state"] == "in_review"
    decided = _step(caller, number, step="approve", operator=OPERATOR).json()
    assert decided["state"] == "issued"
    assert [r["identifier"] for r in decided["results"]] == [Licence.objects.latest("issued_at").identifier]
    assert _step(caller, number, step="refuse", reason="不符", operator=OPERATOR).status_code == 409


def test_a_client_that_was_switched_off_takes_nothing_in() -> None:
    caller, body = _api(), _body()
    make.Client.objects.update(active=False)
    assert _post(caller, body).status_code in (401, 403)
    assert not Application.objects.exists()
