"""Legal days and working days."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import LEGAL_ZONE, end_of_day, legal_day, working_days_after

EVE = dt.date(2026, 9, 30)


@pytest.mark.parametrize(
    ("count", "day"),
    [(1, dt.date(2026, 10, 8)), (2, dt.date(2026, 10, 9)), (3, dt.date(2026, 10, 10)), (4, dt.date(2026, 10, 12))],
)
def test_national_day_2026_is_skipped_and_its_working_saturday_counts(count: int, day: dt.date) -> None:
    deadline = working_days_after(EVE, count)
    assert deadline.day == day
    assert deadline.announced


def test_twenty_working_days_before_national_day_end_after_it() -> None:
    assert working_days_after(dt.date(2026, 9, 14), 20).day == dt.date(2026, 10, 16)


def test_a_sunday_worked_for_the_holiday_counts() -> None:
    assert working_days_after(dt.date(2026, 9, 18), 1).day == dt.date(2026, 9, 20)


def test_the_day_of_the_event_does_not_count() -> None:
    assert working_days_after(dt.date(2026, 11, 23), 1).day == dt.date(2026, 11, 24)


def test_a_year_not_announced_counts_monday_to_friday_and_says_so() -> None:
    deadline = working_days_after(dt.date(2026, 12, 31), 1)
    assert deadline.day == dt.date(2027, 1, 1)
    assert not deadline.announced


def test_a_term_that_reaches_into_a_year_not_announced_says_so() -> None:
    assert working_days_after(dt.date(2026, 12, 1), 5).announced
    assert not working_days_after(dt.date(2026, 12, 28), 20).announced


@given(st.dates(dt.date(2020, 1, 1), dt.date(2028, 12, 31)), st.integers(0, 30))
def test_a_longer_term_never_ends_earlier(day: dt.date, count: int) -> None:
    assert day <= working_days_after(day, count).day < working_days_after(day, count + 1).day


def test_the_legal_day_changes_at_midnight_in_shanghai() -> None:
    assert legal_day(dt.datetime(2026, 11, 23, 15, 59, 59, tzinfo=dt.UTC)) == dt.date(2026, 11, 23)
    assert legal_day(dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)) == dt.date(2026, 11, 24)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)))
def test_the_end_of_a_day_is_the_first_instant_of_the_next(day: dt.date) -> None:
    end = end_of_day(day)
    assert end.tzinfo is dt.UTC
    assert legal_day(end) == day + dt.timedelta(days=1)
    assert legal_day(end - dt.timedelta(microseconds=1)) == day
    assert end.astimezone(LEGAL_ZONE).time() == dt.time()
