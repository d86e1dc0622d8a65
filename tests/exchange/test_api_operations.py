"""POST /api/v1/licences/{identifier}/operations/: what a department's system does to its own licences."""

import datetime as dt
import json
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from audit.models import Entry
from exchange.issuing import OPERATIONS, REPLACING
from licences import lifecycle
from licences.models import Licence
from licences.numbering import Identifier
from registry.models import Succession
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@pytest.fixture
def caller() -> APIClient:
    return make.api("L", "issue")


def operate(
    caller: APIClient, licence: Licence | str, operation: str, reason: str = "违法行为（处罚决定书7号）"
) -> Any:
    identifier = licence if isinstance(licence, str) else licence.identifier
    url = f"/api/v1/licences/{quote(identifier, safe='')}/operations/"
    return caller.post(url, {"operation": operation, "reason": reason}, format="json")


def problem(answer: Any, status: int, reason: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["reason"] == reason
    return body


@pytest.mark.parametrize(
    ("operation", "state"),
    [
        ("suspend", "suspended"),
        ("cancel", "cancelled"),
        ("revoke", "revoked"),
        ("withdraw", "withdrawn"),
        ("annul", "annulled"),
    ],
)
def test_an_operation_leads_to_its_state_and_is_recorded_with_its_reason(
    caller: APIClient, operation: str, state: str
) -> None:
    licence = make.issued()
    with make.recorded() as entries:
        answer = operate(caller, licence, operation)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["identifier"], body["operation"], body["state"]) == (licence.identifier, operation, state)
    assert body["state_name"] == {"zh": lifecycle.STATE_NAMES[lifecycle.State(state)].zh, "en": state}
    assert answer["Cache-Control"] == "no-store"
    licence.refresh_from_db()
    assert licence.state == state
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.subject) == (operation, state, licence.identifier)
    assert (entry.actor_role, entry.actor_department) == ("client", "L")


def test_what_was_suspended_is_resumed(caller: APIClient) -> None:
    licence = make.issued()
    assert [operate(caller, licence, o).json()["state"] for o in ("suspend", "resume")] == ["suspended", "valid"]


def test_an_operation_that_the_state_does_not_allow_is_refused(caller: APIClient) -> None:
    licence = make.issued()
    operate(caller, licence, "revoke")
    problem(operate(caller, licence, "resume"), 409, "operation_not_allowed")
    licence.refresh_from_db()
    assert licence.state == "revoked"


def test_an_operation_needs_its_reason(caller: APIClient) -> None:
    licence = make.issued()
    for reason in ("", "  \n"):
        body = problem(operate(caller, licence, "revoke", reason), 400, "reason_required")
        assert [e["field"] for e in body["errors"]] == ["reason"]
    licence.refresh_from_db()
    assert licence.state == "valid"


@pytest.mark.parametrize(
    "operation", ["expire", "replace", "renew", "change", "issue", "new", "discard", "", "x", None]
)
def test_what_a_client_does_not_do_is_no_choice(caller: APIClient, operation: Any) -> None:
    licence = make.issued()
    body = problem(operate(caller, licence, operation), 400, "input_invalid")
    assert [e["field"] for e in body["errors"]] == ["operation"]
    licence.refresh_from_db()
    assert licence.state == "valid"


def test_the_choices_are_those_of_the_table_that_a_client_may_do_to_a_licence_once_issued() -> None:
    table = lifecycle.OPERATIONS.items()
    once_issued = {name for name, of in table if "client" in of.who and of.sources - {lifecycle.State.SEALED}}
    assert set(OPERATIONS) == {name for name in once_issued if not lifecycle.OPERATIONS[name].makes_version}
    assert set(REPLACING) == {name for name in once_issued if lifecycle.OPERATIONS[name].makes_version}


def test_a_licence_of_another_department_answers_like_an_absent_one_but_for_address_and_record(
    caller: APIClient,
) -> None:
    absent = str(Identifier(make.licence_type(make.LAND).code, make.department("L").uscc, "19990000001", 1))
    foreign = make.issued(make.SITE)
    answers = set()
    for identifier in (absent, foreign.identifier, make.issued().number, "a" * 300, "a\0b", "' OR 1=1", "😀"):
        body = problem(operate(caller, identifier, "revoke"), 404, "no_such_licence")
        entry = Entry.objects.get(pk=body["record"])
        assert (entry.action, entry.outcome, entry.reason) == ("revoke", "refused", "no_such_licence")
        answers.add(json.dumps({**body, "record": "", "instance": ""}))
    assert len(answers) == 1
    foreign.refresh_from_db()
    assert foreign.state == "valid"


def test_the_department_that_succeeded_the_issuer_operates_on_its_licences() -> None:
    licence = make.issued()
    Succession.objects.create(kind="department", old="L", new="O", since=dt.date(2020, 1, 1))
    assert operate(make.api("O", "issue"), licence, "suspend").status_code == 200


def test_a_row_that_was_edited_in_the_database_is_not_operated_on(caller: APIClient) -> None:
    licence = make.issued()
    make.edit(licence, valid_until=dt.date(2999, 1, 1))
    problem(operate(caller, licence, "suspend"), 409, "row_altered")


def test_the_scope_issue_is_needed() -> None:
    licence = make.issued()
    problem(operate(make.api("L", "verify disclose"), licence, "revoke"), 403, "scope_missing")
    problem(operate(APIClient(), licence, "revoke"), 401, "not_signed_in")
    licence.refresh_from_db()
    assert licence.state == "valid"


@pytest.mark.parametrize("reason", ["长" * 2001, "a\0b", ["x"], {"a": 1}])
def test_a_hostile_reason_is_named(caller: APIClient, reason: Any) -> None:
    body = problem(operate(caller, make.issued(), "revoke", reason), 400, "input_invalid")
    assert [e["field"] for e in body["errors"]] == ["reason"]
