"""The legal clocks of agreements: working days over holidays, one extension, reminders, what is overdue, expiry."""

import datetime as dt

import pytest
import time_machine

from exchange.agreements.clocks import CLOCKS, due, extended
from exchange.agreements.errors import AgreementNotYours, AgreementWrongState
from exchange.agreements.listing import light_of, notices_for
from exchange.agreements.stepping import take_step
from exchange.agreements.watching import keep_clocks
from exchange.lights import Light
from exchange.models import Agreement
from tests import factories as make
from tests.exchange.agreed import People, agreement_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    make.city(keys="")
    return People()


def _at(month: int, day: int, hour: int = 2) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)


def _moved(code: list[str], departments: list[str] | None, at: dt.datetime) -> int:
    return sum(n.grounds.code in code for n in notices_for(departments, at))


def test_the_days_are_those_of_the_law() -> None:
    assert {name: (clock.days, clock.article) for name, clock in CLOCKS.items()} == {
        "answer": (10, "第二十一条"),
        "extension": (10, "第二十一条"),
        "delivery": (20, "第二十二条"),
    }


def test_working_days_leave_out_the_national_holiday_and_count_the_days_worked_for_it() -> None:
    # 2026: 1 to 7 October are free, Sunday 20 September and Saturday 10 October are worked.
    answer = due("answer", _at(9, 23))
    assert answer.announced
    assert answer.day == dt.date(2026, 10, 14)
    assert extended(answer.day).day == dt.date(2026, 10, 28)


def test_the_day_is_that_of_shanghai() -> None:
    assert due("answer", _at(3, 2, hour=15)).day == dt.date(2026, 3, 16)
    assert due("answer", _at(3, 2, hour=16)).day == dt.date(2026, 3, 17)


def test_the_answer_is_due_ten_working_days_after_the_requesters_head_approved(people: People) -> None:
    with time_machine.travel(_at(3, 2), tick=False):
        agreement = agreement_in("submitted", people)
        assert agreement.answer_by == dt.date(2026, 3, 16)


def test_one_extension_is_for_the_authority_to_grant_and_the_requester_is_told(people: People) -> None:
    with time_machine.travel(_at(3, 2), tick=False):
        agreement = agreement_in("extension_asked", people)
        for person in (people.provider_head, people.head):
            with pytest.raises(AgreementNotYours):
                take_step(agreement, "grant_extension", person=person)
        made = take_step(agreement, "grant_extension", person=people.authority)
        assert made.answer_by == dt.date(2026, 3, 30)
        with pytest.raises(AgreementWrongState):
            take_step(made, "ask_extension", person=people.provider_head, text="还要更多时间")
        assert "已延期" in notices_for(["O"], _at(3, 3))[0].grounds.zh


def test_lights_turn_yellow_near_the_day_and_red_past_it(people: People) -> None:
    with time_machine.travel(_at(3, 2), tick=False):
        agreement = agreement_in("in_review", people)
    assert light_of(agreement, _at(3, 12)) == (Light.GREEN, dt.date(2026, 3, 16))
    assert light_of(agreement, _at(3, 13)) == (Light.YELLOW, dt.date(2026, 3, 16))
    assert light_of(agreement, _at(3, 17)) == (Light.RED, dt.date(2026, 3, 16))


def test_the_provider_is_reminded_once_and_what_is_overdue_goes_to_the_authority(people: People) -> None:
    with time_machine.travel(_at(3, 2), tick=False):
        agreement = agreement_in("in_review", people)
    assert keep_clocks(at=_at(3, 12)) == 0
    assert (keep_clocks(at=_at(3, 13)), keep_clocks(at=_at(3, 13)), keep_clocks(at=_at(3, 16))) == (1, 0, 0)
    assert _moved(["agreement_due_soon"], ["L"], _at(3, 16)) == 1
    assert _moved(["agreement_due_soon"], ["O"], _at(3, 16)) == 0
    with make.recorded() as entries:
        assert keep_clocks(at=_at(3, 17)) == 1
        assert keep_clocks(at=_at(3, 17)) == 0
    assert [e.fields for e in entries] == [["escalate", "overdue"]]
    assert _moved(["agreement_moved"], None, _at(3, 17)) == 1
    late = Agreement.objects.get(pk=agreement.pk)
    assert late.state == "overdue"
    assert light_of(late, _at(3, 17)) == (Light.RED, dt.date(2026, 3, 16))


def test_an_overdue_answer_may_still_be_given_or_the_authority_decides(people: People) -> None:
    with time_machine.travel(_at(3, 2), tick=False):
        one, other = agreement_in("in_review", people), agreement_in("submitted", people)
    keep_clocks(at=_at(3, 17))
    with time_machine.travel(_at(3, 18), tick=False):
        assert take_step(one, "consent", person=people.provider_head).state == "in_force"
        directed = take_step(other, "direct", person=people.authority, text="应当共享")
        assert directed.answer_by == dt.date(2026, 4, 1)
    keep_clocks(at=_at(4, 2))
    assert _moved(["agreement_overdue"], None, _at(4, 2)) == 1
    assert _moved(["agreement_overdue"], ["L"], _at(4, 2)) == 1


def test_both_sides_are_reminded_of_the_end_which_then_comes(people: People) -> None:
    with time_machine.travel(_at(3, 2), tick=False):
        agreement = agreement_in("in_force", people, last_day=dt.date(2026, 6, 30))
    assert keep_clocks(at=_at(5, 30)) == 0
    assert (keep_clocks(at=_at(5, 31)), keep_clocks(at=_at(6, 1))) == (1, 0)
    for code in ("O", "L"):
        assert _moved(["agreement_ends_soon"], [code], _at(6, 1)) == 1
    assert light_of(agreement, _at(5, 31)) == (Light.YELLOW, dt.date(2026, 6, 30))
    assert keep_clocks(at=_at(6, 30, hour=15)) == 0
    assert keep_clocks(at=_at(6, 30, hour=16)) == 1
    assert Agreement.objects.get(pk=agreement.pk).state == "expired"


def test_an_agreement_without_an_end_is_left_alone() -> None:
    make.city(keys="")
    make.agreement()
    assert keep_clocks() == 0
    assert Agreement.objects.get().state == "in_force"
