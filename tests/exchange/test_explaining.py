"""Explaining the decision: by command, to whom it is open, the matrix cell by cell, lists as the decision says."""

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchange.access import Way, decide
from exchange.asking import Ask, item_question, standing_of_department
from exchange.cases import Case
from exchange.duties import NamedDuty, end_duty, register_duty
from exchange.errors import (
    AccessRefused,
    DutyKnown,
    DutyNotFound,
    DutyNotPermitted,
    ExplainingNotPermitted,
    InputInvalid,
)
from exchange.explaining import Inquiry, explain_to
from exchange.matrix import matrix, needed_by
from exchange.models import Duty
from exchange.rights import type_question
from exchange.verifying import verify_number
from foundation.clock import now
from foundation.context import PLATFORM
from registry import queries as registry
from registry.enrolling import grant_role
from registry.models import Department, LicenceType, Person
from tests import factories as make

pytestmark = pytest.mark.django_db
LAW = "《城乡规划法》第三十六条"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _authority() -> Person:
    made = make.person("数据主管")
    grant_role(person=made, role="data_authority", department=None, actor=PLATFORM)
    return made


def _duty(person: Person | None = None, **values: Any) -> Duty:
    usual = {
        "department": make.department("O"),
        "item": make.item("O3"),
        "licence_type": make.licence_type(make.DEED),
        "legal_basis": LAW,
    }
    return register_duty(NamedDuty(**{**usual, **values}), person=person or _authority())


def _told(*options: str) -> str:
    out = StringIO()
    call_command("explain_access", *options, stdout=out)
    return out.getvalue()


# --- The command ----------------------------------------------------------------------------------------------------


def test_the_command_tells_every_condition_and_what_would_change_the_answer() -> None:
    agreement = make.agreement(until=now() - dt.timedelta(days=2))
    with make.recorded() as entries:
        told = _told("--department", "O", "--item", "O3", "--type", make.DEED, "--case", "1", "--language", "en")
    lines = told.splitlines()
    assert [line[0] for line in lines] == [*"✓✓✓✓✓✓✓✗✓✓", "="]
    assert f"Agreement {agreement.reference} on Real estate certificate ended on" in lines[7]
    assert "[agreement_ended]" in lines[-1]
    (entry,) = entries
    assert (entry.action, entry.subject, entry.reason) == ("explain_access", "O", "agreement_ended")


def test_the_command_shows_the_fields_and_the_agreement_relied_on() -> None:
    agreement = make.agreement()
    told = _told("--department", "O", "--item", "O3", "--type", make.DEED, "--case", "1", "--disclose")
    assert told.splitlines()[-2:] == [f"  {agreement.reference}", "  certificateNumber"]


def test_the_command_asks_about_a_client_that_is_switched_off_and_about_another_day() -> None:
    client, _ = make.client("O")
    make.agreement(until=now() - dt.timedelta(minutes=1), since=now() - dt.timedelta(days=30))
    asked = ("--client", client.client_id, "--item", "O3", "--type", make.DEED, "--case", "1")
    assert "[agreement_ended]" in _told(*asked)
    assert "[permitted]" in _told(*asked, "--date", (now() - dt.timedelta(days=5)).date().isoformat())
    make.edit(client, active=False)
    assert "[client_inactive]" in _told(*asked)


@pytest.mark.parametrize(
    "options", [("--item", "O3"), ("--department", "O", "--type", "没有"), ("--department", "O", "--date", "today")]
)
def test_the_command_says_what_to_mend(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        _told(*options)


def test_the_command_writes_the_matrix_as_json() -> None:
    rows = [json.loads(line) for line in _told("--matrix", "--language", "en").splitlines()]
    of = {row["type"]: row["departments"] for row in rows}
    assert of[make.DEED]["O"]["reason"] == "agreement_missing"
    assert of[make.DEED]["O"]["when_presented"] is True
    assert of[make.SITE]["L"]["way"] == "unconditional"
    assert "M" not in of[make.DEED]


# --- To whom ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "own"), [("department_head", True), ("department_administrator", True), ("clerk", False)]
)
def test_a_departments_keepers_ask_about_it_alone(role: str, own: bool) -> None:
    person = make.clerk("O", role)
    for code in ("O", "D"):
        inquiry = Inquiry(make.department(code), "O3", make.licence_type(make.DEED))
        if own and code == "O":
            assert explain_to(person, inquiry).decision.grounds.code
            continue
        with make.recorded() as entries, pytest.raises(ExplainingNotPermitted):
            explain_to(person, inquiry)
        assert [(e.action, e.outcome) for e in entries] == [("explain_access", "refused")]


def test_explaining_tells_nothing_of_licences_and_their_holders() -> None:
    citizen, authority = make.citizen(), _authority()
    asked = Inquiry(
        make.department("O"), "O3", make.licence_type(make.DEED), case="1", holder_number=make.company_code(1)
    )
    before = explain_to(authority, asked)
    make.issued(make.DEED, citizen.company)
    with make.recorded() as entries:
        after = explain_to(authority, asked)
    assert after.steps == before.steps
    assert make.company_code(1).encode() not in bytes(entries[0].leaf)


