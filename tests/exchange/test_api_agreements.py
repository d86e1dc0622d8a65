"""/api/v1/agreements/: a department's system asks, follows and withdraws; others' agreements are as if absent."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from exchange.agreements.stepping import take_step
from exchange.models import Agreement
from foundation.clock import legal_day, now
from registry.models import Department, Succession
from tests import factories as make
from tests.exchange.agreed import People, agreement_in

pytestmark = pytest.mark.django_db

URL = "/api/v1/agreements/"
WHOLE: dict[str, Any] = {
    "item": "O3",
    "licence_type": make.DEED,
    "basis": "《不动产登记暂行条例》第二十四条",
    "scene": "窗口核对申请人的土地权利",
    "fields": ["certificateNumber", "certificateHolderName"],
    "ways": ["verify", "disclose"],
    "purpose": "规划许可",
    "quota": 500,
}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("O", "agreements")


@pytest.fixture
def people() -> People:
    return People()


def ask(caller: APIClient, key: str = "key-of-this-test", **values: Any) -> Any:
    body = {**WHOLE, "last_day": str(legal_day(now()) + dt.timedelta(days=90)), **values}
    return caller.post(URL, body, format="json", headers={"Idempotency-Key": key} if key else {})


def problem(answer: Any, status: int, reason: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["reason"] == reason
    return body


def test_a_system_asks_and_the_people_of_both_sides_decide(caller: APIClient, people: People) -> None:
    answer = ask(caller)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["state"], body["requester"]["code"], body["provider"]["code"]) == ("requested", "O", "L")
    assert [s["step"] for s in body["steps"]] == ["draft", "request"]
    agreement = Agreement.objects.get(reference=body["reference"])
    take_step(agreement, "approve", person=people.head)
    take_step(agreement, "consent", person=people.provider_head)
    told = caller.get(answer["Location"]).json()
    assert (told["state"], told["clock"]["light"], told["quota"], told["quota_per"]) == (
        "in_force",
        "green",
        500,
        "day",
    )
    assert told["in_force_since"]
    assert "O经办人" not in answer.text


def test_everything_missing_is_one_list_and_the_draft_is_mended_by_the_same_key(caller: APIClient) -> None:
    body = problem(ask(caller, basis="", scene="", ways=[], last_day=None), 400, "agreement_incomplete")
    assert {e["field"] for e in body["errors"]} == {"basis", "scene", "ways", "last_day"}
    draft = Agreement.objects.get()
    assert draft.reference in body["detail"]
    assert (draft.state, draft.purpose) == ("draft", "规划许可")
    mended = ask(caller)
    assert mended.status_code == 201, mended.content
    assert mended.json()["reference"] == draft.reference
    assert Agreement.objects.count() == 1


def test_what_names_neither_item_nor_type_is_told_that_with_all_the_rest(caller: APIClient) -> None:
    answer = caller.post(URL, {}, format="json", headers={"Idempotency-Key": "key-of-this-test"})
    body = problem(answer, 400, "agreement_incomplete")
    fields = {e["field"] for e in body["errors"]}
    assert fields == {"item", "licence_type", "basis", "scene", "fields", "ways", "purpose", "last_day"}
    assert not Agreement.objects.exists()


def test_the_same_request_again_is_the_same_agreement(caller: APIClient) -> None:
    first, again = ask(caller), ask(caller)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotent-Replayed"] == "true"
    assert first.json()["reference"] == again.json()["reference"]
    problem(ask(caller, purpose="别的用途"), 409, "idempotency_key_reused")
    problem(ask(caller, key=""), 400, "idempotency_key_missing")
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "status", "reason"),
    [
        ({"item": "O2", "licence_type": make.LAND}, 409, "agreement_not_needed"),
        ({"item": "O4", "licence_type": make.EXPLOSIVES}, 403, "not_shared"),
        ({"item": "O2"}, 403, "type_not_needed"),
        ({"item": "D2", "licence_type": make.LAND}, 403, "item_of_other_department"),
        ({"quota": 0}, 400, "input_invalid"),
        ({"ways": ["copy"]}, 400, "input_invalid"),
        ({"purpose": "\0"}, 400, "input_invalid"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_its_reason(
    caller: APIClient, values: dict[str, Any], status: int, reason: str
) -> None:
    problem(ask(caller, **values), status, reason)
    assert not Agreement.objects.exists()


def test_another_departments_client_sees_none_of_it(caller: APIClient, people: People) -> None:
    agreement = agreement_in("in_force", people)
    other = make.api("D", "agreements")
    address = f"{URL}{agreement.reference}/"
    assert caller.get(address).status_code == 200
    absent = other.get(f"{URL}SY-20200101-9999/")
    with make.recorded() as entries:
        hidden = other.get(address)
    assert hidden.json()["reason"] == absent.json()["reason"] == "agreement_not_found"
    assert [e.outcome for e in entries] == ["refused"]
    problem(other.post(f"{address}steps/", {"step": "withdraw"}, format="json"), 404, "agreement_not_found")
    assert other.get(URL).json()["count"] == 0


def test_a_provider_sees_what_was_submitted_and_withdraws_nothing(people: People) -> None:
    provider = make.api("L", "agreements")
    draft = agreement_in("requested", people)
    assert provider.get(URL).json()["count"] == 0
    problem(provider.get(f"{URL}{draft.reference}/"), 404, "agreement_not_found")
    take_step(draft, "approve", person=people.head)
    listed = provider.get(URL, {"role": "provider", "state": "submitted"}).json()
    assert [a["reference"] for a in listed["results"]] == [draft.reference]
    assert provider.get(URL, {"role": "requester"}).json()["count"] == 0
    answer = provider.post(f"{URL}{draft.reference}/steps/", {"step": "withdraw"}, format="json")
    problem(answer, 403, "agreement_not_yours")


def test_a_system_withdraws_and_takes_no_step_of_people(caller: APIClient, people: People) -> None:
    agreement = agreement_in("in_review", people)
    steps = f"{URL}{agreement.reference}/steps/"
    for step in ("approve", "consent", "give_up", ""):
        problem(caller.post(steps, {"step": step}, format="json"), 400, "input_invalid")
    assert caller.post(steps, {"step": "withdraw"}, format="json").json()["state"] == "withdrawn"
    problem(caller.post(steps, {"step": "withdraw"}, format="json"), 409, "agreement_wrong_state")


def test_a_token_without_the_scope_is_refused() -> None:
    problem(make.api("O", "verify").get(URL), 403, "scope_missing")
    problem(ask(make.api("O", "verify disclose")), 403, "scope_missing")


def test_an_inactive_client_is_refused(caller: APIClient) -> None:
    Department.objects.filter(code="O").update(retired_at=now())
    problem(caller.get(URL), 403, "client_inactive")
    problem(ask(caller), 403, "client_inactive")


def test_what_passed_on_by_reform_is_the_successors(people: People) -> None:
    agreement = agreement_in("in_force", people)
    Succession.objects.create(kind="department", old="O", new="D", since=legal_day(now()), basis="改革")
    told = make.api("D", "agreements").get(f"{URL}{agreement.reference}/")
    assert told.json()["requester"]["code"] == "D"


def test_a_list_is_read_in_a_fixed_number_of_queries(caller: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert caller.get(URL).status_code == 200
        return len(found)

    make.agreement()
    few = queries()
    for _ in range(5):
        make.agreement()
    assert queries() == few


def test_a_days_quota_over_the_api_is_429_with_when_to_come_back(people: People) -> None:
    deed = make.issued(make.DEED)
    caller = make.api("O")
    body = {"number": deed.number, "item": "O3", "purpose": "规划许可", "case": "外部-1"}
    with time_machine.travel(dt.datetime(2027, 3, 1, 2, tzinfo=dt.UTC), tick=False):
        agreement_in("in_force", people, quota=1, quota_per="day")
        caller = make.api("O")
        assert caller.post("/api/v1/verifications/", body, format="json").status_code == 200
        answer = caller.post("/api/v1/verifications/", body, format="json")
        problem(answer, 429, "daily_quota_used")
        assert answer["Retry-After"] == str(14 * 3600)
        read = caller.get(f"/api/v1/licences/{deed.identifier}/", {k: body[k] for k in ("item", "purpose", "case")})
        problem(read, 429, "daily_quota_used")
