"""The load of items: what is open and overdue, how long decisions take, how many needs were met without paper."""

import datetime as dt

import pytest
import time_machine

from exchange.applications.loading import count_load, loads, totals
from exchange.applications.papering import fall_back
from exchange.applying import Choice
from exchange.deciding import approve
from tests import factories as make

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city()


def test_load_and_time_are_counted_by_item() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        clerk = make.clerk("D")
        cases = [make.submitted(make.citizen(n)) for n in (1, 2, 3, 4)]
        paper = make.citizen(5)
        shown = make.submitted(paper, make.wallet_for_d2(paper.company) | {2: Choice(number="旧字第1号")})
        for case, days in zip(cases[:3], (1, 2, 4), strict=True):
            clock.move_to(MONDAY + dt.timedelta(days=days))
            approve(case, person=clerk)
        fall_back(shown, need=2, cause="not_collected", person=clerk)
        approve(shown, person=clerk)
        clock.move_to(MONDAY + dt.timedelta(days=40))
        assert count_load() == 1
        (row,) = loads(["D"])
        assert (row.open, row.overdue, row.decided, row.on_time, row.median_days) == (1, 1, 4, 4, 1.5)
        assert (row.needs, row.without_paper, row.fallbacks) == (12, 11, 1)
        assert totals(loads())["open"] == 1
        assert not loads(["O"]).exists()


def test_an_item_whose_cases_are_long_over_has_no_load_left() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        approve(make.submitted(), person=make.clerk("D"))
        clock.move_to(MONDAY + dt.timedelta(days=1))
        count_load()
        clock.move_to(MONDAY + dt.timedelta(days=200))
        count_load()
        (row,) = loads()
        assert (row.decided, row.median_days, row.needs) == (0, None, 0)
