"""The clocks of a case: working days, standstills, lights."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from exchange.clocks import (
    CLOCKS,
    STANDSTILLS,
    Light,
    Pause,
    Standstill,
    days_left,
    days_until,
    days_used,
    last_day,
    light,
)

MONDAY = dt.date(2026, 3, 2)
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
PAUSES = st.lists(
    st.tuples(DAYS, st.integers(0, 40)).map(lambda p: Pause(p[0], p[0] + dt.timedelta(days=p[1]))), max_size=4
)


def weekdays(day: dt.date) -> bool:
    return day.weekday() < 5


def test_every_term_names_its_days_and_its_article() -> None:
    assert {name: clock.days for name, clock in CLOCKS.items()} == {
        "accept": 5, "decide": 20, "extend": 10, "deliver": 10, "assist": 5,
    }  # fmt: skip
    assert "第四十二条" in CLOCKS["decide"].basis.zh
    assert set(STANDSTILLS) == set(Standstill)


def test_the_day_itself_and_weekends_do_not_count() -> None:
    assert days_used(MONDAY, MONDAY) == 0
    assert days_used(MONDAY, MONDAY + dt.timedelta(days=7)) == 5
    assert last_day(MONDAY, 5) == MONDAY + dt.timedelta(days=7)


def test_holidays_do_not_count() -> None:
    assert last_day(dt.date(2026, 9, 14), 20) == dt.date(2026, 10, 16)


def test_days_of_a_standstill_do_not_count() -> None:
    pause = Pause(dt.date(2026, 3, 4), dt.date(2026, 3, 10))
    assert last_day(MONDAY, 5, [pause]) == dt.date(2026, 3, 16)
    assert days_left(MONDAY, 5, dt.date(2026, 3, 10), [pause]) == 4


def test_while_the_clock_stands_still_there_is_no_last_day() -> None:
    assert last_day(MONDAY, 5, [Pause(dt.date(2026, 3, 4))]) is None
    # One that begins after the term is over changes nothing.
    assert last_day(MONDAY, 5, [Pause(dt.date(2026, 3, 20))]) == dt.date(2026, 3, 9)


def test_the_light_says_how_urgent_it_is() -> None:
    assert [light(n) for n in (4, 3, 0, -1)] == [Light.GREEN, Light.YELLOW, Light.YELLOW, Light.RED]
    assert light(9, still=True) is Light.STILL
    assert light(-1, still=True) is Light.RED


def test_days_until_a_last_day_count_down_to_nothing_and_below() -> None:
    friday = dt.date(2026, 3, 6)
    assert [days_until(friday, dt.date(2026, 3, day)) for day in (2, 5, 6, 7, 9, 10)] == [4, 1, 0, -1, -1, -2]


@given(DAYS, st.integers(1, 30), PAUSES)
def test_on_its_last_day_a_term_has_no_day_left_and_on_the_next_working_day_it_is_over(
    start: dt.date, count: int, pauses: list[Pause]
) -> None:
    day = last_day(start, count, pauses, weekdays)
    assert day is not None
    assert days_left(start, count, day, pauses, weekdays) == 0
    assert days_left(start, count, day - dt.timedelta(days=1), pauses, weekdays) == 1
    after = day + dt.timedelta(days=200)
    assert days_left(start, count, after, pauses, weekdays) < 0


@given(DAYS, st.integers(1, 30), PAUSES, PAUSES)
def test_a_standstill_never_shortens_a_term(start: dt.date, count: int, pauses: list[Pause], more: list[Pause]) -> None:
    first, later = (last_day(start, count, found, weekdays) for found in (pauses, pauses + more))
    assert first is not None
    assert later is not None
    assert later >= first


@given(DAYS, st.integers(0, 300), PAUSES)
def test_days_used_grow_by_one_a_day_at_most(start: dt.date, span: int, pauses: list[Pause]) -> None:
    today = start + dt.timedelta(days=span)
    used = days_used(start, today, pauses, weekdays)
    assert 0 <= days_used(start, today + dt.timedelta(days=1), pauses, weekdays) - used <= 1
