"""Taking in hand: at once, by a clerk, with one list of what is missing, not at all; and by law where all is late."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from exchange.applications.accepting import accept, ask_missing, deem_accepted, not_accept, note_overdue
from exchange.applications.errors import MissingListedBefore, StillMissing
from exchange.applications.extending import extend, stand_still
from exchange.applying import Choice, complete, keep_draft, submit, withdraw
from exchange.deciding import approve, refuse
from exchange.errors import (
    ApplicationNotFound,
    InputInvalid,
    NotRepresented,
    OwnApplication,
    ReasonMissing,
    RoleMissing,
    WrongState,
)
from exchange.models import Application
from exchange.procedure import State
from exchange.staffing import open_application
from foundation.clock import now
from foundation.context import PLATFORM
from licences.models import Notice
from licences.representing import represent
from registry.enrolling import grant_role
from tests import factories as make

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def _waiting(applicant: make.Citizen | None = None, number: str = "查无〔2020〕1号") -> Application:
    """Submit an application of which one typed number is not found."""
    applicant = applicant or make.citizen()
    return make.submitted(applicant, make.wallet_for_d2(applicant.company) | {2: Choice(number=number)})


def _told(application: Application) -> list[str]:
    return list(Notice.objects.filter(holder=application.holder).order_by("at").values_list("reason", flat=True))


# --- Drafts ----------------------------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_entered_and_is_submitted_under_its_number() -> None:
    applicant = make.citizen()
    choices = make.wallet_for_d2(applicant.company)
    values: dict[str, Any] = {"person": applicant.person, "item": make.item("D2"), "holder": applicant.company.pk}
    draft = keep_draft(**values, choices={1: choices[1]}, project="初稿")
    assert (draft.state, draft.references.count()) == (State.DRAFT, 1)
    again = keep_draft(**values, choices={1: choices[1], 2: choices[2]}, draft=draft.number)
    assert (again.pk, again.references.count(), again.project) == (draft.pk, 2, "")
    sent = submit(**values, choices=choices, draft=draft.number)
    assert (sent.pk, sent.number, sent.state) == (draft.pk, draft.number, State.ACCEPTED)
    assert sent.references.count() == 3


def test_a_draft_is_its_applicants_alone() -> None:
    applicant, other = make.citizen(1), make.citizen(2)
    values: dict[str, Any] = {"item": make.item("D2"), "choices": {}}
    draft = keep_draft(person=applicant.person, holder=applicant.company.pk, **values)
    with pytest.raises(ApplicationNotFound):
        open_application(draft.number, person=make.clerk("D"))
    with make.recorded() as entries, pytest.raises(ApplicationNotFound):
        keep_draft(person=other.person, holder=other.company.pk, draft=draft.number, **values)
    assert (entries[-1].action, entries[-1].outcome) == ("keep_draft", "refused")


def test_a_draft_that_was_submitted_is_not_submitted_again() -> None:
    applicant = make.citizen()
    application = make.submitted(applicant)
    with pytest.raises(WrongState):
        submit(
            person=applicant.person,
            item=make.item("D2"),
            holder=applicant.company.pk,
            choices=make.wallet_for_d2(applicant.company),
            draft=application.number,
        )


def test_a_draft_can_be_given_up() -> None:
    applicant = make.citizen()
    draft = keep_draft(person=applicant.person, holder=applicant.company.pk, item=make.item("D2"), choices={})
    assert withdraw(draft, person=applicant.person).state == State.WITHDRAWN


# --- Acceptance ------------------------------------------------------------------------------------------------------


@time_machine.travel(MONDAY, tick=False)
def test_what_is_complete_is_accepted_at_once_and_the_term_to_decide_runs() -> None:
    application = make.submitted()
    assert (application.state, application.accept_by) == (State.ACCEPTED, None)
    assert application.decide_by == dt.date(2026, 3, 30)
    assert not application.deemed_accepted


@time_machine.travel(MONDAY, tick=False)
def test_what_is_not_complete_waits_five_working_days_for_the_department() -> None:
    application = _waiting()
    assert (application.state, application.accept_by) == (State.SUBMITTED, dt.date(2026, 3, 9))


def test_a_clerk_accepts_and_the_applicant_is_told() -> None:
    application, clerk = _waiting(), make.clerk("D")
    with make.recorded() as entries:
        accepted = accept(application, by=clerk)
    assert (accepted.state, accepted.accept_by) == (State.ACCEPTED, None)
    assert [(e.action, e.outcome, e.actor_person) for e in entries] == [("accept", "accepted", clerk.pk)]
    assert _told(application) == ["application_accepted"]
    with pytest.raises(WrongState):
        accept(application, by=clerk)


def test_another_departments_clerk_and_the_applicant_accept_nothing() -> None:
    applicant = make.citizen()
    application = _waiting(applicant)
    with pytest.raises(RoleMissing):
        accept(application, by=make.clerk("M"))
    grant_role(person=applicant.person, role="clerk", department=make.department("D"), actor=PLATFORM)
    with make.recorded() as entries, pytest.raises(OwnApplication):
        accept(application, by=applicant.person)
    assert [(e.action, e.reason) for e in entries] == [("accept", "own_application")]


def test_nobody_decides_for_a_holder_for_whom_they_act_although_another_applied() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    represent(person=clerk.pk, holder=application.holder, kind="company", actor=PLATFORM)
    for act in (
        lambda: approve(application, person=clerk),
        lambda: refuse(application, person=clerk, reason="不符"),
        lambda: stand_still(application, kind="hearing", person=clerk),
    ):
        with pytest.raises(OwnApplication):
            act()


def test_declining_takes_a_reason_and_ends_it() -> None:
    application, clerk = _waiting(), make.clerk("D")
    with pytest.raises(ReasonMissing):
        not_accept(application, reason=" ", by=clerk)
    declined = not_accept(application, reason="不属于本机关职权范围", by=clerk)
    assert (declined.state, declined.decision_reason) == (State.NOT_ACCEPTED, "不属于本机关职权范围")
    assert _told(application) == ["application_not_accepted"]
    with pytest.raises(WrongState):
        approve(application, person=clerk)


# --- What is missing -------------------------------------------------------------------------------------------------


def test_what_is_missing_is_listed_once_and_what_was_listed_moves_it_on() -> None:
    applicant, clerk = make.citizen(), make.clerk("D")
    application = _waiting(applicant)
    listed = ask_missing(application, needs=[2], remark="请提供用地预审意见", by=clerk)
    assert (listed.state, listed.missing_needs, listed.accept_by) == (State.MISSING, [2], None)
    assert _told(application) == ["application_missing"]
    with pytest.raises(StillMissing) as still:
        complete(application, person=applicant.person, choices={})
    assert (still.value.grounds.en, set(still.value.fields)) == (
        "Still missing of what was listed: Land opinion.", {"need-2"},
    )  # fmt: skip
    land = make.issued(make.LAND, applicant.company)
    done = complete(application, person=applicant.person, choices={2: Choice(licence=land.pk)})
    assert (done.state, done.references.count()) == (State.ACCEPTED, 3)
    assert done.references.get(need_group=2).outcome == "valid"
    assert approve(done, person=clerk).state == State.ISSUED


def test_what_is_missing_is_not_listed_a_second_time() -> None:
    application, clerk = _waiting(), make.clerk("D")
    ask_missing(application, needs=[2], by=clerk)
    # As if the applicant had sent it in again by some other way.
    make.edit(application, state=State.SUBMITTED)
    with pytest.raises(MissingListedBefore):
        ask_missing(application, needs=[1], by=clerk)


@pytest.mark.parametrize(("needs", "remark"), [([], " "), ([7], ""), ([2], "长" * 2001)])
def test_a_list_names_needs_of_the_item_or_says_something(needs: list[int], remark: str) -> None:
    application = _waiting()
    with pytest.raises(InputInvalid):
        ask_missing(application, needs=needs, remark=remark, by=make.clerk("D"))
    application.refresh_from_db()
    assert (application.state, application.missing_at) == (State.SUBMITTED, None)


def test_what_a_clerk_writes_stands_in_no_leaf() -> None:
    application = _waiting()
    with make.recorded() as entries:
        ask_missing(application, needs=[2], remark="张三丰的身份证", by=make.clerk("D"))
    assert "张三丰".encode() not in bytes(entries[-1].leaf)


def test_nobody_completes_anothers_application() -> None:
    application = _waiting(make.citizen(1))
    ask_missing(application, needs=[2], by=make.clerk("D"))
    with pytest.raises(NotRepresented):
        complete(application, person=make.citizen(2).person, choices={2: Choice(number="1号")})


# --- In time ---------------------------------------------------------------------------------------------------------


def test_what_nobody_answered_in_five_working_days_counts_as_accepted_from_the_first_day() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        application = _waiting()
        clock.move_to(dt.datetime(2026, 3, 9, 15, 59, tzinfo=dt.UTC))
        assert deem_accepted() == 0
        clock.move_to(dt.datetime(2026, 3, 9, 16, 1, tzinfo=dt.UTC))
        with make.recorded() as entries:
            assert deem_accepted() == 1
            assert deem_accepted() == 0
    application.refresh_from_db()
    assert (application.state, application.deemed_accepted) == (State.ACCEPTED, True)
    assert (application.accepted_at, application.decide_by) == (MONDAY, dt.date(2026, 3, 30))
    assert [(e.action, e.outcome, e.actor_role) for e in entries] == [("accept", "deemed_accepted", "platform")]
    assert _told(application) == ["application_deemed_accepted"]


def test_what_waits_for_its_applicant_is_never_deemed_accepted() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        application = _waiting()
        ask_missing(application, needs=[2], by=make.clerk("D"))
        clock.move_to(MONDAY + dt.timedelta(days=60))
        assert deem_accepted() == 0
        assert note_overdue() == 0


def test_an_overdue_case_is_noted_once_and_the_applicant_learns_their_remedies() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        application = make.submitted()
        clock.move_to(dt.datetime(2026, 3, 30, 15, tzinfo=dt.UTC))
        assert note_overdue() == 0
        clock.move_to(dt.datetime(2026, 3, 31, 1, tzinfo=dt.UTC))
        assert [note_overdue(), note_overdue()] == [1, 0]
    assert _told(application) == ["application_overdue"]


def test_what_stands_still_or_was_extended_is_not_overdue() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        still, longer = make.submitted(make.citizen(1)), make.submitted(make.citizen(2))
        stand_still(still, kind="testing", person=make.clerk("D"))
        extend(longer, person=make.clerk("D", "department_head"), reason="案情复杂")
        clock.move_to(dt.datetime(2026, 3, 31, 1, tzinfo=dt.UTC))
        assert note_overdue() == 0
        assert now().month == 3
