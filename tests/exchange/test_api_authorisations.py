"""POST /api/v1/authorisations/redeem/ and GET /api/v1/authorisations/: codes become rights of one department."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from exchange.authorising.codes import TRYING, offer_code
from exchange.authorising.granting import revoke
from foundation.clock import now
from tests import factories as make

pytestmark = pytest.mark.django_db

REDEEM, LIST = "/api/v1/authorisations/redeem/", "/api/v1/authorisations/"
SCOPES = "verify disclose authorisations"
OPERATOR = {"account": "li", "name": "李经办"}


@pytest.fixture(autouse=True)
def _city() -> None:
    cache.clear()
    make.city()


def _code(citizen: make.Citizen, days: int = 0) -> str:
    wanted = make.licence_type(make.DEED)
    return offer_code(person=citizen.person, holder=citizen.company.pk, licence_type=wanted, days=days).code


def _redeem(caller: Any, code: str, **values: Any) -> Any:
    body = {"code": code, "item": "O3", "purpose": "规划许可", "operator": OPERATOR, **values}
    return caller.post(REDEEM, body, format="json", HTTP_ACCEPT_LANGUAGE="en")


def test_a_system_redeems_a_code_and_reads_the_licence_with_it_once() -> None:
    citizen, caller = make.citizen(), make.api("O", SCOPES)
    deed = make.issued(make.DEED, citizen.company)
    answer = _redeem(caller, _code(citizen))
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["state"], body["item"], body["purpose"], body["once"]) == ("in_force", "O3", "规划许可", True)
    assert body["licence_type"]["code"] == deed.licence_type.code
    query = {"item": "O3", "purpose": "规划许可", "case": "柜台-1", "authorisation": body["id"]}
    verified = caller.post("/api/v1/verifications/", {**query, "number": deed.number}, format="json")
    assert (verified.json()["outcome"], verified.json()["licence"]["identifier"]) == ("valid", deed.identifier)
    read = caller.get(f"/api/v1/licences/{deed.identifier}/", query)
    assert read.json()["ground"]["en"] == "Access is permitted: authorised by the holder."
    again = caller.get(f"/api/v1/licences/{deed.identifier}/", query)
    assert (again.status_code, again.json()["reason"]) == (403, "authorisation_used")


def test_a_number_of_another_holder_is_not_opened_by_it() -> None:
    citizen, caller = make.citizen(), make.api("O", SCOPES)
    foreign = make.issued(make.DEED, make.company(8))
    given = _redeem(caller, _code(citizen)).json()["id"]
    query = {"item": "O3", "purpose": "规划许可", "case": "1", "authorisation": given}
    assert caller.get(f"/api/v1/licences/{foreign.identifier}/", query).status_code == 404
    verified = caller.post("/api/v1/verifications/", {**query, "number": foreign.number}, format="json")
    assert verified.json()["outcome"] == "mismatch"


@pytest.mark.parametrize(
    ("values", "status", "reason"),
    [
        ({"code": "0000-0000-0000"}, 404, "authorisation_code_invalid"),
        ({"item": "M1"}, 403, "item_of_other_department"),
        ({"item": "O2"}, 403, "type_not_needed"),
        ({"operator": None}, 400, "input_invalid"),
        ({"code": ""}, 400, "input_invalid"),
        ({"code": "x" * 41}, 400, "input_invalid"),
    ],
)
def test_what_cannot_be_redeemed_says_why(values: dict[str, Any], status: int, reason: str) -> None:
    answer = _redeem(make.api("O", SCOPES), **{"code": _code(make.citizen()), **values})
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


def test_neither_case_nor_operator_is_refused() -> None:
    body = {"code": _code(make.citizen()), "item": "O3"}
    answer = make.api("O", SCOPES).post(REDEEM, body, format="json")
    assert (answer.status_code, answer.json()["reason"]) == (403, "case_or_operator_missing")


def test_another_department_redeems_nothing_with_a_code_that_it_saw() -> None:
    code = _code(make.citizen())
    answer = _redeem(make.api("M", SCOPES), code)
    assert (answer.status_code, answer.json()["reason"]) == (403, "item_of_other_department")
    assert _redeem(make.api("O", SCOPES), code).status_code == 201


def test_a_replayed_or_late_code_opens_nothing() -> None:
    citizen, caller = make.citizen(), make.api("O", SCOPES)
    code, late = _code(citizen), _code(citizen)
    assert _redeem(caller, code).status_code == 201
    assert _redeem(caller, code).json()["reason"] == "authorisation_code_invalid"
    with time_machine.travel(now() + dt.timedelta(seconds=61)):
        assert _redeem(caller, late).json()["reason"] == "authorisation_code_invalid"


def test_guessing_is_stopped_with_when_to_come_back() -> None:
    caller = make.api("O", SCOPES)
    with time_machine.travel(now(), tick=False):
        answers = [_redeem(caller, f"0000-0000-{n:04}") for n in range(TRYING.most + 1)]
    assert {a.status_code for a in answers[:-1]} == {404}
    last = answers[-1]
    assert (last.status_code, last.json()["reason"]) == (429, "rate_exceeded")
    assert 0 < int(last["Retry-After"]) <= 60


@pytest.mark.parametrize("path", [REDEEM, LIST])
def test_a_token_without_the_scope_is_refused(path: str) -> None:
    caller = make.api("O")
    answer = caller.post(path, {}, format="json") if path == REDEEM else caller.get(path)
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")


def test_a_department_lists_what_it_was_given_and_nothing_of_others() -> None:
    citizen = make.citizen()
    own = make.authorisation(citizen.own, citizen.person)
    taken_back = make.authorisation(citizen.company, citizen.person)
    revoke(taken_back.pk, person=citizen.person)
    caller = make.api("O", SCOPES)
    with make.recorded() as entries:
        body = caller.get(LIST).json()
    assert [row["id"] for row in body["results"]] == [str(own.pk)]
    assert body["results"][0]["holder"] == "张**"
    assert [e.action for e in entries] == ["list_authorisations"]
    over = caller.get(LIST, {"state": "over", "item": "O3"}).json()["results"]
    assert [(row["id"], row["state"]) for row in over] == [(str(taken_back.pk), "revoked")]
    assert caller.get(LIST, {"item": "O2"}).json()["count"] == 0
    assert make.api("M", SCOPES).get(LIST).json()["count"] == 0
    assert caller.get(LIST, {"state": "nonsense"}).status_code == 400


def test_a_list_takes_as_many_queries_however_long_it_is(django_assert_max_num_queries: Any) -> None:
    citizen, caller = make.citizen(), make.api("O", SCOPES)
    for _ in range(5):
        make.authorisation(citizen.company, citizen.person)
    with django_assert_max_num_queries(12):
        assert caller.get(LIST).json()["count"] == 5
