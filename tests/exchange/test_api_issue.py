"""POST /api/v1/licences/, as a department's system issues."""

import datetime as dt
import json
from typing import Any

import pytest
from django.conf import settings as django_settings
from rest_framework.test import APIClient

from audit.models import Entry
from foundation.clock import legal_day, now
from foundation.context import PLATFORM
from licences.holders import open_number
from licences.models import Holder, IssueRequest, Licence
from licences.outcomes import Outcome
from licences.storing import stored_credential
from licences.verification import verify_found
from portal.demonstration.numbers import company_code, identity_number
from registry.defining import define_type
from registry.forms import Form
from registry.models import Succession
from tests import factories as make

pytestmark = pytest.mark.django_db

URL = "/api/v1/licences/"
COMPANY = {"name": "蓉城精密机械有限公司", "code_type": "001", "number": company_code(500)}
PERSON = {"name": "张三丰", "code_type": "111", "number": identity_number(500)}


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("L", "issue")


def issue(caller: APIClient, key: str = "key-of-this-test", **values: Any) -> Any:
    body = {"licence_type": make.LAND, "holders": [COMPANY], "content": {"projectName": "改造"}, **values}
    return caller.post(URL, body, format="json", headers={"Idempotency-Key": key} if key else {})


def problem(answer: Any, status: int, reason: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = dict(answer.json())
    assert (body["status"], body["reason"], body["instance"]) == (status, reason, URL)
    assert {e["field"] for e in body.get("errors", [])} == {e["field"] for e in body.get("errors", []) if e["message"]}
    return body


def faults(answer: Any) -> dict[str, str]:
    return {e["field"]: e["reason"] for e in problem(answer, 400, "input_invalid")["errors"]}


def test_a_licence_is_issued_with_all_that_its_holder_and_the_caller_need(caller: APIClient) -> None:
    answer = issue(caller)
    assert answer.status_code == 201
    body = answer.json()
    licence = Licence.objects.get(identifier=body["identifier"])
    assert answer["Location"] == f"{URL}{licence.identifier}/"
    assert answer["Cache-Control"] == "no-store"
    assert "Idempotent-Replayed" not in answer
    assert (body["number"], body["version"], body["state"]) == (licence.number, 1, "valid")
    assert (body["type"]["code"], body["issuer"]["code"]) == (licence.licence_type.code, "L")
    today = legal_day(now())
    assert (body["valid_from"], body["valid_until"]) == (today.isoformat(), licence.valid_until.isoformat())  # type: ignore[union-attr]
    assert body["check_address"] == f"{django_settings.PUBLIC_URL}/c/{licence.check_code}"
    assert body["credential"] == str(stored_credential(licence))
    verified = verify_found([licence], at=now())
    assert verified.outcome is Outcome.VALID
    assert verified.claims
    assert (verified.claims["projectName"], verified.claims["certificateHolderName"]) == ("改造", COMPANY["name"])


def test_it_is_recorded_as_the_clients_act(caller: APIClient) -> None:
    with make.recorded() as entries:
        licence = issue(caller).json()
    (entry,) = (e for e in entries if e.action == "issue")
    assert (entry.outcome, entry.subject) == ("issued", licence["identifier"])
    assert (entry.actor_role, entry.actor_department, entry.actor_client != "") == ("client", "L", True)


def test_a_type_may_be_named_by_its_code_too(caller: APIClient) -> None:
    assert issue(caller, licence_type=make.licence_type(make.LAND).code).status_code == 201


def test_several_holders_stand_in_the_licence_in_their_order(caller: APIClient) -> None:
    body = issue(caller, holders=[PERSON, COMPANY]).json()
    licence = Licence.objects.get(identifier=body["identifier"])
    claims = verify_found([licence], at=now()).claims
    assert claims
    assert claims["certificateHolderName"] == f"{PERSON['name']}、{COMPANY['name']}"
    assert sorted(map(open_number, licence.holders.all())) == sorted([PERSON["number"], COMPANY["number"]])


def test_a_licence_from_paper_keeps_its_number_and_days(caller: APIClient) -> None:
    days = {"issued_on": "2016-05-04", "valid_from": "2016-06-01", "valid_until": "2030-12-31"}
    body = issue(caller, number="蓉国土〔2016〕7号", **days).json()
    assert (body["number"], body["valid_from"], body["valid_until"]) == (
        "蓉国土〔2016〕7号", days["valid_from"], days["valid_until"],
    )  # fmt: skip
    assert body["issued_at"].startswith("2016-05-04")


# --- The same request twice --------------------------------------------------------------------------------------


def test_the_same_request_sent_twice_issues_once_and_answers_the_same(caller: APIClient) -> None:
    first, second = issue(caller), issue(caller)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second["Idempotent-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    assert second.json() == first.json()
    assert Licence.objects.count() == 1
    assert Entry.objects.filter(action="issue", outcome="issued").count() == 1


def test_a_body_that_only_names_what_is_the_case_anyway_is_the_same_request(caller: APIClient) -> None:
    assert issue(caller).status_code == 201
    assert issue(caller, number="", valid_from=None).status_code == 200


def test_the_same_key_with_another_body_is_refused(caller: APIClient) -> None:
    issue(caller)
    problem(issue(caller, content={"projectName": "别的"}), 409, "idempotency_key_reused")
    assert Licence.objects.count() == 1


def test_another_client_may_use_the_same_key(caller: APIClient) -> None:
    first, second = issue(caller), issue(make.api("L", "issue"))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["identifier"] != second.json()["identifier"]


def test_a_request_that_was_refused_leaves_its_key_free_and_nothing_behind(caller: APIClient) -> None:
    assert faults(issue(caller, valid_from="2026-02-01", valid_until="2026-01-01"))
    assert (IssueRequest.objects.count(), Holder.objects.count(), Licence.objects.count()) == (0, 0, 0)
    assert issue(caller).status_code == 201


def test_a_replay_answers_whatever_has_changed_since(caller: APIClient) -> None:
    number = issue(caller, number="蓉国土〔2016〕7号").json()["number"]
    define_type(make.licence_type(make.LAND), Form(two_persons=True), actor=PLATFORM)
    again = issue(caller, number="蓉国土〔2016〕7号")
    assert (again.status_code, again.json()["number"]) == (200, number)


@pytest.mark.parametrize("key", ["", "short", "x" * 121, "with space", "密" * 8, "tab\tinside"])
def test_a_key_that_is_missing_or_malformed_is_refused_and_the_header_named(caller: APIClient, key: str) -> None:
    body = problem(issue(caller, key), 400, "idempotency_key_missing")
    assert "Idempotency-Key" in body["explanation"]["zh"]
    assert "Idempotency-Key" in body["explanation"]["en"]
    assert not Licence.objects.exists()


@pytest.mark.parametrize("key", ["12345678", "x" * 120, "!\"#$%&'()~"])
def test_keys_of_8_to_120_visible_characters_are_taken(caller: APIClient, key: str) -> None:
    assert issue(caller, key).status_code == 201


# --- Who may issue what ------------------------------------------------------------------------------------------


def test_another_departments_type_is_refused_and_its_owner_named() -> None:
    with make.recorded() as entries:
        body = problem(issue(make.api("O", "issue")), 403, "type_of_other_department")
    assert "国土局" in body["explanation"]["zh"]
    assert "Land Bureau" in body["explanation"]["en"]
    (entry,) = (e for e in entries if e.action == "issue")
    assert (entry.outcome, entry.reason, str(entry.pk)) == ("refused", "type_of_other_department", body["record"])


def test_the_department_that_succeeded_the_owner_issues_its_types() -> None:
    Succession.objects.create(kind="department", old="L", new="O", since=dt.date(2020, 1, 1))
    answer = issue(make.api("O", "issue"))
    assert answer.status_code == 201, answer.content
    assert answer.json()["issuer"]["code"] == "O"
    problem(issue(make.api("L", "issue")), 403, "type_of_other_department")


def test_a_type_that_was_succeeded_is_issued_as_its_successor(caller: APIClient) -> None:
    Succession.objects.create(kind="licence_type", old=make.LAND, new=make.DEED, since=dt.date(2020, 1, 1))
    assert issue(caller).json()["type"]["name"]["zh"] == make.DEED


def test_the_scope_issue_is_needed() -> None:
    problem(issue(make.api("L", "verify disclose")), 403, "scope_missing")
    problem(issue(APIClient()), 401, "not_signed_in")


def test_a_client_that_is_not_active_any_more_issues_nothing() -> None:
    made, secret = make.client("L")
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {make.token(made, secret, 'issue')}")
    make.edit(made, active=False)
    problem(issue(caller), 403, "client_inactive")


def test_a_type_for_two_persons_is_not_issued_by_one_call_and_the_refusal_says_what_to_do(caller: APIClient) -> None:
    define_type(make.licence_type(make.LAND), Form(two_persons=True), actor=PLATFORM)
    body = problem(issue(caller), 409, "two_persons_needed")
    assert "draft" in body["explanation"]["en"]
    assert not Licence.objects.exists()


def test_without_a_key_in_force_nothing_is_issued(caller: APIClient) -> None:
    make.department("L").signing_keys.update(retired_at=now())
    problem(issue(caller), 409, "item_not_issuing")
    assert not Holder.objects.exists()


@pytest.mark.parametrize("name", ["没有这种证照", "' OR 1=1", "😀"])
def test_a_type_that_does_not_exist_is_named(caller: APIClient, name: str) -> None:
    assert faults(issue(caller, licence_type=name)) == {"licence_type": "field_invalid"}


def test_an_alias_of_several_types_asks_for_the_code() -> None:
    answer = issue(make.api("M", "issue"), licence_type=make.ENVIRONMENT)
    assert faults(answer) == {"licence_type": "field_invalid"}
    assert "several" in answer.json()["errors"][0]["message"]["en"]


# --- What a licence says -----------------------------------------------------------------------------------------


def test_all_faults_are_named_at_once_by_their_paths(caller: APIClient) -> None:
    wrong = COMPANY["number"][:17] + ("0" if COMPANY["number"][17] != "0" else "1")
    answer = issue(
        caller,
        holders=[PERSON, {**COMPANY, "number": wrong}, PERSON],
        content={"projectName": 7, "unknown": 1},
        valid_from="2026-05-01",
        valid_until="2026-04-30",
    )
    assert faults(answer) == {
        "holders.1.number": "holder_number_invalid",
        "holders.2.number": "holder_twice",
        "content.projectName": "content_field_invalid",
        "content.unknown": "content_field_unknown",
        "valid_until": "dates_reversed",
    }
    (fault,) = (e for e in answer.json()["errors"] if e["field"] == "holders.1.number")
    assert COMPANY["number"][17] in fault["message"]["zh"]
    assert f"should be {COMPANY['number'][17]}" in fault["message"]["en"]
    assert wrong not in answer.content.decode()


def test_shapes_that_are_wrong_inside_a_list_are_named_by_their_paths(caller: APIClient) -> None:
    holders = [COMPANY, {"name": "", "code_type": "777"}, "a company"]
    assert faults(issue(caller, holders=holders)) == {
        "holders.1.name": "field_required",
        "holders.1.code_type": "field_invalid",
        "holders.1.number": "field_required",
        "holders.2": "field_invalid",
    }


@pytest.mark.parametrize("holders", [[], None, {}, "a company", [None]])
def test_a_licence_needs_holders(caller: APIClient, holders: Any) -> None:
    named = faults(issue(caller, holders=holders))
    assert {name.split(".")[0] for name in named} == {"holders"}


@pytest.mark.parametrize(
    "content",
    [
        '{"projectName": "a\\u0000b"}',
        '{"projectName": "\\ud800"}',
        '{"\\ud800": "1"}',
        '{"projectName": 1e999}',
        '{"a": {"b": ["\\u0000"]}}',
        "[]",
        '"text"',
    ],
)
def test_content_that_cannot_be_signed_is_refused(caller: APIClient, content: str) -> None:
    body = json.dumps({"licence_type": make.LAND, "holders": [COMPANY], "content": 0})
    sent = body.replace('"content": 0', f'"content": {content}')
    answer = caller.post(URL, sent, content_type="application/json", headers={"Idempotency-Key": "key-of-this-test"})
    assert set(faults(answer)) == {"content"}
    assert not Licence.objects.exists()


def test_content_that_is_nested_too_deep_is_refused(caller: APIClient) -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    assert faults(issue(caller, content={"projectName": deep})) == {"content": "field_invalid"}


@pytest.mark.parametrize("field", ["issued_on", "valid_from", "valid_until"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "yesterday", 20260101])
def test_a_day_that_cannot_be_is_named(caller: APIClient, field: str, day: Any) -> None:
    assert field in faults(issue(caller, **{field: day}))


def test_a_licence_whose_term_has_ended_before_it_begins_is_refused(caller: APIClient) -> None:
    yesterday = legal_day(now()) - dt.timedelta(days=1)
    assert faults(issue(caller, valid_until=yesterday.isoformat())) == {"valid_until": "dates_reversed"}


@pytest.mark.parametrize("number", ["​", "ﷺ" * 20, "1" * 121, "a\0b"])
def test_a_number_that_cannot_be_found_again_is_refused(caller: APIClient, number: str) -> None:
    assert "number" in faults(issue(caller, number=number))


def test_a_number_that_is_taken_is_named(caller: APIClient) -> None:
    issue(caller, "first-key", number="蓉国土〔2016〕7号")
    body = problem(issue(caller, "other-key", number="蓉国土[2016]7号"), 409, "number_taken")
    assert [e["field"] for e in body["errors"]] == ["number"]
    assert Licence.objects.count() == 1


def test_no_answer_repeats_a_holders_number(caller: APIClient) -> None:
    answers = [issue(caller), issue(caller, "another-key", holders=[{**PERSON, "code_type": "001"}])]
    for answer in answers:
        # The credential itself is the holder's, and encoded.
        assert COMPANY["number"] not in answer.content.decode()
        assert PERSON["number"] not in answer.content.decode()


# --- Replacing ---------------------------------------------------------------------------------------------------


def test_a_change_takes_the_place_of_the_version_before(caller: APIClient) -> None:
    first = issue(caller, "first-key").json()
    answer = issue(caller, "second-key", replaces=first["identifier"], operation="change")
    assert answer.status_code == 201, answer.content
    second = answer.json()
    assert (second["number"], second["version"]) == (first["number"], 2)
    old = Licence.objects.get(identifier=first["identifier"])
    assert (old.state, old.next.identifier) == ("replaced", second["identifier"])
    again = issue(caller, "second-key", replaces=first["identifier"], operation="change")
    assert (again.status_code, again.json()) == (200, second)
    problem(issue(caller, "third-key", replaces=first["identifier"], operation="renew"), 409, "operation_not_allowed")


def test_a_transfer_passes_it_to_another_holder(caller: APIClient) -> None:
    first = issue(caller, "first-key").json()
    second = issue(caller, "second-key", replaces=first["identifier"], operation="transfer", holders=[PERSON]).json()
    assert Licence.objects.get(identifier=first["identifier"]).state == "transferred"
    assert [h.name for h in Licence.objects.get(identifier=second["identifier"]).holders.all()] == [PERSON["name"]]


def test_only_the_departments_own_licences_of_the_type_are_replaced(caller: APIClient) -> None:
    foreign, other = make.issued(make.SITE), make.issued(make.DEED)
    for number, identifier in enumerate((foreign.identifier, other.identifier, "nothing", other.number)):
        answer = issue(caller, f"key-{number:05}", replaces=identifier, operation="renew")
        assert faults(answer) == {"replaces": "no_such_licence"}


def test_replaces_and_operation_go_together(caller: APIClient) -> None:
    assert faults(issue(caller, replaces=make.issued().identifier)) == {"operation": "field_required"}
    assert faults(issue(caller, operation="renew")) == {"replaces": "field_required"}
    assert faults(issue(caller, replaces="x", operation="revoke")) == {"operation": "field_invalid"}
