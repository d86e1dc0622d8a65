"""GET /api/v1/licences/{identifier}/: the permitted fields, for a case."""

from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from audit.models import Entry
from exchange.applying import Choice
from licences.numbering import Identifier
from tests import factories as make

pytestmark = pytest.mark.django_db

WHY = {"item": "O2", "purpose": "建设用地规划许可", "case": "O2-外部-0001"}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("O")


def _get(caller: APIClient, identifier: str, **values: str) -> Any:
    return caller.get(f"/api/v1/licences/{quote(identifier, safe='')}/", {**WHY, **values})


def _recorded(caller: APIClient, identifier: str, **values: str) -> tuple[Any, Entry]:
    with make.recorded() as entries:
        answer = _get(caller, identifier, **values)
    (entry,) = entries
    assert answer.json()["record"] == str(entry.pk)
    assert answer["Cache-Control"] == "no-store"
    return answer, entry


def _problem(answer: Any, status: int, reason: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = dict(answer.json())
    assert (body["status"], body["reason"]) == (status, reason)
    assert set(body["explanation"]) == {"zh", "en"}
    return body


def test_the_permitted_fields_are_shown_with_their_names_and_the_ground() -> None:
    licence = make.issued(make.LAND, make.company(3))
    answer, entry = _recorded(make.api("O"), licence.identifier)
    body = answer.json()
    assert (answer.status_code, body["outcome"], body["code"]) == (200, "valid", 0)
    assert "无条件共享" in body["ground"]["zh"]
    assert "unconditionally" in body["ground"]["en"]
    shown = {f["field"]: f["value"] for f in body["fields"]}
    assert shown["certificateNumber"] == licence.number
    # The case is none of ours, so that nobody knows whose licence is meant: the holder's number is not told.
    assert "certificateHolderCode" not in shown
    assert {"zh": "持证主体", "en": "Holder"} in [f["name"] for f in body["fields"]]
    assert (entry.action, entry.subject, entry.fields) == ("disclose", licence.identifier, sorted(shown))


def test_an_agreement_narrows_what_is_shown(caller: APIClient) -> None:
    made = make.agreement(fields=["certificateHolderName"])
    body = _get(caller, make.issued(make.DEED).identifier, item="O3").json()
    assert [f["field"] for f in body["fields"]] == ["certificateHolderName"]
    assert made.reference in body["ground"]["en"]


def test_a_presented_licence_is_shown_for_its_application(caller: APIClient) -> None:
    applicant = make.citizen()
    deed = make.issued(make.DEED, applicant.company)
    case = make.submitted(applicant, {1: Choice(licence=deed.pk)}, "O3").number
    assert _get(caller, deed.identifier, item="O3", case=case).status_code == 200
    _problem(_get(caller, deed.identifier, item="O3"), 403, "agreement_missing")


def test_a_tampered_licence_shows_nothing(caller: APIClient) -> None:
    answer, entry = _recorded(caller, make.tampered().identifier)
    assert (answer.json()["outcome"], answer.json()["fields"]) == ("signature_invalid", [])
    assert entry.fields == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"case": ""}, "case_missing"),
        ({"item": "X99"}, "item_unknown"),
        ({"item": "D2"}, "item_of_other_department"),
        ({"item": "O3"}, "licence_not_found"),
    ],
)
def test_a_refusal_is_a_problem_and_leaves_one_entry(caller: APIClient, values: dict[str, str], reason: str) -> None:
    answer, entry = _recorded(caller, make.issued().identifier, **values)
    _problem(answer, 404 if reason == "licence_not_found" else 403, reason)
    assert (entry.action, entry.outcome) == ("disclose", "refused")


def test_absent_outside_and_foreign_licences_answer_alike_byte_for_byte_but_for_address_and_record(
    caller: APIClient,
) -> None:
    applicant = make.citizen(1)
    choices = {1: Choice(licence=make.issued(make.STUDY, applicant.company).pk), 2: Choice(number="某〔2026〕1号")}
    case = make.submitted(applicant, choices, "O2").number
    absent = str(Identifier(make.licence_type(make.LAND).code, make.department("L").uscc, "19990000001", 1))
    answers = set()
    for identifier in (absent, make.issued(make.SITE).identifier, make.issued(make.LAND, make.company(2)).identifier):
        answer, _ = _recorded(caller, identifier, case=case)
        assert answer.status_code == 404
        body = answer.json()
        answers.add(answer.content.replace(body["record"].encode(), b"").replace(body["instance"].encode(), b""))
    assert len(answers) == 1


def test_missing_parameters_are_named_at_once(caller: APIClient) -> None:
    answer = caller.get(f"/api/v1/licences/{make.issued().identifier}/")
    body = _problem(answer, 400, "input_invalid")
    assert {e["field"] for e in body["errors"]} == {"item", "purpose"}


@pytest.mark.parametrize("field", ["item", "purpose", "case"])
@pytest.mark.parametrize("value", ["长" * 300, "a\0b"])
def test_hostile_parameters_are_named(caller: APIClient, field: str, value: str) -> None:
    body = _problem(_get(caller, make.issued().identifier, **{field: value}), 400, "input_invalid")
    assert [e["field"] for e in body["errors"]] == [field]


@pytest.mark.parametrize("identifier", ["a" * 3000, "a\0b", "\0", "%", "..", "' OR 1=1", "证照", "😀"])
def test_a_hostile_identifier_is_an_absent_one(caller: APIClient, identifier: str) -> None:
    make.issued()
    answer, entry = _recorded(caller, identifier)
    _problem(answer, 404, "licence_not_found")
    assert entry.reason == "not_found"


def test_fields_are_read_by_get_only(caller: APIClient) -> None:
    answer = caller.post(f"/api/v1/licences/{make.issued().identifier}/", {}, format="json")
    _problem(answer, 405, "method_not_allowed")


def test_without_a_token_nothing_is_shown() -> None:
    answer = APIClient().get(f"/api/v1/licences/{make.issued().identifier}/", WHY)
    _problem(answer, 401, "not_signed_in")
