"""POST /api/v1/licences/search/: a holder's licences of a type, each look recorded, nothing an oracle."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from exchange.applying import Choice
from exchange.looking import looks_at
from foundation.clock import now
from licences.models import Holder
from portal.demonstration.numbers import company_code
from tests import factories as make

pytestmark = pytest.mark.django_db

URL = "/api/v1/licences/search/"
ASK = {"item": "O2", "purpose": "建设用地规划许可", "case": "O2-外部-0001", "licence_type": make.LAND}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("O")


def _post(caller: APIClient, **values: Any) -> Any:
    return caller.post(URL, {**ASK, "holder_code": company_code(1), **values}, format="json")


def test_the_holders_licences_of_the_type_are_told_the_newest_first(caller: APIClient) -> None:
    first, second = make.issued(), make.issued()
    make.issued(make.LAND, make.company(2))
    make.issued(make.STUDY)
    body = _post(caller).json()
    assert [one["identifier"] for one in body["results"]] == [second.identifier, first.identifier]
    assert body["count"] == 2
    assert body["results"][0]["number"] == second.number
    assert body["results"][0]["outcome"] == "valid"


def test_one_that_is_no_longer_valid_is_told_as_such(caller: APIClient) -> None:
    make.operated("revoke")
    (found,) = _post(caller).json()["results"]
    assert (found["outcome"], found["reason"]) == ("no_longer_valid", "revoked")


def test_without_a_case_no_identifier_is_told(caller: APIClient) -> None:
    make.issued()
    operator = {"account": "li", "name": "李经办"}
    (found,) = _post(caller, case="", operator=operator).json()["results"]
    assert found["number"]
    assert "identifier" not in found


def test_search_and_each_licence_found_stand_in_the_holders_view(caller: APIClient) -> None:
    licence = make.issued()
    with make.recorded() as entries:
        body = _post(caller).json()
    assert [(e.action, e.outcome) for e in entries] == [("search_holder", "done"), ("find_licence", "valid")]
    assert body["record"] == str(entries[0].pk)
    assert entries[1].subject == licence.identifier
    seen = {entry.pk for entry in looks_at([make.company(1).pk], at=now())}
    assert seen >= {entry.pk for entry in entries}


def test_no_leaf_names_holder_or_number(caller: APIClient) -> None:
    make.issued()
    with make.recorded() as entries:
        _post(caller)
    leaf = bytes(entries[0].leaf).decode()
    assert company_code(1) not in leaf
    assert str(make.company(1).pk) not in leaf


def _without_time_and_record(answer: Any) -> bytes:
    body = answer.json()
    text = bytes(answer.content)
    for member in ("record", "checked_at"):
        text = text.replace(json.dumps(body[member]).encode(), b'""')
    return text


def test_a_holder_nobody_knows_is_answered_like_one_without_such_licences_byte_for_byte(caller: APIClient) -> None:
    make.company(1)
    known, unknown = _post(caller), _post(caller, holder_code=company_code(77))
    assert known.status_code == unknown.status_code == 200
    assert known.json()["results"] == []
    assert _without_time_and_record(known) == _without_time_and_record(unknown)
    assert not Holder.objects.filter(number_index=b"").exists()


@pytest.mark.parametrize(
    ("code", "values", "reason"),
    [
        ("O", {"item": "O3"}, "type_not_needed"),
        ("O", {"item": "O3", "licence_type": make.DEED}, "agreement_missing"),
        ("O", {"item": "O4", "licence_type": make.EXPLOSIVES}, "not_shared"),
        ("O", {"licence_type": "没有的类型"}, "type_unknown"),
        ("O", {"case": ""}, "case_or_operator_missing"),
        ("O", {"item": "X"}, "item_unknown"),
        ("M", {}, "item_of_other_department"),
    ],
)
def test_what_the_decision_refuses_is_refused_alike_for_known_and_unknown_holders(
    code: str, values: dict[str, str], reason: str
) -> None:
    make.issued(make.DEED)
    caller = make.api(code)
    with make.recorded() as entries:
        answers = [_post(caller, **values), _post(caller, **values, holder_code=company_code(77))]
    assert [a.status_code for a in answers] == [403, 403]
    bodies = [a.json() for a in answers]
    assert [b.pop("record") for b in bodies] == [str(e.pk) for e in entries]
    assert bodies[0] == bodies[1]
    assert bodies[0]["reason"] == reason
    assert [(e.action, e.outcome, e.reason) for e in entries] == [("search_holder", "refused", reason)] * 2
    assert entries[0].subject == str(make.company(1).pk)


def test_a_refusal_takes_as_many_queries_whether_there_are_such_licences_or_not(
    caller: APIClient,
) -> None:
    for _ in range(3):
        make.issued(make.DEED)
    asked = {"item": "O3", "licence_type": make.DEED}
    _post(caller, **asked)  # what is read once and kept
    with CaptureQueriesContext(connection) as unknown:
        _post(caller, **asked, holder_code=company_code(77))
    with CaptureQueriesContext(connection) as known:
        _post(caller, **asked)
    assert len(known) == len(unknown)


def test_what_the_holder_presented_in_the_case_is_found_and_nothing_else_of_the_type(caller: APIClient) -> None:
    applicant = make.citizen()
    shown, _ = make.issued(make.DEED, applicant.company), make.issued(make.DEED, applicant.company)
    case = make.submitted(applicant, {1: Choice(licence=shown.pk)}, "O3").number
    body = _post(caller, item="O3", licence_type=make.DEED, case=case).json()
    assert [one["identifier"] for one in body["results"]] == [shown.identifier]


def test_an_authorised_holders_licences_are_found(caller: APIClient) -> None:
    citizen = make.citizen()
    licence = make.issued(make.DEED, citizen.company)
    make.authorisation(citizen.company, citizen.person)
    body = _post(caller, item="O3", licence_type=make.DEED, purpose="规划许可").json()
    assert [one["identifier"] for one in body["results"]] == [licence.identifier]


def test_a_former_number_finds_the_holder(caller: APIClient) -> None:
    licence = make.issued()
    assert _post(caller, holder_code=f" {company_code(1).lower()} ").json()["results"][0]["number"] == licence.number


def test_pages_hold_as_many_as_was_asked_for_and_only_those_are_recorded(caller: APIClient) -> None:
    numbers = [make.issued().number for _ in range(3)]
    with make.recorded() as entries:
        body = _post(caller, page=2, page_size=2).json()
    assert [one["number"] for one in body["results"]] == [numbers[0]]
    assert (body["count"], body["page"]) == (3, 2)
    assert len(entries) == 2


@pytest.mark.parametrize("values", [{"holder_code": ""}, {"page": 0}, {"page_size": 101}, {"holder_code": "\0"}])
def test_faulty_input_names_the_field(caller: APIClient, values: dict[str, Any]) -> None:
    answer = _post(caller, **values)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == next(iter(values))


def test_a_token_that_only_verifies_may_not_search() -> None:
    answer = _post(make.api("O", "verify"))
    assert (answer.status_code, answer.json()["reason"]) == (403, "scope_missing")


def test_nothing_of_an_answer_is_kept(caller: APIClient) -> None:
    assert _post(caller)["Cache-Control"] == "no-store"
