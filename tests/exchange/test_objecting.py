"""Objecting to an access: filed by whom it concerns, answered by the department that looked, passed on when overdue."""

import datetime as dt
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from audit.errors import EntryNotFound
from exchange.asking import standing_of_person
from exchange.deferring import defer_notice
from exchange.errors import (
    InputInvalid,
    NotObjectable,
    ObjectionNotFound,
    ObjectionNotYours,
    ObjectionOpen,
    ObjectionWrongState,
    OwnLook,
)
from exchange.models import Objection
from exchange.objecting import (
    answer_objection,
    can_answer,
    escalate_due,
    object_to,
    open_objection,
    withdraw_objection,
)
from exchange.redress import STEPS, State, can_step
from exchange.stepping import Party
from exchange.tasks import escalate_objections
from exchange.verifying import verify_number
from foundation.clock import legal_day, now, working_days_after
from foundation.ids import new_id
from foundation.reasons import Refused
from licences.models import Notice
from licences.public_check import check_publicly
from registry.enrolling import grant_role
from registry.models import Person
from tests import factories as make

pytestmark = pytest.mark.django_db

FINDING = "经查，该次核验没有对应办件。"


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _look(citizen: make.Citizen, **values: Any) -> UUID:
    licence = make.issued(make.LAND, citizen.company)
    return verify_number(make.ask(licence.number), standing=values.get("standing") or make.standing("O")).entry


def _filed(citizen: make.Citizen | None = None, **values: Any) -> Objection:
    citizen = citizen or make.citizen()
    return object_to(_look(citizen), person=citizen.person, cause="no_such_case", text="我没有申请。", **values)


def _authority(role: str = "data_authority") -> Person:
    made = make.person()
    grant_role(person=made, role=role, department=None, actor=make.PLATFORM)
    return made


def _refused(kind: type[Refused], action: str, call: Any) -> Refused:
    with make.recorded() as entries, pytest.raises(kind) as caught:
        call()
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.reason) == (action, "refused", caught.value.grounds.code)
    assert caught.value.entry == str(entry.pk)
    return caught.value


def _late(citizen: make.Citizen | None = None) -> Objection:
    objection = _filed(citizen)
    make.edit(objection, answer_by=legal_day(now()) - dt.timedelta(days=1))
    return objection


def _overdue() -> Objection:
    objection = _late()
    assert escalate_due() == 1
    objection.refresh_from_db()
    return objection


# --- Filing --------------------------------------------------------------------------------------------------------


def test_an_objection_goes_to_the_department_that_looked_with_its_days() -> None:
    citizen = make.citizen()
    key = _look(citizen)
    at = now()
    with make.recorded() as entries:
        objection = object_to(key, person=citizen.person, cause="no_such_case", text=" 我没有申请。 ", at=at)
    assert (objection.department.code, objection.holder, objection.state) == ("O", citizen.company, "filed")
    assert (objection.answer_by, objection.text) == (working_days_after(legal_day(at), 10).day, "我没有申请。")
    assert objection.number == f"YY-{legal_day(at):%Y%m%d}-0001"
    (entry,) = entries
    assert (entry.action, entry.outcome, entry.subject) == ("object", "filed", objection.number)
    assert entry.fields == [str(key)]
    assert "申请" not in bytes(entry.leaf).decode()


def test_only_an_access_to_a_licence_of_theirs_may_be_objected_to() -> None:
    citizen, other = make.citizen(1), make.citizen(2)
    key = _look(other)
    for foreign in (key, new_id()):
        _refused(EntryNotFound, "object", lambda key=foreign: object_to(key, person=citizen.person, cause="too_much"))
    assert not Objection.objects.exists()


def test_what_is_hidden_by_law_cannot_be_objected_to() -> None:
    citizen = make.citizen()
    key = _look(citizen)
    until = legal_day(now()) + dt.timedelta(days=3)
    defer_notice(key, person=_authority(), legal_basis="《监察法》第二十五条", until=until)
    _refused(EntryNotFound, "object", lambda: object_to(key, person=citizen.person, cause="too_much"))


