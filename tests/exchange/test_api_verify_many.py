"""POST /api/v1/verifications/batch/, as a department's system calls it."""

import datetime as dt
from typing import Any
from unittest.mock import patch

import pytest
from rest_framework.test import APIClient

from exchange import verifying_many
from exchange.models import Agreement
from exchange.verifying import verify_number
from foundation.clock import now
from tests import factories as make
from tests.databases import record_down

pytestmark = pytest.mark.django_db

URL = "/api/v1/verifications/batch/"
SHARED = {"item": "O2", "purpose": "建设用地规划许可", "case": "O2-外部-0001"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("O")


def _post(caller: APIClient, rows: Any, **shared: Any) -> Any:
    return caller.post(URL, {**SHARED, **shared, "verifications": rows}, format="json")


def _told(answer: Any) -> list[str]:
    """Return the outcome or the reason of each row's answer."""
    assert answer.status_code == 200, answer.content
    answers = answer.json()["answers"]
    assert [a["row"] for a in answers] == list(range(len(answers)))
    return [a["verification"]["outcome"] if a["verification"] else a["problem"]["reason"] for a in answers]


def test_each_row_has_its_own_outcome_and_its_own_entry(caller: APIClient) -> None:
    good, revoked = make.issued(make.LAND), make.operated("revoke", make.LAND, make.company(2))
    rows = [{"number": good.number}, {"number": "没有〔2026〕9号"}, {"number": revoked.number}, {"number": good.number}]
    with make.recorded() as entries:
        answer = _post(caller, rows)
    assert _told(answer) == ["valid", "not_found", "no_longer_valid", "valid"]
    records = [a["verification"]["record"] for a in answer.json()["answers"]]
    assert records == [str(e.pk) for e in entries]
    assert [e.outcome for e in entries] == _told(answer)
    assert {e.request_id for e in entries} == {answer["X-Request-ID"]}
    assert answer["Cache-Control"] == "no-store"


def test_a_row_is_answered_as_it_is_alone(caller: APIClient) -> None:
    licence = make.issued(make.LAND, make.someone(3))
    (together,) = _post(caller, [{"number": licence.number}]).json()["answers"]
    alone = caller.post("/api/v1/verifications/", {**SHARED, "number": licence.number}, format="json").json()
    own = ("record", "checked_at")
    assert {k: v for k, v in together["verification"].items() if k not in own} == {
        k: v for k, v in alone.items() if k not in own
    }
    assert together["problem"] is None


def test_a_row_may_say_for_itself_what_the_others_have_in_common(caller: APIClient) -> None:
    licence = make.issued(make.LAND)
    operator = {"account": "li", "name": "李经办"}
    rows = [
        {"number": licence.number, "item": "L1"},
        {"number": licence.number, "case": "", "operator": operator},
        {"number": licence.number, "case": ""},
        {"number": licence.number, "licence_type": make.PERMIT},
        {"number": licence.number, "holder_code": make.company_code(77)},
    ]
    answer = _post(caller, rows)
    assert _told(answer) == [
        "item_of_other_department", "valid", "case_or_operator_missing", "type_not_needed", "mismatch",
    ]  # fmt: skip
    assert "identifier" not in answer.json()["answers"][1]["verification"]["licence"]


def test_a_refused_row_names_its_entry_and_its_place(caller: APIClient) -> None:
    with make.recorded() as entries:
        (told,) = _post(caller, [{"number": "X-1", "item": "L1"}]).json()["answers"]
    assert told["verification"] is None
    assert told["problem"]["record"] == str(entries[0].pk)
    assert told["problem"]["instance"] == f"{URL}#/verifications/0"
    assert told["problem"]["status"] == 403


@pytest.mark.parametrize("row", [{}, {"number": ""}, {"number": "x" * 201}, {"number": ["x"]}, "x", None, 7, []])
def test_a_faulty_row_is_named_and_spoils_no_other(caller: APIClient, row: Any) -> None:
    licence = make.issued(make.LAND)
    with make.recorded() as entries:
        answer = _post(caller, [{"number": licence.number}, row, {"number": licence.number}])
    assert _told(answer) == ["valid", "input_invalid", "valid"]
    problem = answer.json()["answers"][1]["problem"]
    assert problem["status"] == 400
    assert problem["errors"]
    assert "record" not in problem
    assert len(entries) == 2


@pytest.mark.parametrize("body", [{}, {"verifications": []}, {"verifications": "x"}, [], "x", {"verifications": {}}])
def test_a_call_without_rows_is_bad_input(caller: APIClient, body: Any) -> None:
    with make.recorded() as entries:
        answer = caller.post(URL, body, format="json")
    assert answer.status_code == 400, answer.content
    assert [e["field"] for e in answer.json()["errors"]] == ["verifications"]
    assert entries == []


def test_a_thousand_rows_are_answered_and_one_more_is_too_many(caller: APIClient) -> None:
    with patch.object(verifying_many, "verify_number", side_effect=lambda ask, standing: _refusal()) as asked:
        assert len(_told(_post(caller, [{"number": "x"}] * 1000))) == 1000
    assert asked.call_count == 1000
    assert _post(caller, [{"number": "x"}] * 1001).status_code == 400


def _refusal() -> Any:
    from foundation.reasons import Refused, because

    raise Refused(because("item_unknown", item="x"))


def test_an_agreement_that_ends_in_the_middle_is_not_relied_on_afterwards(caller: APIClient) -> None:
    deed, agreed = make.issued(make.DEED), make.agreement()
    ask, count = verify_number, 0

    def ending(*args: Any, **values: Any) -> Any:
        nonlocal count
        count += 1
        if count == 3:
            Agreement.objects.filter(pk=agreed.pk).update(until=now() - dt.timedelta(microseconds=1))
        return ask(*args, **values)

    with patch.object(verifying_many, "verify_number", ending):
        answer = _post(caller, [{"number": deed.number}] * 4, item="O3")
    assert _told(answer) == ["valid", "valid", "agreement_ended", "agreement_ended"]


def test_where_the_record_cannot_be_written_nothing_is_answered(caller: APIClient) -> None:
    licence = make.issued(make.LAND)
    with record_down():
        answer = _post(caller, [{"number": licence.number}, {"number": "x", "item": "L1"}])
    assert answer.status_code == 503
    assert "answers" not in answer.json()


def test_a_token_without_the_scope_verifies_none() -> None:
    assert _post(make.api("O", "disclose"), [{"number": "x"}]).status_code == 403
    assert APIClient().post(URL, {"verifications": [{"number": "x"}]}, format="json").status_code == 401


def test_the_problem_of_a_row_is_told_in_the_callers_language(caller: APIClient) -> None:
    answer = caller.post(
        URL,
        {**SHARED, "verifications": [{"number": "x", "item": "L1"}]},
        format="json",
        headers={"Accept-Language": "en"},
    )
    assert answer.json()["answers"][0]["problem"]["detail"].startswith("Item L1 belongs")
