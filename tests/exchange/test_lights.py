"""The light of a legal clock, and the time left in words."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.lights import Light, light, time_left

DUE = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("days_before", "expected"),
    [(4, Light.GREEN), (3, Light.YELLOW), (1, Light.YELLOW), (0, Light.YELLOW), (-1, Light.RED), (-400, Light.RED)],
)
def test_the_light_turns_yellow_near_the_last_day_and_red_past_it(days_before: int, expected: Light) -> None:
    assert light(DUE, DUE - dt.timedelta(days=days_before), near=3) is expected


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(-500, 500), st.integers(0, 30))
def test_a_light_never_turns_back_as_days_pass(due: dt.date, offset: int, near: int) -> None:
    order = list(Light)
    today = due + dt.timedelta(days=offset)
    assert order.index(light(due, today, near)) <= order.index(light(due, today + dt.timedelta(days=1), near))


@pytest.mark.parametrize(
    ("days_before", "english", "chinese"),
    [
        (2, "2 days left", "还有2日"),
        (1, "1 day left", "还有1日"),
        (0, "0 days left", "还有0日"),
        (-1, "1 day overdue", "已逾期1日"),
        (-2, "2 days overdue", "已逾期2日"),
    ],
)
def test_the_time_left_is_said_in_words(days_before: int, english: str, chinese: str) -> None:
    said = time_left(DUE, DUE - dt.timedelta(days=days_before))
    assert (said.en, said.zh) == (english, chinese)