def test_an_access_that_no_department_made_has_none_to_answer() -> None:
    citizen = make.citizen()
    licence = make.issued(make.LAND, citizen.company)
    with make.recorded() as entries:
        check_publicly(licence.check_code or "", at=now())
    key = entries[0].pk
    _refused(NotObjectable, "object", lambda: object_to(key, person=citizen.person, cause="too_much"))


def test_one_at_a_time_and_another_after_it_was_closed() -> None:
    citizen = make.citizen()
    objection = _filed(citizen)

    def again() -> Objection:
        return object_to(objection.entry, person=citizen.person, cause="too_much")

    _refused(ObjectionOpen, "object", again)
    withdraw_objection(objection, person=citizen.person)
    assert again().number != objection.number


def test_the_database_keeps_two_from_being_open_at_once() -> None:
    values = Objection.objects.filter(pk=_filed().pk).values().get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.create(**{**values, "id": new_id(), "number": "YY-2"})


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"cause": ""}, {"cause"}),
        ({"cause": "whatever"}, {"cause"}),
        ({"cause": "other"}, {"text"}),
        ({"cause": "", "text": "字" * 2001}, {"cause", "text"}),
    ],
)
def test_all_faults_of_an_objection_are_named(given: dict[str, Any], fields: set[str]) -> None:
    citizen = make.citizen()
    key = _look(citizen)
    refused = _refused(InputInvalid, "object", lambda: object_to(key, person=citizen.person, **given))
    assert refused.fields.keys() == fields


# --- Answering -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["department_head", "department_administrator"])
@pytest.mark.parametrize(("step", "state"), [("uphold", "upheld"), ("reject", "rejected")])
def test_the_department_answers_with_finding_and_measure(role: str, step: str, state: str) -> None:
    objection, keeper = _filed(), make.clerk("O", role)
    with make.recorded() as entries:
        answered = answer_objection(objection, person=keeper, step=step, finding=FINDING, measure="已更正并培训。")
    assert (answered.state, answered.finding, answered.closed_by) == (state, FINDING, keeper)
    assert [(e.action, e.outcome, e.actor_department) for e in entries] == [("answer_objection", state, "O")]
    assert [n.reason for n in Notice.objects.filter(holder=objection.holder)] == [f"objection_{state}"]


def test_nobody_else_answers() -> None:
    objection = _filed()
    for person in (
        make.clerk("O"),
        make.clerk("L", "department_head"),
        _authority(),
        _authority("auditor"),
        objection.person,
    ):
        assert not can_answer(objection, person, now())
        _refused(
            ObjectionNotYours,
            "answer_objection",
            lambda person=person: answer_objection(objection, person=person, step="uphold", finding="x", measure="x"),
        )


def test_nobody_answers_for_an_access_of_their_own() -> None:
    citizen, head = make.citizen(), make.clerk("O", "department_head")
    own = standing_of_person(head, make.department("O"), "department_head")
    objection = object_to(_look(citizen, standing=own), person=citizen.person, cause="too_much")
    assert not can_answer(objection, head, now())
    _refused(
        OwnLook,
        "answer_objection",
        lambda: answer_objection(objection, person=head, step="reject", finding="x"),
    )


def test_nobody_answers_their_own_objection() -> None:
    citizen = make.citizen()
    grant_role(person=citizen.person, role="department_head", department=make.department("O"), actor=make.PLATFORM)
    objection = _filed(citizen)
    _refused(
        OwnLook,
        "answer_objection",
        lambda: answer_objection(objection, person=citizen.person, step="reject", finding="x"),
    )


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"step": "uphold", "finding": FINDING}, {"measure"}),
        ({"step": "reject", "finding": " "}, {"finding"}),
        ({"step": "escalate", "finding": FINDING}, {"step"}),
        ({"step": "reject", "finding": "字" * 2001, "measure": "字" * 2001}, {"finding", "measure"}),
    ],
)
def test_all_faults_of_an_answer_are_named(given: dict[str, Any], fields: set[str]) -> None:
    objection, head = _filed(), make.clerk("O", "department_head")
    refused = _refused(InputInvalid, "answer_objection", lambda: answer_objection(objection, person=head, **given))
    assert refused.fields.keys() == fields


