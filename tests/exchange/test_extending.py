"""The term of a decision: extended once by the head, and standing still while others examine."""

import datetime as dt

import pytest
import time_machine

from exchange.applications.errors import ClockStandsStill, ExtendedBefore, NotHead, TermOver
from exchange.applications.extending import can_extend, extend, go_on, left_to_decide, light_of, stand_still
from exchange.clocks import Light
from exchange.deciding import approve
from exchange.errors import InputInvalid, ReasonMissing, WrongState
from licences.models import Notice
from tests import factories as make

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


@time_machine.travel(MONDAY, tick=False)
def test_the_head_gives_ten_days_more_once_and_the_applicant_is_told_why() -> None:
    application, head = make.submitted(), make.clerk("D", "department_head")
    assert can_extend(application, head, MONDAY)
    with make.recorded() as entries:
        longer = extend(application, person=head, reason="案情复杂")
    assert (longer.decide_by, longer.extension_reason) == (dt.date(2026, 4, 14), "案情复杂")
    assert [(e.action, e.outcome) for e in entries] == [("extend_term", "extended")]
    assert Notice.objects.get().reason == "application_extended"
    with pytest.raises(ExtendedBefore):
        extend(application, person=head, reason="仍复杂")
    assert not can_extend(longer, head, MONDAY)


@pytest.mark.parametrize(
    ("code", "role"), [("D", "clerk"), ("D", "department_administrator"), ("M", "department_head")]
)
def test_nobody_but_the_departments_head_extends(code: str, role: str) -> None:
    application, person = make.submitted(), make.clerk(code, role)
    with make.recorded() as entries, pytest.raises(NotHead):
        extend(application, person=person, reason="案情复杂")
    assert [(e.action, e.reason) for e in entries] == [("extend_term", "head_needed")]


def test_an_extension_takes_a_reason_and_a_case_in_hand() -> None:
    application, head = make.submitted(), make.clerk("D", "department_head")
    with pytest.raises(ReasonMissing):
        extend(application, person=head, reason=" ")
    approve(application, person=head)
    with pytest.raises(WrongState):
        extend(application, person=head, reason="案情复杂")


def test_a_term_that_is_over_is_extended_no_more() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        application, head = make.submitted(), make.clerk("D", "department_head")
        clock.move_to(dt.datetime(2026, 3, 31, 2, tzinfo=dt.UTC))
        with pytest.raises(TermOver):
            extend(application, person=head, reason="案情复杂")


def test_days_of_a_hearing_do_not_count() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        application, clerk = make.submitted(), make.clerk("D")
        clock.move_to(dt.datetime(2026, 3, 4, 2, tzinfo=dt.UTC))
        still = stand_still(application, kind="hearing", person=clerk)
        assert still.stands_still
        assert light_of(still, dt.date(2026, 3, 20)) is Light.STILL
        with pytest.raises(ClockStandsStill):
            stand_still(application, kind="testing", person=clerk)
        clock.move_to(dt.datetime(2026, 3, 10, 2, tzinfo=dt.UTC))
        goes = go_on(application, person=clerk)
        # From Wednesday to Tuesday five working days stood still.
        assert (goes.stands_still, goes.decide_by) == (False, dt.date(2026, 4, 7))
        assert left_to_decide(goes, dt.date(2026, 3, 10)) == 19
        with pytest.raises(ClockStandsStill, match="clock runs"):
            go_on(application, person=clerk)
        assert approve(goes, person=clerk).working_days == 1


def test_a_clock_stands_still_for_what_the_law_names_alone() -> None:
    application, clerk = make.submitted(), make.clerk("D")
    with pytest.raises(InputInvalid):
        stand_still(application, kind="holiday", person=clerk)
    approve(application, person=clerk)
    with pytest.raises(WrongState):
        stand_still(application, kind="hearing", person=clerk)