def test_the_authorisation_relied_on_is_named() -> None:
    citizen = make.citizen()
    given = make.authorisation(citizen.company, citizen.person, purpose="")
    asked = Inquiry(
        make.department("O"), "O3", make.licence_type(make.DEED), case="1", holder_number=make.company_code(1)
    )
    assert explain_to(_authority(), asked).authorisation == given


def test_one_for_another_item_is_not_relied_on_and_said_to_be_that() -> None:
    citizen, wanted = make.citizen(), make.licence_type(make.DEED)
    make.item("O2").needs.create(group=9, licence_type=wanted)
    make.authorisation(citizen.company, citizen.person, item_code="O2", purpose="")
    asked = Inquiry(make.department("O"), "O3", wanted, case="1", holder_number=make.company_code(1))
    found = explain_to(_authority(), asked)
    assert found.decision.grounds.code == "authorisation_other_item"
    assert found.authorisation is None


def test_a_case_of_another_item_is_a_condition_of_its_own() -> None:
    case = make.submitted().number
    found = explain_to(_authority(), Inquiry(make.department("O"), "O3", make.licence_type(make.DEED), case=case))
    assert found.decision.grounds.code == "case_of_other_item"
    assert found.steps[-1].refusal is not None


# --- Duties named by law ----------------------------------------------------------------------------------------------


def test_a_duty_named_by_law_opens_a_type_without_any_consent_until_it_is_ended() -> None:
    make.edit(make.licence_type(make.DEED), needs_authorisation=True)
    deed, authority = make.issued(make.DEED), _authority()
    ask = make.ask(deed.number, "O3", case="1")
    planning = make.standing("O")
    with make.recorded() as entries:
        duty = _duty(authority)
    assert [(e.action, e.item, e.purpose) for e in entries] == [("register_duty", "O3", LAW)]
    assert verify_number(ask, standing=planning).verification.outcome.label == "valid"
    end_duty(duty.pk, person=authority)
    with pytest.raises(AccessRefused) as caught:
        verify_number(ask, standing=planning)
    assert caught.value.grounds.code == "agreement_missing"
    with pytest.raises(DutyNotFound):
        end_duty(duty.pk, person=authority)


def test_only_the_authority_registers_and_ends_duties() -> None:
    head, duty = make.clerk("O", "department_head"), _duty()
    with make.recorded() as entries:
        with pytest.raises(DutyNotPermitted):
            _duty(head)
        with pytest.raises(DutyNotPermitted):
            end_duty(duty.pk, person=head)
    assert {e.outcome for e in entries} == {"refused"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"legal_basis": "有关规定"}, "legal_basis"),
        ({"legal_basis": f"{LAW}{'长' * 300}"}, "legal_basis"),
        ({"until": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "until"),
    ],
)
def test_a_duty_names_its_law_and_a_time_to_come(values: dict[str, Any], field: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        _duty(**values)
    assert field in caught.value.fields


def test_a_duty_is_for_an_item_of_the_department_that_needs_the_type() -> None:
    for values, field in (
        ({"department": make.department("M")}, "item"),
        ({"licence_type": make.licence_type(make.PAWN)}, "licence_type"),
    ):
        with pytest.raises(InputInvalid) as caught:
            _duty(**values)
        assert field in caught.value.fields
    _duty()
    with pytest.raises(DutyKnown):
        _duty()


# --- The matrix and the lists ---------------------------------------------------------------------------------------


def _one_by_one(department: Department, wanted: LicenceType, at: dt.datetime) -> set[tuple[bool, str, Way | None]]:
    found = set()
    for item in registry.items_of([department.code], at):
        if any(t.pk == wanted.pk for group in registry.need_groups(item) for t in group.types):
            ask = Ask("", item.code, item.name_zh, "1")
            standing = standing_of_department(department, operator="x")
            question = item_question(ask, standing, item, at, disclose=False)
            decision = decide(type_question(question, item, wanted, Case(), needed=True))
            found.add((decision.permitted, decision.grounds.zh, decision.way))
    return found


def test_every_cell_of_the_matrix_is_what_the_decision_says_one_by_one() -> None:
    make.agreement()
    make.item("M2").needs.create(group=9, licence_type=make.licence_type(make.DEED))
    make.item("O5").delegated_to.add(make.department("D"))
    make.agreement(department_code="M", item_code="M2", until=now() - dt.timedelta(minutes=1))
    _duty(item=make.item("O4"), licence_type=make.licence_type(make.EXPLOSIVES))
    at = now()
    types, departments = list(registry.types_in_force()), list(registry.departments())
    for row in matrix(types, departments, at):
        for department, cell in zip(departments, row.cells, strict=True):
            expected = _one_by_one(department, row.licence_type, at)
            if cell is None:
                assert expected == set()
                continue
            decision = cell.decision
            assert (decision.permitted, decision.grounds.zh, decision.way) in expected
            assert decision.permitted is any(permitted for permitted, *_ in expected)
    assert needed_by([make.licence_type(make.DEED)], at) == {"O", "M"}


def test_the_matrix_is_read_in_as_many_queries_however_large_it_is() -> None:
    departments, at = list(registry.departments()), now()
    counts = []
    for types in (list(registry.types_in_force())[:1], list(registry.types_in_force())):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            matrix(types, departments, at)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15