def test_what_is_closed_stays_closed() -> None:
    citizen, head = make.citizen(), make.clerk("O", "department_head")
    objection = _filed(citizen)
    answer_objection(objection, person=head, step="reject", finding=FINDING)
    assert not can_answer(Objection.objects.get(), head, now())
    _refused(
        ObjectionWrongState,
        "answer_objection",
        lambda: answer_objection(objection, person=head, step="uphold", finding=FINDING, measure="x"),
    )
    _refused(ObjectionWrongState, "withdraw_objection", lambda: withdraw_objection(objection, person=citizen.person))
    assert Objection.objects.get().state == "rejected"


def test_only_the_person_takes_an_objection_back() -> None:
    objection = _filed()
    stranger = make.citizen(7).person
    _refused(ObjectionNotFound, "withdraw_objection", lambda: withdraw_objection(objection, person=stranger))
    assert withdraw_objection(objection, person=objection.person).state == "withdrawn"


# --- The deadline --------------------------------------------------------------------------------------------------


def test_what_is_overdue_is_passed_on_once_and_told() -> None:
    late, soon = _late(make.citizen(1)), _filed(make.citizen(2))
    with make.recorded() as entries:
        assert escalate_objections() == 1
        assert escalate_objections() == 0
    late.refresh_from_db()
    soon.refresh_from_db()
    assert (late.state, soon.state) == ("escalated", "filed")
    assert [(e.action, e.subject, e.actor_role) for e in entries] == [("escalate_objection", late.number, "platform")]
    assert [n.reason for n in Notice.objects.filter(holder=late.holder)] == ["objection_escalated"]


def test_the_last_day_is_still_the_departments() -> None:
    objection = _filed()
    assert escalate_due(at=now() + (objection.answer_by - legal_day(now()))) == 0
    assert escalate_due(at=now() + (objection.answer_by - legal_day(now())) + dt.timedelta(days=1)) == 1


def test_the_data_authority_answers_what_is_overdue_and_the_department_still_may() -> None:
    objection, authority, head = _overdue(), _authority(), make.clerk("O", "department_head")
    assert can_answer(objection, authority, now())
    assert can_answer(objection, head, now())
    assert not can_answer(objection, _authority("auditor"), now())
    answered = answer_objection(objection, person=authority, step="uphold", finding=FINDING, measure="责令改正。")
    assert (answered.state, answered.closed_by) == ("upheld", authority)


# --- Opening -------------------------------------------------------------------------------------------------------


def test_keepers_and_overseers_open_an_objection_and_it_is_recorded() -> None:
    objection = _filed()
    for person in (make.clerk("O", "department_head"), _authority(), _authority("auditor")):
        with make.recorded() as entries:
            assert open_objection(objection.number, person=person) == objection
        assert [(e.action, e.subject, e.actor_person) for e in entries] == [
            ("open_objection", objection.number, person.pk)
        ]


def test_to_all_others_an_objection_is_as_one_that_does_not_exist() -> None:
    number = _filed().number
    for person, asked in product((make.clerk("O"), make.clerk("L", "department_head")), (number, "YY-1")):
        _refused(
            ObjectionNotFound,
            "open_objection",
            lambda person=person, asked=asked: open_objection(asked, person=person),
        )


# --- The table -----------------------------------------------------------------------------------------------------


def test_the_table_allows_these_steps_and_no_other() -> None:
    allowed = {
        (step, state, party) for step, state, party in product(STEPS, State, Party) if can_step(step, state, party)
    }
    assert allowed == {
        ("uphold", State.FILED, Party.DEPARTMENT),
        ("uphold", State.ESCALATED, Party.DEPARTMENT),
        ("uphold", State.ESCALATED, Party.AUTHORITY),
        ("reject", State.FILED, Party.DEPARTMENT),
        ("reject", State.ESCALATED, Party.DEPARTMENT),
        ("reject", State.ESCALATED, Party.AUTHORITY),
        ("escalate", State.FILED, Party.PLATFORM),
        ("withdraw", State.FILED, Party.PERSON),
        ("withdraw", State.ESCALATED, Party.PERSON),
    }
